"""TLS handshakes that the client ends for another reason than the certificate: what the server chose is too old for it."""
import re
import subprocess

import truth
from certificates import HOST, Pki
from lab import Lab
from tlskit import CLAIMS, clients_of, failed, openssl_version, readable_alerts, s_server

ANY = ["-cipher", "ALL:@SECLEVEL=0"]


def tls_client_alerts():
    """Servers of TLS 1.1 and 1.0, which they choose though the clients offer TLS 1.2 and nothing else."""
    name, lab, pki, told = "tls_client_alerts", Lab(), Pki(), []
    lab.capture(f"{name}.pcap")
    for at, its in (("127.0.0.1:9440", "-tls1_1"), ("127.0.0.1:9441", "-tls1")):
        server = s_server(at, pki.ec, its, *ANY)
        said = subprocess.run(["openssl", "s_client", "-connect", at, "-servername", HOST, "-tls1_2"], input=b"", capture_output=True, timeout=20)
        server.close()
        told.append((at, re.search(r":SSL routines:[^:]*:([^:]*):", (said.stderr + said.stdout).decode())[1]))
    lab.end()
    clients, readable, made = clients_of(name), readable_alerts(name), []
    for at, words in told:
        if readable.get((clients[at], at)) != [70]:
            raise SystemExit(f"{at}: {words}, and {readable}")
        made.append(failed(clients[at], at, f"the server chose a version that the client does not take: it says {words!r}, and sends alert 70",
                           findings=["tls-client-alert"], tls_alert={"code": 70, "by": "client"}, not_findings=[
                               *(f for f in CLAIMS if f != "tls-client-alert"), "tls-cert-name-or-bad", "tls13-hidden-alert", "http-no-response"]))
    truth.write(name, "clients that refuse the version of TLS which the server chose", [openssl_version() + " (s_client, s_server)"], made, implies=False)
