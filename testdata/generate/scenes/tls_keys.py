"""Keys in other forms than a key log of the right connections: inside the capture, as written by hand or by old programs, half of them, those of others."""
import json
import shutil
import struct
import subprocess

import truth
from certificates import FOLDER, Pki
from lab import OUT, Lab
from tlskit import client_randoms, converse, keylog, openssl_version, peers, row, s_client, s_server, without_keys

DECRYPTION_SECRETS, PACKET, ENHANCED = 10, 3, 6


def _told(source):
    return json.loads((OUT / f"{source}.json").read_text()), (OUT / f"{source}.keys").read_text().splitlines()


def _injected(source, target):
    """The capture as pcapng with its keys in it, by editcap, as blocks."""
    path = OUT / f"{target}.pcapng"
    subprocess.run(["editcap", "--inject-secrets", f"tls,{OUT / source}.keys", OUT / f"{source}.pcap", path], check=True)
    b, at, blocks = path.read_bytes(), 0, []
    while at < len(b):
        kind, size = struct.unpack_from("<II", b, at)
        blocks.append((kind, b[at:at + size]))
        at += size
    return path, blocks


def _secrets(kind, data):
    body = struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", DECRYPTION_SECRETS) + size + body + size


def _write_dsb(name, source, description, blocks, path):
    told, _ = _told(source)
    path.write_bytes(b"".join(b for _, b in blocks))
    truth.write(name, description, [*told["products"], "editcap"], told["handshakes"], files=[path.name], made=f"edited from {source}")


def tls_dsb_first():
    """Where editcap puts the keys: before the packets."""
    path, blocks = _injected("tls_python", "tls_dsb_first")
    _write_dsb("tls_dsb_first", "tls_python", "pcapng with a Decryption Secrets Block before the packets", blocks, path)


def tls_dsb_last():
    path, blocks = _injected("tls_python", "tls_dsb_last")
    blocks = [b for b in blocks if b[0] != DECRYPTION_SECRETS] + [b for b in blocks if b[0] == DECRYPTION_SECRETS]
    _write_dsb("tls_dsb_last", "tls_python", "pcapng with a Decryption Secrets Block behind all packets", blocks, path)


def tls_dsb_middle():
    """One block for every line, spread over the packets, and some with secrets of other kinds, which are not for TLS."""
    path, blocks = _injected("tls_python", "tls_dsb_middle")
    blocks = [b for b in blocks if b[0] != DECRYPTION_SECRETS]
    _, lines = _told("tls_python")
    ours = [_secrets(0x544C534B, (line + "\n").encode()) for line in lines]
    ours += [_secrets(0x57474B4C, b"LOCAL_STATIC_PRIVATE_KEY = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), _secrets(0x544C534B, b""), _secrets(7, b"xyz")]
    packets = [i for i, b in enumerate(blocks) if b[0] in (PACKET, ENHANCED)]
    step = len(packets) // (len(ours) + 1)
    for n, b in reversed(list(enumerate(ours))):
        blocks.insert(packets[(n + 1) * step], (DECRYPTION_SECRETS, b))
    _write_dsb("tls_dsb_middle", "tls_python", "pcapng with a Decryption Secrets Block for each line of the key log, between the packets, an empty one, and blocks with "
               "other kinds of secrets", blocks, path)


def tls_keylog_by_hand():
    """A key log that went through editors and several programs."""
    told, lines = _told("tls_openssl_gcm")
    text = "\ufeff# keys\r\n\r\n" + "\r\n".join(lines[:3]) + "\r\n#comment\r\n   \r\n"
    text += "\n".join(lines) + "\n"
    text += "\n".join(line.split()[0] + " " + " ".join(w.upper() for w in line.split()[1:]) for line in lines) + "\n"
    text += "ECH_SECRET 00 11\nCLIENT_RANDOM\nCLIENT_RANDOM zz zz\nCLIENT_RANDOM " + "ab" * 31 + " " + "cd" * 48 + "\nno key at all\n" + "x" * 5000 + "\n"
    text += lines[0][:-20]  # what a program that still writes leaves at the end
    (OUT / "tls_keylog_by_hand.keys").write_bytes(text.encode())
    truth.write("tls_keylog_by_hand", "the same capture with a key log of CRLF and LF, a byte order mark, comments, empty lines, duplicates, capital digits, labels that "
                "are no label, wrong lengths, a line of 5000 bytes and half a line at the end", told["products"], told["handshakes"], files=told["files"],
                made=told["made"], keylog="tls_keylog_by_hand.keys")


def tls_keylog_premaster():
    """The labels with which RSA key exchange was logged: by what was encrypted, and by the client's random."""
    told, lines = _told("tls_openssl_cbc")
    randoms = client_randoms("tls_openssl_cbc")
    by_uri = {h["uri"]: randoms[h["client"]] for h in told["handshakes"]}
    rsa = [line for line in lines if line.startswith("RSA ")]
    master = {line.split()[1]: line for line in lines if line.startswith("CLIENT_RANDOM ")}
    if len(rsa) != 2:
        raise SystemExit(lines)
    second = f"PMS_CLIENT_RANDOM {by_uri['/rsa/mte']} {rsa[1].split()[2]}"
    kept = [rsa[0], second] + [master[r] for uri, r in by_uri.items() if not uri.startswith("/rsa/")]
    (OUT / "tls_keylog_premaster.keys").write_text("\n".join(kept) + "\n")
    truth.write("tls_keylog_premaster", "the same capture with premaster secrets for RSA key exchange, one by the first bytes of what was encrypted (RSA) and one by the "
                "client's random (PMS_CLIENT_RANDOM)", told["products"], told["handshakes"], files=told["files"], made=told["made"],
                keylog="tls_keylog_premaster.keys")


def tls_keylog_session_id():
    """The label of old Wiresharks and of `openssl s_client`'s own words: master secrets by session id."""
    lab, pki, made = Lab(), Pki(), []
    keys = keylog("tls_keylog_session_id")
    lab.capture("tls_keylog_session_id.pcap")
    lines, log = [], FOLDER / "session.keys"
    for n, (uri, cipher) in enumerate((("/gcm", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("/cbc", "ECDHE-ECDSA-AES256-SHA384"))):
        log.unlink(missing_ok=True)
        at = f"127.0.0.1:{9440 + n}"
        server = s_server(at, pki.ec, "-no_ticket", "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        client = s_client(at, "-cipher", f"{cipher}:@SECLEVEL=0", "-CAfile", pki.ca.crt, "-no_ticket", "-tls1_2", "-keylogfile", str(log))
        c, s = peers(client, server)
        converse(c, s, uri)
        c.end()
        s.end()
        said = dict(line.strip().split(": ", 1) for line in client.said.decode("latin-1").splitlines() if ": " in line.strip())
        lines.append(f"RSA Session-ID:{said['Session-ID'].strip()} Master-Key:{said['Master-Key'].strip()}\n")
        facts = client.facts()
        made.append(row(c, s, cause=f"none: success in {facts['tls_cipher']}", **facts))
    keys.write_text("".join(lines))
    lab.end()
    truth.write("tls_keylog_session_id", "a key log with master secrets by session id (RSA Session-ID:… Master-Key:…)", [
        openssl_version() + " (s_client and s_server)", truth.RAW], made, keylog=keys.name)


def tls_private_key():
    """The server's RSA key instead of a key log: enough where the client encrypts to it, and for what takes such a session up again."""
    lab, pki, made = Lab(), Pki(), []
    rsa, session = pki.rsa(), FOLDER / "session.pem"
    pem = OUT / "tls_private_key.pem"
    shutil.copy(rsa.key, pem)
    pem.chmod(0o644)
    lab.capture("tls_private_key.pcap")
    for port, speaks, cases in (
        (9440, "-tls1_2", [("/gcm", "AES128-GCM-SHA256", ["-sess_out"]), ("/gcm/resumed", "AES128-GCM-SHA256", ["-sess_in"])]),
        (9441, "-tls1_2", [("/cbc", "AES256-SHA256", ["-no_ticket", "-sess_out"]), ("/cbc/resumed", "AES256-SHA256", ["-no_ticket", "-sess_in"])]),
        (9442, "-tls1", [("/10", "AES128-SHA", None)]),
        (9443, "-tls1_2", [("/mte", "AES128-SHA", ["-no_etm"])]),
        (9444, "-tls1_2", [("/ecdhe", "ECDHE-RSA-AES128-GCM-SHA256", None)]),
    ):
        at = f"127.0.0.1:{port}"
        server = s_server(at, rsa, speaks, "-cipher", "ALL:@SECLEVEL=0")
        for uri, cipher, more in cases:
            more = [*more, str(session)] if more and more[-1].startswith("-sess") else more or []
            client = s_client(at, speaks, "-cipher", f"{cipher}:@SECLEVEL=0", "-CAfile", pki.ca.crt, *more)
            c, s = peers(client, server)
            converse(c, s, uri)
            c.end()
            server.again()
            facts = client.facts()
            if facts["tls_resumed"] != uri.endswith("resumed"):
                raise SystemExit(f"{uri}: {facts}")
            h = row(c, s, cause=f"none: success in {facts['tls_version']}, {facts['tls_cipher']}{', resumed' * facts['tls_resumed']}", **facts)
            made.append(without_keys(h, cause="accepted, by a key exchange that the private key does not open") if uri == "/ecdhe" else h)
        server.close()
    lab.end()
    truth.write("tls_private_key", "the server's private key and no key log: RSA key exchange in TLS 1.2 and 1.0, sessions taken up again by ticket and by session id, and "
                "ECDHE, which it does not open", [openssl_version() + " (s_client and s_server)", truth.RAW], made, tls_key=pem.name)


def tls_keys_of_others():
    """A key log that knows none of the connections."""
    told, _ = _told("tls_python")
    shutil.copy(OUT / "tls_node.keys", OUT / "tls_keys_of_others.keys")
    rows = [without_keys(h, cause=f"{h['status']}, and the key log is that of other connections") for h in told["handshakes"]]
    truth.write("tls_keys_of_others", "a key log without a key for any of the connections", told["products"], rows, files=told["files"], made=told["made"],
                keylog="tls_keys_of_others.keys")


def tls_keys_of_one_side():
    """The client's secrets only: its requests can be read, what was answered cannot."""
    told, lines = _told("tls13_resumption")
    (OUT / "tls_keys_of_one_side.keys").write_text("".join(line + "\n" for line in lines if line.startswith("CLIENT_")))
    rows = []
    for h in told["handshakes"]:
        shown = without_keys(h, cause=f"{h['status']}, and the server's secrets are missing")
        rows.append(shown | {"verdict": "encrypted|incomplete", "not_findings": [*shown["not_findings"], "http-403", "http-401"]})
    truth.write("tls_keys_of_one_side", "a key log with the client's secrets only", told["products"], rows, files=told["files"], made=told["made"],
                keylog="tls_keys_of_one_side.keys")


def tls_keys_of_traffic():
    """The secrets of application data only, as some programs log them: the handshake stays closed, and what follows it can be read."""
    told, lines = _told("tls13_resumption")
    (OUT / "tls_keys_of_traffic.keys").write_text("".join(line + "\n" for line in lines if "_TRAFFIC_SECRET_0 " in line))
    truth.write("tls_keys_of_traffic", "a key log with the secrets of application data only (…_TRAFFIC_SECRET_0)", told["products"], told["handshakes"],
                files=told["files"], made=told["made"], keylog="tls_keys_of_traffic.keys")


def tls_python_no_keys():
    """What can be said without keys of WebSockets that are let in, and of such that are not: the shape."""
    told, _ = _told("tls_python")
    made = []
    for h in told["handshakes"]:
        shape = {} if h["verdict"] == "accepted" else {"findings": ["tls-opaque-reject-shape"]}
        made.append(without_keys(h, cause=f"{h['status']}, and no keys are at hand") | shape)
    truth.write("tls_python_no_keys", f"the same capture without keys: {told['description']}", told["products"], made, files=told["files"], made=told["made"],
                implies=False)
