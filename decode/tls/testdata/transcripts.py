#!/usr/bin/env python3
"""Makes transcripts.txt: what openssl s_client and s_server send to each other, for what crypto/tls
cannot do or cannot be asked to do.

A relay between the two keeps what goes by, in its order. Lines of the file: "name" begins a
connection; "client" and "server" are bytes of a direction in hex; "key" is a line of the key log,
"said" what the client was told to send, "answered" what it
printed of the answers (s_server -rev turns lines round; some come when it has gone). usage: transcripts.py >transcripts.txt
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

RSA = ["-newkey", "rsa:2048"]
ECDSA = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
V13, V12, V11, V10 = "-tls1_3", "-tls1_2", "-tls1_1", "-tls1"
LINES = ["first line", "second line"]

# Name, key, arguments of both, of the client, of the server, lines of the client. K sends a
# KeyUpdate that asks for one, k one that does not, R renegotiates.
PLAIN = [
    ("KeyUpdate", RSA, [V13], [], [], ["before", "K", "between", "k", "after", "k", "more", "at last"]),
    ("AES-256-GCM", RSA, [V13, "-ciphersuites", "TLS_AES_256_GCM_SHA384"], [], [], ["before", "K", "after"]),
    ("ChaCha20", RSA, [V13, "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], [], [], ["before", "K", "after"]),
    ("CCM", RSA, [V13, "-ciphersuites", "TLS_AES_128_CCM_SHA256"], [], [], LINES),
    ("CCM_8", RSA, [V13, "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"], [], [], LINES),
    ("padding", RSA, [V13, "-record_padding", "512"], [], [], LINES),
    ("small fragments", RSA, [V13, "-max_send_frag", "512"], [], [], ["x" * 1500, "y"]),
    ("many tickets", RSA, [V13], [], ["-num_tickets", "8"], LINES),
    ("no middlebox compatibility", RSA, [V13, "-no_middlebox"], [], [], LINES),
    ("renegotiation", RSA, [V12, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], [], ["-client_renegotiation"], ["before", "R", "after", "more"]),
    ("renegotiation with CBC", RSA, [V12, "-cipher", "ECDHE-RSA-AES256-SHA384"], [], ["-client_renegotiation"], ["before", "R", "after"]),
    ("renegotiation, TLS 1.0", RSA, [V10, "-cipher", "AES128-SHA:@SECLEVEL=0"], [], ["-client_renegotiation"], ["before", "R", "after"]),
    ("CCM, TLS 1.2", ECDSA, [V12, "-cipher", "ECDHE-ECDSA-AES128-CCM"], [], [], LINES),
    ("CCM_8, TLS 1.2", ECDSA, [V12, "-cipher", "ECDHE-ECDSA-AES256-CCM8"], [], [], LINES),
    ("encrypt-then-MAC", RSA, [V12, "-cipher", "AES128-SHA256"], [], [], LINES),
    ("encrypt-then-MAC, SHA-384", RSA, [V12, "-cipher", "ECDHE-RSA-AES256-SHA384"], [], [], LINES),
    ("encrypt-then-MAC, TLS 1.1", RSA, [V11, "-cipher", "AES256-SHA:@SECLEVEL=0"], [], [], LINES),
    ("encrypt-then-MAC, TLS 1.0", RSA, [V10, "-cipher", "AES256-SHA:@SECLEVEL=0"], [], [], LINES),
    ("RSA with GCM", RSA, [V12, "-cipher", "AES128-GCM-SHA256", "-no_etm"], [], [], LINES),
    ("finite field", RSA, [V12, "-cipher", "DHE-RSA-AES128-GCM-SHA256"], [], [], LINES),
]


class Relay:
    """Passes bytes between a client and a server, and keeps them."""

    def __init__(self, to):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.to, self.kept, self.lock, self.threads = to, [], threading.Lock(), []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.to))
        for name, a, b in ("client", client, server), ("server", server, client):
            t = threading.Thread(target=self.pass_on, args=(name, a, b), daemon=True)
            t.start()
            self.threads.append(t)

    def pass_on(self, name, a, b):
        while True:
            try:
                data = a.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            with self.lock:
                self.kept.append((name, data))
                try:
                    b.sendall(data)
                except OSError:
                    pass
        try:
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Server:
    def __init__(self, folder, key, arguments):
        subprocess.run(["openssl", "req", "-x509", *key, "-nodes", "-subj", "/CN=wss.example", "-days", "3650",
                        "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"], check=True, capture_output=True)
        self.port = free_port()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", str(self.port), "-key", folder + "/key.pem", "-cert", folder + "/cert.pem", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.4)

    def stop(self):
        self.process.kill()
        self.process.wait()


def connect(name, folder, server, arguments, lines, said=None):
    """Runs one client, and writes what went by."""
    log = folder + "/keys"
    if os.path.exists(log):
        os.remove(log)
    relay = Relay(server.port)
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}", "-servername", "wss.example", "-keylogfile", log, *arguments],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    for line in lines:
        client.stdin.write(line.encode() + b"\n")
        client.stdin.flush()
        time.sleep(0.25)
    time.sleep(0.6)  # for the last answer
    try:
        out, _ = client.communicate(timeout=3)
    except subprocess.TimeoutExpired:
        client.kill()
        out, _ = client.communicate()
    time.sleep(0.3)
    print("name", name)
    for who, data in relay.kept:
        print(who, data.hex())
    with open(log) as f:
        for line in f:
            if not line.startswith("#"):
                print("key", line.strip())
    for line in said if said is not None else [x for x in lines if x not in ("K", "k", "R")]:
        print("said", line)
        if line[::-1].encode() in out.splitlines():
            print("answered", line[::-1])


def main():
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout.split(" (")[0]
    print(f"# Made by transcripts.py with {version.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        for name, key, both, client, server, lines in PLAIN:
            s = Server(folder, key, ["-rev", *both, *server])
            connect(name, folder, s, [*both, *client], lines)
            s.stop()
        session, early = folder + "/session", folder + "/early"
        with open(early, "w") as f:
            f.write("early line\n")
        for name, both, first, second in (
            ("session id", [V12, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-no_ticket"], [], []),
            ("ticket", [V12, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], [], []),
            ("0-RTT", [V13], [], ["-early_data", early]),
        ):
            s = Server(folder, RSA, [*both, *(["-early_data"] if "0-RTT" in name else ["-rev"])])
            connect(name + ", first", folder, s, [*both, *first, "-sess_out", session], ["first line"])
            connect(name + ", second", folder, s, [*both, "-sess_in", session, *second], ["second line"],
                    (["early line"] if second else []) + ["second line"])
            s.stop()
        s = Server(folder, RSA, [V13, "-rev"])  # another one, which cannot read the ticket
        connect("0-RTT, refused", folder, s, [V13, "-sess_in", session, "-early_data", early], ["second line"])
        s.stop()
        s = Server(folder, RSA, [V13, "-early_data", "-groups", "P-384"])
        connect("0-RTT and HelloRetryRequest, first", folder, s, [V13, "-groups", "P-384", "-sess_out", session], ["first line"])
        connect("0-RTT and HelloRetryRequest", folder, s, [V13, "-groups", "X25519:P-384", "-sess_in", session, "-early_data", early], ["second line"])
        s.stop()


if __name__ == "__main__":
    sys.exit(main())
