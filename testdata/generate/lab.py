"""A scene's laboratory: the processes and tcpdump of one network namespace.

generate.py runs every scene in a process of its own that has already been put
into a fresh network namespace, so everything started here sees only that.
"""
import atexit
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(os.environ.get("WSTAP_OUT", HERE.parent))
WORK = pathlib.Path(os.environ["WSTAP_WORK"])


def sh(command):
    subprocess.run(command, shell=True, check=True)


class Proc:
    """A process whose standard output is a log of JSON lines."""

    def __init__(self, args, ready=None):
        env = dict(os.environ, NODE_PATH=str(WORK / "node_modules"))
        self.records, self.lines = [], []
        try:
            self.p = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        except FileNotFoundError:
            raise SystemExit(f"generate: {args[0]} is missing, see the top of testdata/generate/run") from None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if ready == "line":  # in a namespace whose /proc/net is not ours
            self.wait_for(lambda: any("ready" in line for line in self.lines))
        elif ready:
            wait_for_port(*ready)

    def wait_for(self, condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.02)
        raise SystemExit(f"{self.p.args} is not ready")

    def _read(self):
        for line in self.p.stdout:
            self.lines.append(line)
            if line.startswith("{"):
                record = json.loads(line)
                if "ready" not in record:
                    self.records.append(record)
            elif line.strip():
                print("   ", line.rstrip())

    def wait(self, timeout=60):
        self.p.wait(timeout)
        self.reader.join(5)
        if self.p.returncode:
            raise SystemExit(f"{self.p.args}: exit {self.p.returncode}")
        return self.records

    def stop(self, how=signal.SIGTERM):
        if self.p.poll() is None:
            self.p.send_signal(how)
        self.p.wait(10)
        self.reader.join(5)


def wait_for_port(host, port):
    """Wait until something listens, by looking at /proc: a trial connect would be captured."""
    want = f":{port:04X} "
    for _ in range(600):
        tables = open("/proc/net/tcp").read() + open("/proc/net/tcp6").read()
        if any(want in line and " 0A " in line for line in tables.splitlines()):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on {host}:{port}")


class Lab:
    """Starts servers and tcpdump, and stops them again when the scene ends."""

    def __init__(self, mtu=None):
        sh("ip link set lo up")
        if mtu:
            sh(f"ip link set lo mtu {mtu}")
        self.procs, self.dump = [], None
        atexit.register(self._leave)

    def _leave(self):
        """Leave nothing behind where the scene failed."""
        for p in [x.p for x in self.procs] + [self.dump]:
            if p and p.poll() is None:
                p.terminate()

    def node_server(self, at, net=None, **options):
        """A ws server, in another namespace where net names one (see wires.py)."""
        host, port = at.rsplit(":", 1)
        args = [*within(net), "node", str(HERE / "node/server.js"), at, json.dumps(options)]
        return self.start(args, ready="line" if net else (host, int(port)))

    def node_client(self, attempts, wait=True, net=None):
        p = Proc([*within(net), "node", str(HERE / "node/client.js"), json.dumps(attempts)])
        return p.wait() if wait else p

    def start(self, args, ready=None):
        p = Proc(args, ready=ready)
        self.procs.append(p)
        return p

    def capture(self, name, filter="tcp", iface="lo", args=(), tool="tcpdump", net=None):
        """Begin to capture into testdata/NAME, in another namespace where net names one."""
        self.file = OUT / name
        for old in OUT.glob(self.file.stem.split(".")[0] + ".pcap*"):
            old.unlink()
        if tool == "tcpdump":
            command = [*within(net), "tcpdump", "-i", iface, "-U", "--immediate-mode", "-B", "65536", "-Z", "root", *args, "-w", str(self.file), filter]
        else:
            command = [*within(net), "dumpcap", "-q", "-i", iface, "-B", "64", *args, "-w", str(self.file), "-f", filter]
        self.dump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        started = self.dump.stderr.readline()
        while "listening on" not in started and "Capturing on" not in started and started:
            started = self.dump.stderr.readline()
        time.sleep(0.3 if tool == "tcpdump" else 1.0)

    def capture_end(self, settle=1.3):
        time.sleep(settle)  # the kernel holds packets back for up to a second
        self.dump.send_signal(signal.SIGINT)
        _, said = self.dump.communicate(timeout=10)
        if "packets dropped by kernel" in said and "0 packets dropped by kernel" not in said:
            raise SystemExit(f"the kernel dropped packets: {said}")
        if self.file.exists():  # not so with tcpdump -G, whose names are made up later
            self.file.chmod(0o644)
        self.dump = None

    def end(self):
        """Stop everything and return the servers' log records."""
        if self.dump:
            self.capture_end()
        records = []
        for p in reversed(self.procs):
            p.stop()
            records += p.records
        return records


def within(net):
    """What a command line begins with to run in the namespace net, or in the scene's own where it is empty."""
    return ["ip", "netns", "exec", net] if net else []


def bound_socket(host="127.0.0.1"):
    """A socket that knows its port before it connects, so that a refused connect can be logged."""
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    s.bind((host, 0))
    s.settimeout(10)
    return s
