"""WebSockets in TLS: versions and cipher suites, as the stacks that are in use speak them, with keys."""
import ssl

import refusals
import truth
from certificates import FOLDER, Pki
from lab import Lab
from tlskit import converse, iana, keylog, openssl_version, peers, row, s_client, s_server, without_keys
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, python_client, python_server, python_version, rows

WELL = ["close-abnormal-1006", "http-no-response", "tls13-hidden-alert", "tls-opaque-reject-shape"]


def _openssl(name, description, cases):
    _write_openssl(name, description, _openssl_rows(name, cases))


def _write_openssl(name, description, rows):
    truth.write(name, description, [openssl_version() + " (s_client and s_server)", truth.RAW], rows, keylog=f"{name}.keys")


def _openssl_rows(name, cases):
    """Attempts between openssl s_client and s_server: (path, cipher, version option, further options of the client, of the server, kind of key)."""
    lab, pki, keys, rows, port = Lab(), Pki(), keylog(name), [], 9440
    pairs = {"ec": pki.ec, "rsa": pki.rsa()}
    lab.capture(f"{name}.pcap")
    for uri, cipher, speaks, mine, its, kind in cases:
        at, port = f"127.0.0.1:{port}", port + 1
        suite = ["-ciphersuites", cipher] if cipher.startswith("TLS_") else ["-cipher", f"{cipher}:@SECLEVEL=0"]
        server = s_server(at, pairs[kind], *suite, speaks, "-num_tickets", "0", *its)
        client = s_client(at, *suite, speaks, "-keylogfile", str(keys), "-CAfile", pki.ca.crt, *mine)
        c, s = peers(client, server)
        converse(c, s, uri)
        c.end()
        s.end()
        facts = client.facts()
        if facts["tls_cipher"] != iana(cipher):
            raise SystemExit(f"{uri}: {facts}")
        rows.append(row(c, s, not_findings=WELL, cause=f"none: success in {facts['tls_version']}, {facts['tls_cipher']}", **facts))
    lab.end()
    return rows


def tls_openssl_ccm():
    """AES-CCM, which the other stacks do not offer by themselves."""
    _openssl("tls_openssl_ccm", "AES-CCM with tags of 16 and of 8 bytes, in TLS 1.2 (ECDHE, DHE, RSA) and 1.3", [
        ("/ccm/ecdsa", "ECDHE-ECDSA-AES128-CCM", "-tls1_2", (), (), "ec"),
        ("/ccm8/ecdsa", "ECDHE-ECDSA-AES256-CCM8", "-tls1_2", (), (), "ec"),
        ("/ccm/dhe", "DHE-RSA-AES256-CCM", "-tls1_2", (), (), "rsa"),
        ("/ccm8/dhe", "DHE-RSA-AES128-CCM8", "-tls1_2", (), (), "rsa"),
        ("/ccm/rsa", "AES128-CCM", "-tls1_2", (), (), "rsa"),
        ("/ccm8/rsa", "AES256-CCM8", "-tls1_2", (), (), "rsa"),
        ("/ccm/13", "TLS_AES_128_CCM_SHA256", "-tls1_3", (), (), "ec"),
        ("/ccm8/13", "TLS_AES_128_CCM_8_SHA256", "-tls1_3", (), (), "ec"),
    ])


def tls_openssl_cbc():
    """AES-CBC with each hash, with encrypt-then-MAC and without, and with a server that refuses the extended master secret."""
    no = ("-no_etm",)
    _openssl("tls_openssl_cbc", "AES-CBC with SHA-1, SHA-256 and SHA-384 in TLS 1.2, each with encrypt-then-MAC and without; ECDHE, DHE and RSA key exchange", [
        ("/sha256/etm", "ECDHE-ECDSA-AES128-SHA256", "-tls1_2", (), (), "ec"),
        ("/sha256/mte", "ECDHE-ECDSA-AES128-SHA256", "-tls1_2", no, (), "ec"),
        ("/sha384/etm", "ECDHE-RSA-AES256-SHA384", "-tls1_2", (), (), "rsa"),
        ("/sha384/mte", "ECDHE-ECDSA-AES256-SHA384", "-tls1_2", (), no, "ec"),
        ("/sha1/etm", "ECDHE-ECDSA-AES256-SHA", "-tls1_2", (), (), "ec"),
        ("/sha1/mte", "ECDHE-ECDSA-AES128-SHA", "-tls1_2", no, no, "ec"),
        ("/rsa/etm", "AES256-SHA256", "-tls1_2", (), (), "rsa"),
        ("/rsa/mte", "AES128-SHA", "-tls1_2", no, (), "rsa"),
        ("/dhe/etm", "DHE-RSA-AES128-SHA256", "-tls1_2", (), (), "rsa"),
        ("/dhe/mte", "DHE-RSA-AES256-SHA", "-tls1_2", (), no, "rsa"),
    ])


def tls_openssl_old():
    """TLS 1.0, whose records each begin where the one before ended, and 1.1, with the initialization vector in each."""
    no = ("-no_etm",)
    _openssl("tls_openssl_old", "TLS 1.0 and 1.1: AES-CBC with SHA-1, with encrypt-then-MAC and without; ECDHE, DHE and RSA key exchange", [
        ("/10/ecdhe/etm", "ECDHE-ECDSA-AES128-SHA", "-tls1", (), (), "ec"),
        ("/10/ecdhe/mte", "ECDHE-RSA-AES256-SHA", "-tls1", no, (), "rsa"),
        ("/10/rsa/mte", "AES128-SHA", "-tls1", no, (), "rsa"),
        ("/10/dhe/etm", "DHE-RSA-AES256-SHA", "-tls1", (), (), "rsa"),
        ("/11/ecdhe/etm", "ECDHE-ECDSA-AES256-SHA", "-tls1_1", (), (), "ec"),
        ("/11/ecdhe/mte", "ECDHE-ECDSA-AES128-SHA", "-tls1_1", (), no, "ec"),
        ("/11/rsa/etm", "AES256-SHA", "-tls1_1", (), (), "rsa"),
        ("/11/dhe/mte", "DHE-RSA-AES128-SHA", "-tls1_1", no, (), "rsa"),
    ])


def tls_openssl_gcm():
    """AES-GCM and ChaCha20-Poly1305 with every key exchange; the key of the record is the same kind in TLS 1.2 and 1.3."""
    _openssl("tls_openssl_gcm", "AES-GCM and ChaCha20-Poly1305 in TLS 1.2 (ECDHE, DHE, RSA) and 1.3", [
        ("/gcm/ecdsa", "ECDHE-ECDSA-AES256-GCM-SHA384", "-tls1_2", (), (), "ec"),
        ("/gcm/dhe", "DHE-RSA-AES128-GCM-SHA256", "-tls1_2", (), (), "rsa"),
        ("/gcm/rsa", "AES256-GCM-SHA384", "-tls1_2", (), (), "rsa"),
        ("/chacha/ecdsa", "ECDHE-ECDSA-CHACHA20-POLY1305", "-tls1_2", (), (), "ec"),
        ("/chacha/dhe", "DHE-RSA-CHACHA20-POLY1305", "-tls1_2", (), (), "rsa"),
        ("/gcm128/13", "TLS_AES_128_GCM_SHA256", "-tls1_3", (), (), "ec"),
        ("/gcm256/13", "TLS_AES_256_GCM_SHA384", "-tls1_3", (), (), "rsa"),
        ("/chacha/13", "TLS_CHACHA20_POLY1305_SHA256", "-tls1_3", (), (), "ec"),
    ])


def tls_foreign_suites():
    """Suites that nobody uses in browsers: what they protect cannot be read, and the row says no more than without keys."""
    rows = _openssl_rows("tls_foreign_suites", [
        ("/camellia", "ECDHE-RSA-CAMELLIA128-SHA256", "-tls1_2", (), (), "rsa"),
        ("/aria", "ECDHE-ECDSA-ARIA128-GCM-SHA256", "-tls1_2", (), (), "ec"),
        ("/gcm", "ECDHE-ECDSA-AES128-GCM-SHA256", "-tls1_2", (), (), "ec"),
    ])
    for h in rows[:2]:
        h |= without_keys(h, cause=f"accepted, in {h['tls_cipher']}, which wstap does not decrypt")
    _write_openssl("tls_foreign_suites", "Camellia and ARIA, whose keys are at hand and which wstap does not decrypt; and AES-GCM", rows)


def tls_node():
    """Node's ws on both sides; the server's keys."""
    lab, pki, keys = Lab(), Pki(), keylog("tls_node")
    lab.capture("tls_node.pcap")
    ecdsa, rsa = "127.0.0.1:9443", "127.0.0.1:9444"
    node_server(lab, ecdsa, pki.ec, keys)
    lab.node_server(rsa, deflate=True, tls={"cert": pki.rsa().crt, "key": f"{FOLDER}/server-rsa.key", "keylog": str(keys), "ciphers": "DEFAULT:@SECLEVEL=0",
                                            "minVersion": "TLSv1", "dhparam": "auto"})
    old = {"minVersion": "TLSv1", "maxVersion": "TLSv1.2"}
    clients = lab.node_client([
        node_attempt(ecdsa, "/13", pki.ca),
        node_attempt(ecdsa, "/13/128", pki.ca, ciphers="TLS_AES_128_GCM_SHA256", more={"origin": "https://app.example"}),
        node_attempt(ecdsa, "/13/chacha", pki.ca, ciphers="TLS_CHACHA20_POLY1305_SHA256", more={"protocols": ["chat", "mqtt"]}),
        node_attempt(ecdsa, "/13/no?reject=403&body=no", pki.ca),
        node_attempt(ecdsa, "/12", pki.ca, **old),
        node_attempt(ecdsa, "/12/kicked?close=4001&reason=kicked", pki.ca, do=[["text", "hello"], ["gone"]], **old),
        node_attempt(ecdsa, "/12/no?reject=401", pki.ca, **old),
        node_attempt(rsa, "/12/dhe", pki.ca, ciphers="DHE-RSA-AES128-GCM-SHA256", **old),
        node_attempt(rsa, "/12/rsa", pki.ca, ciphers="AES128-GCM-SHA256", **old),
        node_attempt(rsa, "/12/cbc?reply=5000", pki.ca, ciphers="ECDHE-RSA-AES128-SHA", more={"deflate": True}, **old),
        node_attempt(rsa, "/13/deflate", pki.ca, more={"deflate": True}),
        node_attempt(rsa, "/12/end?end=fin", pki.ca, do=[["text", "hello"], ["gone"]], **old),
        node_attempt(rsa, "/13/fin", pki.ca, do=[["text", "hello"], ["messages", 1], ["fin"]]),
    ])
    servers = lab.end()
    truth.write("tls_node", "Node with itself: TLS 1.3 and 1.2, ECDSA and RSA, permessage-deflate, a subprotocol, 401 and 403, a Close by the server, an end "
                "of TLS and TCP without Close from either side", [node_version()], rows(clients, servers, {"/12/kicked?close=4001&reason=kicked": {"allowed": [
                    "close-accept-then-close", "close-auth-private"]}}), keylog=keys.name)


def tls_go():
    """Go's crypto/tls on both sides, from 1.0 to 1.3; the client's keys."""
    lab, pki, keys = Lab(), Pki(), keylog("tls_go")
    lab.capture("tls_go.pcap")
    ecdsa, rsa, each = "127.0.0.1:9443", "127.0.0.1:9444", [getattr(ssl.TLSVersion, f"TLSv1{v}").value for v in ("", "_1", "_2", "_3")]
    suites = [iana(s) for s in ("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA",
                                "AES128-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305")]
    go_server(lab, ecdsa, pki.ec, Min=each[0])
    go_server(lab, rsa, pki.rsa(), Min=each[0], Suites=suites)
    clients = []
    for uri, at, v, suite in (
        ("/10/ecdsa", ecdsa, 0, "ECDHE-ECDSA-AES128-SHA"), ("/10/rsa", rsa, 0, "AES128-SHA"), ("/11/ecdhe", rsa, 1, "ECDHE-RSA-AES256-SHA"),
        ("/12/gcm", ecdsa, 2, "ECDHE-ECDSA-AES128-GCM-SHA256"), ("/12/chacha", rsa, 2, "ECDHE-RSA-CHACHA20-POLY1305"),
        ("/12/gcm384", rsa, 2, "ECDHE-RSA-AES256-GCM-SHA384"), ("/12/cbc256", rsa, 2, "ECDHE-RSA-AES128-SHA256"),
        ("/12/rsa", rsa, 2, "AES256-GCM-SHA384"), ("/12/rsa/cbc256", rsa, 2, "AES128-SHA256"), ("/13", ecdsa, 3, None), ("/no", ecdsa, 3, None),
    ):
        clients += go_client(at, uri, pki.ca, Min=each[0], Max=each[v], Keylog=str(keys), Suites=[iana(suite)] if suite else [])
    servers = lab.end()
    truth.write("tls_go", "Go with itself: TLS 1.0 to 1.3, AES-GCM, ChaCha20-Poly1305, AES-CBC without encrypt-then-MAC, RSA key exchange, a 403",
                [f"gorilla/websocket {refusals.go_version('github.com/gorilla/websocket')}", f"Go crypto/tls {refusals.go_version()}"],
                rows(clients, servers), keylog=keys.name)


def tls_python():
    """Python's websockets on both sides; the client's keys."""
    lab, pki, keys = Lab(), Pki(), keylog("tls_python")
    lab.capture("tls_python.pcap")
    at, clients = "127.0.0.1:9443", []
    python_server(lab, at, pki.rsa())
    for uri, told in (("/13", {}), ("/12", {"version": "TLSv1_2"}), ("/12/cbc", {"version": "TLSv1_2", "ciphers": "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"}),
                      ("/13/no?status=403&body=no", {}), ("/12/no?status=503", {"version": "TLSv1_2"})):
        clients += python_client(at, uri, pki.ca, keylog=str(keys), **told)
    servers = lab.end()
    truth.write("tls_python", "Python's websockets with itself: TLS 1.3 and 1.2, 403 and 503 by the application", [python_version()],
                rows(clients, servers), keylog=keys.name)
