#!/usr/bin/env python3
"""Makes transcripts.txt: what openssl s_client and s_server send to each other, and their key log.

s_server answers each line reversed (-rev). A relay between the two keeps what goes by. Lines of
the file: "name", "client" and "server" with the bytes of a direction in hex, "key" with a line of
the key log. usage: transcripts.py >transcripts.txt
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

LINES = ["first line of the client", "K", "second line of the client"]  # K: s_client sends a KeyUpdate

V13, V12, V11, V10 = (["-tls1_3"], ["-tls1_2"], ["-tls1_1"], ["-tls1"])
CASES = [(v13, "-ciphersuites", s, extra) for v13, s, extra in [
    (V13, "TLS_AES_128_GCM_SHA256", ["-record_padding", "64"]),
    (V13, "TLS_AES_256_GCM_SHA384", []),
    (V13, "TLS_CHACHA20_POLY1305_SHA256", []),
    (V13, "TLS_AES_128_CCM_SHA256", ["-record_padding", "100"]),
    (V13, "TLS_AES_128_CCM_8_SHA256", []),
]] + [(v, "-cipher", s, extra) for v, s, extra in [
    (V12, "AES128-CCM", []),
    (V12, "AES256-CCM", []),
    (V12, "ECDHE-ECDSA-AES128-CCM8", []),
    (V12, "ECDHE-ECDSA-AES256-CCM8", []),
    (V12, "DHE-RSA-CHACHA20-POLY1305", []),
    (V12, "DHE-RSA-AES256-GCM-SHA384", []),
    (V12, "ECDHE-RSA-AES128-SHA256", []),
    (V12, "ECDHE-RSA-AES128-SHA256", ["-no_etm"]),
    (V12, "ECDHE-ECDSA-AES256-SHA384", []),
    (V12, "ECDHE-ECDSA-AES256-SHA384", ["-no_etm"]),
    (V12, "AES256-SHA256", []),
    (V12, "NULL-SHA256", []),
    (V11, "ECDHE-RSA-AES256-SHA", []),
    (V10, "ECDHE-RSA-AES128-SHA", []),
    (V10, "ECDHE-RSA-AES128-SHA", ["-no_etm"]),
    (V10, "NULL-SHA", []),
]]


def listener():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    s.listen(1)
    return s


def pump(source, sink, kept):
    while b := source.recv(65536):
        kept += b
        sink.sendall(b)
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def connect(port):
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.05)
    sys.exit("s_server does not listen")


def run(folder, case):
    version, option, suite, extra = case
    keys = os.path.join(folder, "keys")
    if os.path.exists(keys):
        os.remove(keys)
    free = listener()
    port = free.getsockname()[1]
    free.close()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(port), "-rev", "-quiet", "-no_ticket"] + version + extra
        + ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"] * (option == "-cipher")
        + ["-ciphersuites", suite] * (option == "-ciphersuites")
        + ["-cert", folder + "/rsa.crt", "-key", folder + "/rsa.key", "-dcert", folder + "/ec.crt", "-dkey", folder + "/ec.key"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    relay = listener()
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", "127.0.0.1:%d" % relay.getsockname()[1], "-keylogfile", keys,
         option, suite + (":@SECLEVEL=0" if option == "-cipher" else "")] + version + extra,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    near, _ = relay.accept()
    far = connect(port)
    sent, answered = bytearray(), bytearray()
    threads = [threading.Thread(target=pump, args=a) for a in ((near, far, sent), (far, near, answered))]
    for t in threads:
        t.start()
    time.sleep(0.5)
    for line in LINES:
        if line != "K" or version == V13:
            client.stdin.write(line.encode() + b"\n")
            client.stdin.flush()
            time.sleep(0.3)
    client.stdin.write(b"Q\n")
    client.stdin.close()
    client.wait()
    for t in threads:
        t.join()
    server.terminate()
    server.wait()
    print("name", suite, *version, *extra)
    print("client", sent.hex())
    print("server", answered.hex())
    with open(keys) as f:
        for line in f:
            if not line.startswith("#") and "EXPORTER" not in line:
                print("key", line.strip())


def main():
    print("# Made by transcripts.py with", subprocess.check_output(["openssl", "version"], text=True).split(" (")[0].strip())
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in (("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
            subprocess.check_call(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-subj", "/CN=test", "-days", "1",
                                   "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt"], stderr=subprocess.DEVNULL)
        for case in CASES:
            run(folder, case)


main()
