"""Clients whose TLS is neither OpenSSL's nor Go's: GnuTLS, NSS, Java's."""
import subprocess

import products
import truth
from certificates import FOLDER, HOST, Pki
from lab import Lab, Proc
from tlskit import agreed, converse, keylog, openssl_version, other_client, peers, row, s_server
from wss_peers import node_server, node_version, rows


def _program(name, description, made_by, cases, command, server_keys=False):
    """Attempts of a command-line client to openssl s_server: (path, version, kind of key, what the command needs, what s_server needs)."""
    lab, pki, keys, made, port = Lab(), Pki(), keylog(name), [], 9440
    pairs = {"ec": pki.ec, "rsa": pki.rsa()}
    lab.capture(f"{name}.pcap")
    for uri, speaks, kind, mine, its in cases:
        at, port = f"127.0.0.1:{port}", port + 1
        server = s_server(at, pairs[kind], "-cipher", "ALL:@SECLEVEL=0", "-ciphersuites", ":".join(SUITES13), "-num_tickets", "0",
                          *(["-keylogfile", str(keys)] if server_keys else []), *its)
        args, env = command(at, mine, pki, keys)
        c, s = peers(other_client(at, args, env), server)
        converse(c, s, uri)
        c.end()
        s.end()
        facts = agreed(server, speaks)
        made.append(row(c, s, cause=f"none: success in {facts['tls_version']}, {facts['tls_cipher']}", **facts))
    lab.end()
    truth.write(name, description, [made_by, openssl_version() + " (s_server)", truth.RAW], made, keylog=keys.name)


SUITES13 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]


def tls_gnutls():
    """gnutls-cli, which offers AES-CCM and encrypt-then-MAC by itself; its own key log."""
    products.need("/usr/bin/gnutls-cli", "gnutls-bin")

    def command(at, priority, pki, keys):
        return ["gnutls-cli", "--logfile", f"{FOLDER}/gnutls.log", "--sni-hostname", HOST, "--verify-hostname", HOST, "--x509cafile", pki.ca.crt,
                "--priority", priority, "-p", at.split(":")[1], at.split(":")[0]], {"SSLKEYLOGFILE": str(keys)}

    only = "NONE:+{}:+AEAD:+SHA1:+SHA256:+SHA384:+{}:+{}:+SIGN-ALL:+COMP-NULL:+GROUP-ALL:+CTYPE-X509{}".format
    _program("tls_gnutls", "GnuTLS: AES-CCM, AES-CBC with encrypt-then-MAC and without, ChaCha20-Poly1305 and AES-GCM, TLS 1.0 to 1.3",
             f"GnuTLS {products.version('gnutls-bin')} (gnutls-cli)", [
                 ("/13", "TLSv1.3", "ec", "NORMAL", ()),
                 ("/13/ccm", "TLSv1.3", "rsa", "NORMAL:-CIPHER-ALL:+AES-128-CCM", ()),
                 ("/13/chacha", "TLSv1.3", "ec", "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305", ()),
                 ("/12/gcm", "TLSv1.2", "rsa", only("VERS-TLS1.2", "ECDHE-RSA", "AES-256-GCM", ""), ()),
                 ("/12/ccm", "TLSv1.2", "ec", only("VERS-TLS1.2", "ECDHE-ECDSA", "AES-128-CCM", ""), ()),
                 ("/12/ccm8", "TLSv1.2", "rsa", only("VERS-TLS1.2", "RSA", "AES-128-CCM-8", ""), ()),
                 ("/12/cbc256/etm", "TLSv1.2", "rsa", only("VERS-TLS1.2", "DHE-RSA", "AES-128-CBC", ":-SHA1:-SHA384"), ()),
                 ("/12/cbc384/mte", "TLSv1.2", "ec", only("VERS-TLS1.2", "ECDHE-ECDSA", "AES-256-CBC", ":-SHA1:-SHA256:%NO_ETM"), ()),
                 ("/11/cbc/etm", "TLSv1.1", "ec", only("VERS-TLS1.1", "ECDHE-ECDSA", "AES-128-CBC", ""), ()),
                 ("/10/cbc/mte", "TLSv1.0", "rsa", only("VERS-TLS1.0", "ECDHE-RSA", "AES-256-CBC", ":%NO_ETM"), ()),
             ], command)


def tls_nss():
    """NSS's tstclnt; Debian's build of NSS writes no key log, so that it is the server's."""
    products.need("/usr/bin/tstclnt", "libnss3-tools")
    base = FOLDER / "nss"
    made = []

    def command(at, told, pki, keys):
        if not made:
            subprocess.run(f"rm -rf {base}; mkdir -p {base}; certutil -N -d {base} --empty-password; certutil -A -d {base} -n ca -t C,, -i {pki.ca.crt}",
                           shell=True, check=True)
            made.append(True)
        return ["tstclnt", "-h", "127.0.0.1", "-p", at.split(":")[1], "-a", HOST, "-d", str(base), "-o", *told], None

    _program("tls_nss", "NSS: TLS 1.3 and 1.2 with AES-GCM, ChaCha20-Poly1305 and AES-CBC, TLS 1.0, with the extended master secret and without",
             f"NSS {products.version('libnss3-tools')} (tstclnt)", [
                 ("/13", "TLSv1.3", "ec", ["-V", "tls1.3:tls1.3"], ()),
                 ("/13/chacha", "TLSv1.3", "rsa", ["-V", "tls1.3:tls1.3", "-c", ":1303"], ()),
                 ("/12/ems", "TLSv1.2", "ec", ["-V", "tls1.2:tls1.2", "-G"], ()),
                 ("/12/chacha", "TLSv1.2", "rsa", ["-V", "tls1.2:tls1.2", "-c", ":CCA8"], ()),
                 ("/12/cbc", "TLSv1.2", "rsa", ["-V", "tls1.2:tls1.2", "-c", ":C027"], ()),
                 ("/12/rsa", "TLSv1.2", "rsa", ["-V", "tls1.2:tls1.2", "-c", ":009D"], ()),
                 ("/10/cbc", "TLSv1.0", "rsa", ["-V", "tls1.0:tls1.0", "-c", ":C013"], ()),
             ], command, server_keys=True)


def tls_java():
    """java.net.http's WebSocket client, which writes no key log, before Node: the server's keys."""
    lab, pki, keys = Lab(), Pki(), keylog("tls_java")
    run = products.java("TlsClient", [])
    store = FOLDER / "java.p12"
    store.unlink(missing_ok=True)
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", pki.ca.crt, "-keystore", str(store), "-storepass", "changeit"],
                   check=True, capture_output=True)
    lab.capture("tls_java.pcap")
    at = "127.0.0.1:9443"
    node_server(lab, at, pki.rsa(), keys)
    hosts = FOLDER / "hosts"
    hosts.write_text(f"127.0.0.1 {HOST}\n")
    clients = []
    for uri, version, suite in (("/13", "TLSv1.3", "TLS_AES_256_GCM_SHA384"), ("/12", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
                                ("/12/cbc", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"), ("/no?reject=403&body=no", "TLSv1.3", "TLS_AES_128_GCM_SHA256")):
        told = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit", f"-Djdk.net.hosts.file={hosts}",
                f"-Djdk.tls.client.protocols={version}"]
        clients += Proc([run[0], *told, *run[1:], f"wss://{HOST}:9443{uri}", version, suite]).wait()
    servers = lab.end()
    by_uri = {s["uri"]: s for s in servers}
    for c in clients:  # the client does not know its port
        c["client"] = by_uri[c["uri"]]["client"]
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.split('"')[1]
    truth.write("tls_java", "Java's own WebSocket client: TLS 1.3 and 1.2, AES-GCM and AES-CBC, a 403", [f"java.net.http {java}", node_version()],
                rows(clients, servers), keylog=keys.name)
