"""Sessions that are taken up again: by session id, by ticket, by PSK with early data, and with key logs that know the first connection only."""
import json

import raw
import refusals
import truth
from certificates import FOLDER, Pki
from lab import OUT, Lab
from tlskit import client_randoms, converse, keylog, openssl_version, peers, row, s_client, s_server
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, rows


def _check(made, resumed):
    if [h["tls_resumed"] for h in made] != resumed:
        raise SystemExit([(h["uri"], h["tls_resumed"]) for h in made])
    return made


def tls12_tickets():
    """TLS 1.2 with tickets: Node's, and Go's."""
    lab, pki, keys = Lab(), Pki(), keylog("tls12_tickets")
    lab.capture("tls12_tickets.pcap")
    node, go, old = "127.0.0.1:9443", "127.0.0.1:9444", {"maxVersion": "TLSv1.2"}
    node_server(lab, node, pki.ec)
    go_server(lab, go, pki.rsa())
    told = old | {"keylog": str(keys)}
    clients = lab.node_client([node_attempt(node, "/first", pki.ca, **told), node_attempt(node, "/second", pki.ca, resume=True, **told),
                               node_attempt(node, "/third", pki.ca, resume=True, **told),
                               node_attempt(node, "/cbc/first", pki.ca, ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", **told),
                               node_attempt(node, "/cbc/second", pki.ca, resume=True, ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", **told)])
    clients += go_client(go, "/go", pki.ca, Max=771, Keylog=str(keys), Resume=1)
    made = _check(rows(clients, lab.end()), [False, True, True, False, True, False, True])
    truth.write("tls12_tickets", "TLS 1.2 sessions taken up again by ticket; Go logs no keys where it takes one up, the others do", [
        node_version(), f"Go crypto/tls {refusals.go_version()}"], made, keylog=keys.name)


def tls12_session_ids():
    """TLS 1.2 without tickets: the server keeps the sessions."""
    lab, pki, keys = Lab(), Pki(), keylog("tls12_session_ids")
    lab.capture("tls12_session_ids.pcap")
    made = []
    at, server_pair = "127.0.0.1:9440", pki.ec
    server = s_server(at, server_pair, "-no_ticket", "-tls1_2")
    session = FOLDER / "session.pem"
    for uri, cipher, resumed in (("/first", "ECDHE-ECDSA-AES128-GCM-SHA256", False), ("/second", "ECDHE-ECDSA-AES128-GCM-SHA256", True),
                                 ("/cbc/first", "ECDHE-ECDSA-AES256-SHA384", False), ("/cbc/second", "ECDHE-ECDSA-AES256-SHA384", True),
                                 ("/cbc/third", "ECDHE-ECDSA-AES256-SHA384", True)):
        client = s_client(at, "-cipher", f"{cipher}:@SECLEVEL=0", "-CAfile", pki.ca.crt, "-keylogfile", str(keys), "-no_ticket", "-tls1_2",
                          *(["-sess_in", str(session)] if resumed else ["-sess_out", str(session)]))
        c, s = peers(client, server)
        converse(c, s, uri)
        c.end()
        server.again()
        facts = client.facts()
        made.append(row(c, s, cause=f"none: success in {facts['tls_cipher']}{', resumed' * facts['tls_resumed']}", **facts))
    server.close()
    lab.end()
    truth.write("tls12_session_ids", "TLS 1.2 sessions taken up again by session id, AES-GCM and AES-CBC, with keys of all connections",
                [openssl_version() + " (s_client and s_server)", truth.RAW], _check(made, [False, True, False, True, True]), keylog=keys.name)


def _first_only(source, name, description):
    """The same capture with a key log that has only the connections whose sessions are new."""
    told, randoms = json.loads((OUT / f"{source}.json").read_text()), client_randoms(source)
    new = {randoms[h["client"]] for h in told["handshakes"] if not h["tls_resumed"]}
    lines = (OUT / f"{source}.keys").read_text().splitlines(keepends=True)
    (OUT / f"{name}.keys").write_text("".join(line for line in lines if line.split()[1] in new))
    truth.write(name, description, told["products"], told["handshakes"], files=told["files"], made=told["made"], keylog=f"{name}.keys")


def tls12_tickets_first_key():
    _first_only("tls12_tickets", "tls12_tickets_first_key", "the same capture with keys of the first connections only: the others have their session by a ticket, "
                "which is on the wire in the clear")


def tls12_session_ids_first_key():
    _first_only("tls12_session_ids", "tls12_session_ids_first_key", "the same capture with keys of the first connections only: the others name the session id that "
                "the first one was given")


def tls13_resumption():
    """TLS 1.3 with PSK: Node's, and Go's; each connection has secrets of its own."""
    lab, pki, keys = Lab(), Pki(), keylog("tls13_resumption")
    lab.capture("tls13_resumption.pcap")
    node, go = "127.0.0.1:9443", "127.0.0.1:9444"
    node_server(lab, node, pki.ec)
    go_server(lab, go, pki.ec)
    told = {"keylog": str(keys)}
    clients = lab.node_client([node_attempt(node, "/first", pki.ca, **told), node_attempt(node, "/second", pki.ca, resume=True, **told),
                               node_attempt(node, "/no?reject=403&body=no", pki.ca, resume=True, **told)])
    clients += go_client(go, "/go", pki.ca, Keylog=str(keys), Resume=1)
    made = _check(rows(clients, lab.end()), [False, True, True, False, True])
    truth.write("tls13_resumption", "TLS 1.3 sessions taken up again by PSK, accepted and refused", [
        node_version(), f"Go crypto/tls {refusals.go_version()}"], made, keylog=keys.name)


def tls13_early_data():
    """0-RTT: the request comes with the ClientHello; once it is accepted, once the server wants none of it and it is asked again."""
    lab, pki, keys, made = Lab(), Pki(), keylog("tls13_early_data"), []
    lab.capture("tls13_early_data.pcap")
    early, session = FOLDER / "early.bin", FOLDER / "session.pem"
    for at, its, cipher in (("127.0.0.1:9440", ["-early_data"], "TLS_AES_128_GCM_SHA256"), ("127.0.0.1:9441", ["-early_data"], "TLS_CHACHA20_POLY1305_SHA256"),
                            ("127.0.0.1:9442", [], "TLS_AES_256_GCM_SHA384")):
        told = ["-CAfile", pki.ca.crt, "-keylogfile", str(keys), "-tls1_3", "-ciphersuites", cipher]
        server = s_server(at, pki.ec, "-tls1_3", "-ciphersuites", cipher, "-num_tickets", "1", "-max_early_data", "16384", *its)
        for uri, more in (("/first", ["-sess_out", str(session)]), ("/early", ["-sess_in", str(session), "-early_data", str(early)])):
            port = at.rsplit(":", 1)[1]
            early.write_bytes(raw.request("/early", f"ws.example.test:{port}"))
            client = s_client(at, *told, *more)
            c, s = peers(client, server)
            # s_server says only after the early data what was agreed.
            converse(c, s, uri, early=uri == "/early" and bool(its), between=(lambda: None) if uri == "/early" else None)
            c.end()
            server.again()
            accepted = b"Early data was accepted" in client.said
            if accepted != (uri == "/early" and bool(its)):
                raise SystemExit(client.said.decode())
            facts = {"tls_version": "TLSv1.3", "tls_cipher": cipher, "tls_resumed": b"Reused, TLSv1.3" in client.said}
            cause = f"none: success in {cipher}" + (", asked in early data" if accepted else ", early data that the server does not read, asked again"
                                                   if uri == "/early" else "")
            made.append(row(c, s, cause=cause, **facts))
        server.close()
    lab.end()
    truth.write("tls13_early_data", "0-RTT: requests in early data, which the server takes, and one that it does not take and is asked again", [
        openssl_version() + " (s_client and s_server)", truth.RAW], _check(made, [False, True] * 3), keylog=keys.name)
