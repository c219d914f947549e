"""A resolver for what real ones do not do on request: resolver.py ADDRESS ZONE-JSON.

Over UDP and TCP. The zone maps names to {"rcode": N}, {"a": […], "aaaa": […], "cname": NAME, "https": true}, {"silent": true}, {"truncate": true} with
addresses beside it (UDP answers have the TC bit). What is not there does not exist. Prints a JSON line for every query.
"""
import json
import socket
import struct
import sys
import threading

A, CNAME, SOA, AAAA, HTTPS = 1, 5, 6, 28, 65


def labels(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x) + b"\0"


def question(data):
    names, at = [], 12
    while data[at]:
        names.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(names).lower(), struct.unpack(">H", data[at + 1:at + 3])[0], data[12:at + 5]


def record(owner, kind, data, ttl=60):
    return labels(owner) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def answer(zone, data, tcp):
    """The answer to a query, None for silence."""
    name, kind, asked = question(data)
    known, answers, owner = zone.get(name, {"rcode": 3}), [], name
    print(json.dumps({"name": name, "type": kind, "tcp": tcp}), flush=True)
    if known.get("silent"):
        return None
    while "cname" in known:
        answers.append(record(owner, CNAME, labels(known["cname"])))
        owner = known["cname"]
        known = zone.get(owner, {"rcode": 3})
    cut = known.get("truncate") and not tcp
    if not cut:
        answers += [record(owner, A, socket.inet_aton(a)) for a in known.get("a", []) if kind == A]
        answers += [record(owner, AAAA, socket.inet_pton(socket.AF_INET6, a)) for a in known.get("aaaa", []) if kind == AAAA]
        if kind == HTTPS and known.get("https"):
            answers.append(record(owner, HTTPS, struct.pack(">H", 1) + b"\0" + struct.pack(">HH", 1, 3) + b"\x02h2"))
    flags = 0x8180 | known.get("rcode", 0) | (0x200 if cut else 0)
    head = data[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0 if answers or cut else 1, 0)
    soa = labels("ns.example.test") + labels("root.example.test") + struct.pack(">IIIII", 1, 3600, 600, 86400, 60)
    return head + asked + b"".join(answers) + (b"" if answers or cut else record("example.test", SOA, soa))


def over_tcp(listener, zone):
    while True:
        s, _ = listener.accept()
        size = s.recv(2)
        out = answer(zone, s.recv(struct.unpack(">H", size)[0]), True) if len(size) == 2 else None
        if out:
            s.sendall(struct.pack(">H", len(out)) + out)
        s.close()


def main():
    at, zone = sys.argv[1], json.loads(sys.argv[2])
    listener = socket.create_server((at, 53))
    threading.Thread(target=over_tcp, args=(listener, zone), daemon=True).start()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((at, 53))
    while True:
        data, peer = udp.recvfrom(4096)
        out = answer(zone, data, False)
        if out:
            udp.sendto(out, peer)


main()
