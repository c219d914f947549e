"""TLS handshakes that the client ends because of the certificate; without keys, so that in TLS 1.3 nobody can say why."""
import re
import subprocess

import products
import refusals
import truth
from certificates import FOLDER, HOST, YEAR, Pki, make
from lab import Lab, Proc
from tlskit import CLAIMS, clients_of, failed, openssl_version, readable_alerts, records, s_server
from wss_peers import go_client, node_attempt, node_version, python_client, python_version

ROWS = {48: "tls-untrusted-ca", 45: "tls-cert-expired"} | dict.fromkeys((42, 43, 44, 46), "tls-cert-name-or-bad")
CERTIFICATE = sorted(set(ROWS.values()))


def _openssl(lab, at, pki, speaks):
    said = subprocess.run(["openssl", "s_client", "-connect", at, "-servername", HOST, "-CAfile", pki.ca.crt, "-verify_return_error", "-verify_hostname", HOST,
                           "-tls1_2" if speaks == 12 else "-tls1_3"], input=b"", capture_output=True, timeout=20)
    return re.search(r"verify error:num=\d+:(.*)", (said.stderr + said.stdout).decode())[1]


def _node(lab, at, pki, speaks):
    return lab.node_client([node_attempt(at, "/x", pki.ca, **({"maxVersion": "TLSv1.2"} if speaks == 12 else {"minVersion": "TLSv1.3"}))])[0]["error"]


def _go(lab, at, pki, speaks):
    return go_client(at, "/x", pki.ca, Max=771 if speaks == 12 else 772, Min=771 if speaks == 12 else 772)[0]["error"]


def _python(lab, at, pki, speaks):
    return python_client(at, "/x", pki.ca, version=f"TLSv1_{speaks % 10}")[0]["error"]


def _gnutls(lab, at, pki, speaks):
    said = subprocess.run(["gnutls-cli", "--sni-hostname", HOST, "--verify-hostname", HOST, "--x509cafile", pki.ca.crt, "--priority",
                           f"NORMAL:-VERS-ALL:+VERS-TLS1.{speaks % 10}", "-p", at.split(":")[1], at.split(":")[0]], input=b"", capture_output=True, timeout=20)
    return re.search(r"Status: (.*)", (said.stderr + said.stdout).decode())[1].strip()


def _nss(lab, at, pki, speaks):
    base = FOLDER / "nss"
    subprocess.run(f"rm -rf {base}; mkdir -p {base}; certutil -N -d {base} --empty-password; certutil -A -d {base} -n ca -t C,, -i {pki.ca.crt}", shell=True, check=True)
    v = f"tls1.{speaks % 10}"
    said = subprocess.run(["tstclnt", "-h", "127.0.0.1", "-p", at.split(":")[1], "-a", HOST, "-d", str(base), "-V", f"{v}:{v}"], input=b"", capture_output=True, timeout=20)
    return re.search(r"(?:SEC|SSL)_ERROR_\w+", (said.stderr + said.stdout).decode())[0]


def _java(lab, at, pki, speaks):
    run, hosts, store = products.java("TlsClient", []), FOLDER / "hosts", FOLDER / "java.p12"
    hosts.write_text(f"127.0.0.1 {HOST}\n")
    store.unlink(missing_ok=True)
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", pki.ca.crt, "-keystore", str(store), "-storepass", "changeit"],
                   check=True, capture_output=True)
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" if speaks == 12 else "TLS_AES_128_GCM_SHA256"
    told = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit", f"-Djdk.net.hosts.file={hosts}"]
    return Proc([run[0], *told, *run[1:], f"wss://{HOST}:{at.split(':')[1]}/x", f"TLSv1.{speaks % 10}", suite]).wait()[0]["error"]


CLIENTS = {"OpenSSL": _openssl, "Node": _node, "Go": _go, "Python": _python, "GnuTLS": _gnutls, "NSS": _nss, "Java": _java}


def _refused(name, description, what, pair, visible, cases):
    """Clients that refuse the certificate of s_server, each at a port of its own: (client, version of TLS, alert that it sends or None).

    The alert is what the server logs; NSS ends TCP in such haste that it may not. Python's asyncio and Java send none. In TLS 1.3 it is hidden, but for
    OpenSSL's, which comes before its keys change.
    visible is the row that the certificate itself shows in TLS 1.2.
    """
    lab, pki = Lab(), Pki()
    pair = pair(pki)
    lab.capture(f"{name}.pcap")
    seen = []
    for n, (who, speaks, _) in enumerate(cases):
        at = f"127.0.0.1:{9440 + n}"
        log = FOLDER / "openssl.log"
        before = log.stat().st_size if log.exists() else 0
        server = s_server(at, pair, "-tls1_2" if speaks == 12 else "-tls1_3")
        error = CLIENTS[who](lab, at, pki, speaks)
        server.close()
        number = re.search(r"SSL alert number (\d+)", log.read_bytes()[before:].decode())
        seen.append((who, speaks, number and int(number[1]), error))
    lab.end()
    if any(s[:3] != c and s[0] != "NSS" for s, c in zip(seen, cases, strict=True)):
        raise SystemExit(f"{name}: {seen}")
    made, clients, readable, sent = [], clients_of(name), readable_alerts(name), records(name)
    for n, (who, speaks, alert, error) in enumerate(seen):
        at = f"127.0.0.1:{9440 + n}"
        cause = f"{what}: {who} says {error!r}"
        version = {"tls_version": f"TLSv1.{speaks % 10}"}
        shown = readable.get((clients[at], at))
        if shown and shown != [alert]:
            raise SystemExit(f"{who} sent {shown}, the server got {alert}")
        if speaks == 13 and not shown:
            if alert and [r[:2] for r in sent[clients[at], at] if r[0] != 0x14][1:] != [(0x17, 19)]:
                raise SystemExit(f"{who} sent {sent[clients[at], at]}")
            found = ["tls13-hidden-alert" if alert else "tls-client-left"]
            made.append(failed(clients[at], at, cause + (f", and sends alert {alert}, which TLS 1.3 hides" if alert else ", and goes without an alert"), verdict=(
                "tls-failed|encrypted"), findings=found, not_findings=[*([] if alert else ["tls13-hidden-alert"]), *CERTIFICATE, *(f for f in CLAIMS if f not in CERTIFICATE), "http-no-response"],
                allowed=["tls-opaque-reject-shape"] if not alert else [], **version))
            continue
        if speaks == 12:
            version["tls_certificate"] = pair.facts()
        shows = visible if speaks == 12 else None
        found = [shows] if shows else [ROWS[alert]] if shown else ["tls-client-left"]
        if shows and shown and ROWS[alert] != shows:
            version["allowed"] = [ROWS[alert]]
        elif not shown:
            version["allowed"] = ["tls-opaque-reject-shape"]
        said = f", and sends alert {alert}" if shown else f", and sends alert {alert} after its Finished, encrypted" if alert else ", and goes without an alert"
        made.append(failed(clients[at], at, cause + said, verdict="tls-failed" if shown else "tls-failed|encrypted", findings=found,
                           tls_alert={"code": alert, "by": "client"} if shown else None, not_findings=[
                               f for f in [*CLAIMS, "tls-server-alert", "tls13-hidden-alert", "http-no-response", *(CERTIFICATE if not shown else ())]
                               if f not in found and f not in version.get("allowed", ()) and (f not in CERTIFICATE or not shown)], **version))
    made_by = {"OpenSSL": openssl_version() + " (s_client, s_server)", "Node": node_version(), "Go": f"Go crypto/tls {refusals.go_version()}", "Python": python_version(),
               "GnuTLS": f"GnuTLS {products.version('gnutls-bin')} (gnutls-cli)", "NSS": f"NSS {products.version('libnss3-tools')} (tstclnt)", "Java": "java.net.http 17"}
    truth.write(name, description, [made_by[w] for w in dict.fromkeys(["OpenSSL", *(c[0] for c in cases)])], made, implies=False)


def tls_untrusted():
    """A CA that no client knows."""
    _refused("tls_untrusted", "a server's certificate by a CA that the client does not know, TLS 1.2 and 1.3: with alerts that can be read, hidden ones, and without any",
             "the issuer is not trusted", lambda pki: make("untrusted", by=pki.stranger), None, [
                 ("OpenSSL", 12, 48), ("OpenSSL", 13, 48), ("Node", 12, None), ("Node", 13, None), ("Go", 12, 42), ("Go", 13, 42), ("Python", 12, None),
                 ("Python", 13, None), ("GnuTLS", 12, 42), ("GnuTLS", 13, 42), ("NSS", 12, 48), ("NSS", 13, 48), ("Java", 12, None), ("Java", 13, None)])


def tls_expired():
    _refused("tls_expired", "a certificate that was valid until a month ago, TLS 1.2 and 1.3", "the certificate has expired",
             lambda pki: make("expired", by=pki.ca, begins=-2 * YEAR, ends=-YEAR / 12), "tls-cert-expired", [
                 ("OpenSSL", 12, 45), ("OpenSSL", 13, 45), ("Node", 12, None), ("Go", 12, 42), ("Go", 13, 42), ("Python", 12, None), ("GnuTLS", 12, 42), ("NSS", 12, 45),
                 ("Java", 12, None)])


def tls_not_yet_valid():
    _refused("tls_not_yet_valid", "a certificate that will be valid next month, TLS 1.2 and 1.3", "the certificate is not valid yet",
             lambda pki: make("early", by=pki.ca, begins=YEAR / 12), "tls-cert-expired", [
                 ("OpenSSL", 12, 42), ("OpenSSL", 13, 42), ("Node", 12, None), ("Go", 12, 42), ("Python", 12, None), ("GnuTLS", 12, 42), ("Java", 12, None)])


def tls_wrong_name():
    _refused("tls_wrong_name", "a certificate for other names than the one that was asked for, TLS 1.2 and 1.3", "the certificate is for another name",
             lambda pki: make("other", "other.example.test", names=("other.example.test", "*.other.test", "192.0.2.7"), by=pki.ca), "tls-cert-name-or-bad", [
                 ("OpenSSL", 12, 42), ("OpenSSL", 13, 42), ("Node", 12, None), ("Go", 12, 42), ("Python", 12, None), ("GnuTLS", 12, 42), ("NSS", 12, 42),
                 ("Java", 12, None)])


def tls_self_signed():
    """What a server makes for itself, for which OpenSSL has an error, and an alert, of its own."""
    _refused("tls_self_signed", "a certificate that the server signed itself, TLS 1.2 and 1.3", "the certificate is self-signed",
             lambda pki: make("self"), None, [
                 ("OpenSSL", 12, 48), ("OpenSSL", 13, 48), ("Node", 12, None), ("Go", 12, 42), ("Python", 12, None), ("NSS", 12, 48)])
