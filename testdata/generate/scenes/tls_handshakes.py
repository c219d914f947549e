"""TLS handshakes that take another way than the usual one, and records that are cut or padded."""
import products
import refusals
import truth
import wires
from certificates import FOLDER, HOST, Pki
from lab import Lab, sh
from tlskit import agreed, converse, keylog, openssl_version, other_client, peers, row, s_client, s_server
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, rows

OPENSSL = " (s_client and s_server)"
LONG = "/long?" + "&".join(f"field{i}=value-{i:04}" for i in range(60))


def _ethernet(mtu=1500):
    """A lab whose packets are as long as those on a link."""
    lab = Lab(mtu=mtu)
    sh(f"ethtool -K lo {wires.OFFLOADS} >/dev/null 2>&1 || true")
    return lab


def _talk(name, description, cases, made_by=None, lab=None):
    """Attempts between s_client and s_server: (path, kind of key, options of the client, of the server, what happens before the messages, of converse)."""
    lab, pki, keys, made, port = lab or Lab(), Pki(), keylog(name), [], 9440
    pairs = {"ec": pki.ec, "rsa": pki.rsa()}
    mutual = pki.client()
    lab.capture(f"{name}.pcap")
    for uri, kind, mine, its, between, told in cases:
        at, port = f"127.0.0.1:{port}", port + 1
        server = s_server(at, pairs[kind], "-CAfile", pki.ca.crt, "-num_tickets", "0", *its)
        client = s_client(at, "-keylogfile", str(keys), "-CAfile", pki.ca.crt, *[{"CLIENT.crt": mutual.crt, "CLIENT.key": mutual.key}.get(a, a) for a in mine])
        c, s = peers(client, server)
        converse(c, s, uri, between=between and (lambda c=c, s=s, between=between: between(c, s)), **told)
        c.end()
        s.end()
        facts = client.facts()
        made.append(row(c, s, cause=f"none: success in {facts['tls_version']}, {facts['tls_cipher']}", **facts))
    lab.end()
    truth.write(name, description, made_by or [openssl_version() + OPENSSL, truth.RAW], made, keylog=keys.name)


def tls13_hello_retry():
    """HelloRetryRequest, and ClientHellos with a post-quantum key share, which do not fit into one segment."""
    lab, pki, keys = _ethernet(), Pki(), keylog("tls13_hello_retry")
    lab.capture("tls13_hello_retry.pcap")
    p256, hybrid = 23, 4588
    agree, other = "127.0.0.1:9443", "127.0.0.1:9444"
    go_server(lab, agree, pki.ec, Curves=[hybrid])
    go_server(lab, other, pki.ec, Curves=[p256])
    clients = []
    for at, uri, told in ((agree, "/hybrid", {}), (other, "/retry", {}), (other, "/no", {}), (other, "/retry/resumed", {"Resume": 1})):
        clients += go_client(at, uri, pki.ca, Keylog=str(keys), **told)
    made = rows(clients, lab.end())
    if [h["tls_resumed"] for h in made] != [False, False, False, False, True]:
        raise SystemExit(made)
    truth.write("tls13_hello_retry", "ClientHellos with an X25519MLKEM768 share, in two segments each, to a server that takes it and to one that asks for another group "
                "with HelloRetryRequest, accepted, refused and resumed", [f"Go crypto/tls {refusals.go_version()}",
                f"gorilla/websocket {refusals.go_version('github.com/gorilla/websocket')}"], made, keylog=keys.name)


def tls13_variants():
    """What TLS 1.3 allows on the way to the same end."""
    def ask_for_certificate(c, s):
        s.send(b"c\n", pause=0.3)

    _talk("tls13_variants", "HelloRetryRequest by OpenSSL, no change_cipher_spec, padded records, a certificate of the client in the handshake and after it",
          [
              ("/retry", "ec", ["-tls1_3", "-groups", "X25519:P-256"], ["-tls1_3", "-groups", "P-256"], None, {}),
              ("/retry/384", "rsa", ["-tls1_3", "-groups", "P-256:P-384", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], ["-tls1_3", "-groups", "P-384"], None, {}),
              ("/without/ccs", "ec", ["-tls1_3", "-no_middlebox"], ["-tls1_3", "-no_middlebox"], None, {}),
              ("/padded", "ec", ["-tls1_3", "-record_padding", "512"], ["-tls1_3", "-record_padding", "256"], None, {}),
              ("/padded/chacha", "ec", ["-tls1_3", "-record_padding", "1000", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], ["-tls1_3"], None, {}),
              ("/certificate", "ec", ["-tls1_3", "-cert", "CLIENT.crt", "-key", "CLIENT.key"], ["-tls1_3", "-Verify", "2", "-verify_return_error"], None, {}),
              ("/certificate/later", "ec", ["-tls1_3", "-enable_pha", "-cert", "CLIENT.crt", "-key", "CLIENT.key"], ["-tls1_3", "-verify", "2"],
               ask_for_certificate, {}),
              ("/tickets", "ec", ["-tls1_3"], ["-tls1_3", "-num_tickets", "4"], None, {}),
          ])


def tls13_key_update():
    """New keys in the middle: each side alone, both because one asks, several times; OpenSSL and GnuTLS."""
    def say(*what):
        def go(c, s):
            for side, word in what:
                {"c": c, "s": s}[side].send(word.encode() + b"\n", pause=0.1)
            # What tells the other side to change comes with its next record.
        return go

    _talk("tls13_key_update", "KeyUpdate in the middle of a WebSocket: by the client, by the server, asked for by either, several in a row, in each cipher suite",
          [
              ("/client", "ec", ["-tls1_3"], ["-tls1_3"], say("ck"), {}),
              ("/server", "ec", ["-tls1_3"], ["-tls1_3"], say("sk"), {}),
              ("/client/asks", "ec", ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"], ["-tls1_3"], say("cK"), {}),
              ("/server/asks", "ec", ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], ["-tls1_3"], say("sK"), {}),
              ("/both/often", "rsa", ["-tls1_3"], ["-tls1_3"], say("ck", "ck", "sk", "cK", "sK", "sk"), {}),
          ])


def tls13_rekey_gnutls():
    """GnuTLS's ^rekey^, in both directions."""
    products.need("/usr/bin/gnutls-cli", "gnutls-bin")
    lab, pki, keys, made = Lab(), Pki(), keylog("tls13_rekey_gnutls"), []
    lab.capture("tls13_rekey_gnutls.pcap")
    for uri, word, at in (("/one", "^rekey1^", "127.0.0.1:9440"), ("/both", "^rekey^", "127.0.0.1:9441")):
        server = s_server(at, pki.ec, "-tls1_3", "-num_tickets", "0")
        client = other_client(at, ["gnutls-cli", "--logfile", f"{FOLDER}/gnutls.log", "--inline-commands", "--sni-hostname", HOST, "--verify-hostname", HOST,
                                   "--x509cafile", pki.ca.crt, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "-p", at.split(":")[1], at.split(":")[0]],
                              {"SSLKEYLOGFILE": str(keys)})
        c, s = peers(client, server)
        converse(c, s, uri, between=lambda c=c, word=word: c.send(word.encode() + b"\n", pause=0.3))
        c.end()
        s.end()
        made.append(row(c, s, cause=f"none: success, with {word}", **agreed(server, "TLSv1.3")))
    lab.end()
    truth.write("tls13_rekey_gnutls", "KeyUpdate by GnuTLS, for one direction and for both", [f"GnuTLS {products.version('gnutls-bin')} (gnutls-cli)",
                openssl_version() + " (s_server)", truth.RAW], made, keylog=keys.name)


def tls12_renegotiation():
    """New handshakes inside a connection: asked for by either side, with a certificate of the client, and without the extension that binds them."""
    def again(side, word):
        def go(c, s):
            {"c": c, "s": s}[side].send(word.encode() + b"\n", pause=0.5)
        return go

    old = ["-tls1_2", "-cipher", "ALL:@SECLEVEL=0"]
    let = [*old, "-client_renegotiation"]
    _talk("tls12_renegotiation", "TLS 1.2 renegotiated in the middle of a WebSocket: by the client and by the server, AES-GCM and AES-CBC, with a certificate of the "
          "client, twice", [
              ("/client", "ec", old, let, again("c", "R"), {}),
              ("/client/cbc", "ec", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"], let, again("c", "R"), {}),
              ("/client/mte", "rsa", ["-tls1_2", "-no_etm", "-cipher", "ECDHE-RSA-AES256-SHA:@SECLEVEL=0"], let, again("c", "R"), {}),
              ("/server", "ec", old, old, again("s", "r"), {}),
              ("/server/certificate", "ec", [*old, "-cert", "CLIENT.crt", "-key", "CLIENT.key"], [*old, "-no_resumption_on_reneg"], again("s", "R"), {}),
              ("/twice", "ec", old, let, lambda c, s: (again("c", "R")(c, s), again("c", "R")(c, s)), {}),
          ])


def tls_small_records():
    """Heads and messages cut into records of 512 bytes, and those into segments."""
    big = {"Cookie": "session=" + "0123456789abcdef" * 60}
    _talk("tls_small_records", "records of at most 512 bytes, by a limit of either side's own and by the maximum fragment length extension; a head in several records, "
          "and records in several segments", [
              ("/12/own", "ec", ["-tls1_2", "-max_send_frag", "512"], ["-tls1_2", "-max_send_frag", "512"], None, big),
              ("/13/own", "ec", ["-tls1_3", "-max_send_frag", "512"], ["-tls1_3", "-max_send_frag", "700"], None, big),
              ("/12/asked", "rsa", ["-tls1_2", "-maxfraglen", "512"], ["-tls1_2"], None, big),
              ("/13/asked", "rsa", ["-tls1_3", "-maxfraglen", "512"], ["-tls1_3"], None, big),
              (LONG, "rsa", ["-tls1_2", "-max_send_frag", "512", "-cipher", "ECDHE-RSA-AES128-SHA256:@SECLEVEL=0"], ["-tls1_2"], None, {}),
          ], lab=_ethernet(mtu=400))


def tls_client_certificates():
    """Clients that show a certificate, and are let in."""
    lab, pki, keys = Lab(), Pki(), keylog("tls_client_certificates")
    mine = pki.client()
    lab.capture("tls_client_certificates.pcap")
    node, go = "127.0.0.1:9443", "127.0.0.1:9444"
    node_server(lab, node, pki.ec, keys, ca=pki.ca.crt, requestCert=True, rejectUnauthorized=True)
    go_server(lab, go, pki.rsa(), CA=pki.ca.crt, RequireCertificate=True, Keylog=str(keys))
    shown = {"cert": mine.crt, "key": mine.key}
    clients = lab.node_client([node_attempt(node, "/13", pki.ca, **shown), node_attempt(node, "/12", pki.ca, maxVersion="TLSv1.2", **shown)])
    for uri, told in (("/go/13", {}), ("/go/12", {"Max": 771})):
        clients += go_client(go, uri, pki.ca, Cert=mine.crt, Key=mine.key, **told)
    made = rows(clients, lab.end(), not_findings=["tls-client-cert-needed", "http-403-client-cert"])
    truth.write("tls_client_certificates", "certificates of clients that servers ask for, TLS 1.2 and 1.3", [
        node_version(), f"Go crypto/tls {refusals.go_version()}"], made, keylog=keys.name)
