"""Attempts with a 101: what a client must refuse in it, broken frames, and endings of every kind, composed byte for byte."""
import zlib

from attempts import Book, again, answer, bye, fin, frame, octets, ping, pong, rst, switch, text, wait

APP = "an application that leaves no mark"
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
TALK = [text("c", "hello"), text("s", "hello")]
DONE = [bye("c", 1000, "done"), bye("s")]


def _deflated(words):
    """The payload of a message as permessage-deflate has it (RFC 7692 section 7.2.1)."""
    z = zlib.compressobj(wbits=-15)
    return (z.compress(words) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def rules_options():
    b = Book("rules_options", "composed 101s that a client must refuse, and clients that leave after one, with near misses; the path names the rule")

    def refused(rule, word, reply, ask=None, **more):
        """The client closes at once, as all do that check."""
        b.attempt(f"/{rule}/{word}", reply, ask=ask, finds=rule, verdict="bad-handshake", end="c fin", product=APP, cause=more.pop("cause",
                f"{rule}: {word}"), **more)

    def near(rule, word, reply, ask=None, **more):
        b.attempt(f"/{rule}/near-{word}", reply, more.pop("steps", TALK + DONE), ask=ask, nots=rule + " " + more.pop("nots", ""), product=APP, **more)

    a = "opt-accept-bad"
    refused(a, "missing", switch(drop=["Sec-WebSocket-Accept"]))
    refused(a, "wrong", switch(Sec_WebSocket_Accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    refused(a, "twice", switch(extra=["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]))
    refused(a, "key-echoed", lambda c: switch(Sec_WebSocket_Accept=c.key)(c))
    near(a, "case", lambda c: switch()(c).replace(b"Sec-WebSocket-Accept", b"sec-websocket-accept"))

    u = "opt-upgrade-connection-bad"
    refused(u, "no-upgrade", switch(drop=["Upgrade"]))
    refused(u, "no-connection", switch(drop=["Connection"]))
    refused(u, "keep-alive", switch(Connection="keep-alive"))
    refused(u, "h2c", switch(Upgrade="h2c"))
    near(u, "list", switch(Connection="keep-alive, upgrade"))
    near(u, "case", switch(Upgrade="WebSocket", Connection="UPGRADE"))

    p, chosen = "opt-subprotocol-unoffered", "Sec_WebSocket_Protocol"
    chat = {"Sec-WebSocket-Protocol": "chat, superchat"}
    refused(p, "other", switch(**{chosen: "mqtt"}), chat)
    refused(p, "none-offered", switch(**{chosen: "chat"}))
    refused(p, "two", switch(extra=["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"]), chat)
    refused(p, "case", switch(**{chosen: "Chat"}), chat)
    near(p, "second", switch(**{chosen: "superchat"}), chat)
    near(p, "two-lines", switch(**{chosen: "superchat"}), {"extra": ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"]})

    n, g = "opt-subprotocol-unanswered", "opt-client-gone-after-101"
    b.attempt(f"/{n}/fin", switch(), ask=chat, end="c fin", finds=n, may=g + " close-abnormal-1006", product=APP)
    b.attempt(f"/{n}/close-1002", switch(), [bye("c", 1002, "no subprotocol"), bye("s", 1002)], ask=chat, finds=n,
              may="opt-client-gone-after-101 close-protocol-codes", product=APP)
    near(n, "stays", switch(), chat)
    near(n, "answered", switch(**{chosen: "chat"}), chat, steps=[wait(15), fin("c")], finds="close-abnormal-1006", may=g)

    e = "opt-extension-bad"
    ext = "Sec_WebSocket_Extensions"
    refused(e, "unoffered", switch(**{ext: "permessage-deflate"}))
    refused(e, "other", switch(**{ext: "x-webkit-deflate-frame"}), DEFLATE)
    refused(e, "twice", switch(**{ext: "permessage-deflate, permessage-deflate"}), DEFLATE)
    refused(e, "bits", switch(**{ext: "permessage-deflate; server_max_window_bits=7"}), DEFLATE)
    refused(e, "client-bits", switch(**{ext: "permessage-deflate; client_max_window_bits=12"}), {"Sec-WebSocket-Extensions": "permessage-deflate"})
    near(e, "parameters", switch(**{ext: "permessage-deflate; server_no_context_takeover; client_max_window_bits=12"}), DEFLATE)
    near(e, "declined", switch(), DEFLATE)

    b.attempt(f"/{g}/fin", switch(), [wait(10), fin("c")], finds=g, may="close-abnormal-1006", product=APP)
    b.attempt(f"/{g}/rst", switch(), [wait(3), rst("c")], finds=g, may="close-abnormal-1006", product=APP)
    near(g, "server", switch(), steps=[wait(10), fin("s")], finds="close-abnormal-1006", may="close-accept-then-close")
    near(g, "later", switch(), steps=[*TALK, wait(3000), fin("c")], finds="close-abnormal-1006")

    o = "opt-101-odd"
    odd = {"verdict": "accepted|bad-handshake", "product": APP, "finds": o}
    b.attempt(f"/{o}/unasked", switch(), TALK + DONE, ask={"drop": ["Upgrade"], "Connection": "keep-alive"},
              may="req-upgrade-missing req-connection-missing", cause="a 101 though Upgrade was not asked for", **odd)
    b.attempt(f"/{o}/length", switch(extra=["Content-Length: 0"]), TALK + DONE, cause="a 101 with Content-Length", **odd)
    b.attempt(f"/{o}/chunked", switch(extra=["Transfer-Encoding: chunked"]), TALK + DONE, cause="a 101 with Transfer-Encoding", **odd)
    b.attempt(f"/{o}/second", switch(), [octets("s", answer(400, "Bad Request", "Connection: close", "Content-Length: *", body="")), fin("s")],
              unchecked=["close", "ending"], may="frame-rsv frame-opcode-control close-illegal-code frame-mask frame-length close-abnormal-1006",
              cause="protocol violation: a second answer " "after the 101", **odd)
    near(o, "many-fields", switch(extra=["Server: app", "Date: Tue, 14 Nov 2023 22:13:20 GMT", "Set-Cookie: a=b"]))
    b.write()


def rules_frames():
    b = Book("rules_frames",
             "composed breaches of the rules about frames, each answered with its close code, and near misses; the path names the rule")

    def broken(rule, word, side, *steps, code=1002, ask=None, ext=None, **more):
        """What side sends breaks a rule, and the other side says so."""
        other = "s" if side == "c" else "c"
        reply = switch(Sec_WebSocket_Extensions=ext) if ext else switch()
        b.attempt(f"/{rule}/{word}", reply, [*TALK, *steps, bye(other, code, "no"), bye(side, code)], ask=ask, finds=f"{rule} close-protocol-codes",
                  unchecked=["messages_client", "messages_server"], product=APP, cause=f"protocol violation: {word}", **more)

    def near(rule, word, *steps, ask=None, ext=None, nots="", **more):
        b.attempt(f"/{rule}/near-{word}", switch(Sec_WebSocket_Extensions=ext) if ext else switch(), [*steps, *more.pop("ends", DONE)], ask=ask,
                  nots=f"{rule} {nots}", product=APP, **more)

    broken("frame-mask", "client-unmasked", "c", frame("c", 1, b"bare", mask=False))
    broken("frame-mask", "server-masked", "s", frame("s", 1, b"hide", mask=True))
    near("frame-mask", "zero-key", octets("c", b"\x81\x84\0\0\0\0zero"), messages_client=1)

    broken("frame-rsv", "rsv1", "c", frame("c", 1, b"x" * 9, rsv=4))
    broken("frame-rsv", "rsv2", "s", frame("s", 1, b"x" * 9, rsv=2), ask=DEFLATE, ext="permessage-deflate")
    broken("frame-rsv", "ping", "s", frame("s", 9, b"", rsv=4), ask=DEFLATE, ext="permessage-deflate")
    near("frame-rsv", "agreed", frame("s", 1, _deflated(b"hello hello hello"), rsv=4, messages=1), ask=DEFLATE, ext="permessage-deflate",
         nots="frame-utf8-deflate")

    broken("frame-opcode-control", "opcode-3", "c", frame("c", 3, b"x"))
    broken("frame-opcode-control", "opcode-11", "s", frame("s", 11, b""))
    broken("frame-opcode-control", "ping-fragment", "s", frame("s", 9, b"", fin=False))
    broken("frame-opcode-control", "ping-126", "c", frame("c", 9, b"p" * 126), may="frame-length")
    b.attempt("/frame-opcode-control/close-1-byte", switch(), [*TALK, frame("s", 8, b"\x03"), fin("s")], finds="frame-opcode-control",
              unchecked=["close", "ending"], product=APP, may="close-handshake-incomplete close-accept-then-close close-abnormal-1006",
              cause="protocol violation: a Close body of one byte")
    near("frame-opcode-control", "ping-125", frame("c", 9, b"p" * 125), frame("s", 10, b"p" * 125), *TALK)

    broken("frame-fragmentation", "alone", "c", frame("c", 0, b"rest"))
    broken("frame-fragmentation", "interleaved", "s", frame("s", 1, b"one", fin=False), frame("s", 1, b"two"))
    near("frame-fragmentation", "ping-between", frame("s", 1, b"one", fin=False), ping("s"), pong("c"), frame("s", 0, b"two", messages=1))

    broken("frame-length", "16-for-5", "s", frame("s", 1, b"short", length=16))
    broken("frame-length", "64-for-200", "c", frame("c", 2, b"x" * 200, length=64))
    b.attempt("/frame-length/high-bit", switch(), [*TALK, octets("s", b"\x82\x7f\x80\0\0\0\0\0\0\x05"), wait(10), rst("c")], finds="frame-length",
              may="close-abnormal-1006", unchecked=["messages_client", "messages_server"], product=APP,
              cause="protocol violation: the highest bit of a length")
    b.attempt("/frame-length/too-big", switch(), [*TALK, frame("c", 2, b"x" * 1300, messages=1), frame("c", 2, b"y" * 1300, messages=1), bye("s",
            1009, "message too big"), bye("c", 1009)], finds="frame-length|close-protocol-codes close-protocol-codes", may="frame-length",
              product=APP, cause="protocol violation: a message beyond the limit")
    near("frame-length", "126", frame("s", 1, b"x" * 126, messages=1), frame("c", 1, b"y" * 125, messages=1))

    broken("frame-utf8-deflate", "text", "s", frame("s", 1, b"\xff\xfe"), code=1007)
    broken("frame-utf8-deflate", "chromium", "s", frame("s", 1, b"cut \xc3"), code=1002)
    broken("frame-utf8-deflate", "deflate", "c", frame("c", 1, b"\xff\xff\xff\xff", rsv=4), code=1007, ask=DEFLATE, ext="permessage-deflate")
    near("frame-utf8-deflate", "binary", frame("s", 2, b"\xff\xfe", messages=1))
    near("frame-utf8-deflate", "split", frame("s", 1, b"caf\xc3", fin=False), frame("s", 0, b"\xa9", messages=1))

    c = "close-protocol-codes"
    for code in (1003, 1007, 1009):
        b.attempt(f"/{c}/{code}", switch(), [*TALK, wait(2000), bye("s", code, "no"), bye("c", code)], finds=c, product=APP)
    b.attempt(f"/{c}/1002-client", switch(), [*TALK, wait(2000), bye("c", 1002, "protocol error"), bye("s", 1002)], finds=c, product=APP)
    b.attempt(f"/{c}/1010", switch(), [*TALK, wait(2000), bye("c", 1010, "permessage-deflate"), bye("s", 1010)], finds=c, product=APP)
    b.attempt(f"/{c}/near-1000", switch(), [*TALK, wait(2000), bye("s", 1000, "protocol done"), bye("c", 1000)], nots=c, product=APP)

    i = "close-illegal-code"
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535):
        b.attempt(f"/{i}/{code}", switch(), [*TALK, wait(2000), bye("s", code), bye("c", 1002)], finds=i, nots="close-abnormal-1006", may=c,
                  product=APP, cause=f"protocol violation: the number {code} in a Close frame")
    for code in (1014, 3000, 4999):
        b.attempt(f"/{i}/near-{code}", switch(), [*TALK, wait(2000), bye("s", code), bye("c", code)], nots=i, product=APP,
                  may="close-restart-busy" if code == 1014 else "")
    b.attempt(f"/{i}/near-empty", switch(), [*TALK, wait(2000), bye("s", None), bye("c", None)], nots=i, product=APP)
    b.write()


def rules_close_codes():
    b = Book("rules_close_codes", "composed close codes of servers and products, with near misses; the path names the rule")

    def closes(rule, word, code, reason="", ask=None, chosen=None, by="s", also="", nots="", steps=None, after=2000, fires=True, **more):
        other = "c" if by == "s" else "s"
        reply = switch(Sec_WebSocket_Protocol=chosen) if chosen else switch()
        b.attempt(f"/{rule}/{word}", reply, [*(TALK if steps is None else steps), wait(after), bye(by, code, reason), bye(other, code)],
                  ask=({"Sec-WebSocket-Protocol": chosen} if chosen else {}) | (ask or {}), finds=f"{rule} {also}" if fires else also,
                  nots=nots if fires else f"{rule} {nots}", product=more.pop("product", APP), cause=more.pop("cause", f"close {code} {reason}"),
                  **more)

    a = "close-accept-then-close"
    closes(a, "1008", 1008, "policy violation", steps=[], after=40, nots="opt-client-gone-after-101", may="close-auth-private")
    closes(a, "1000", 1000, steps=[], after=200)
    b.attempt(f"/{a}/fin", switch(), [wait(60), fin("s")], finds=a, may="close-abnormal-1006", product=APP)
    b.attempt(f"/{a}/greeting", switch(), [text("s", '{"error":"unknown namespace"}'), wait(5), bye("s", 4404), bye("c", 4404)], finds=a,
              may="close-auth-private", product=APP)
    closes(a, "near-later", 1000, after=3000, steps=[], fires=False)
    closes(a, "near-client", 1000, after=40, steps=[], by="c", fires=False)
    closes(a, "near-served", 1000, after=40, steps=[*TALK, *TALK], fires=False)

    p = "close-auth-private"
    for code, reason in ((4001, "Unauthorized"), (4003, "Forbidden"), (4401, "token expired"), (4403, "no permission"), (4404,
            "no such channel for you"), (3000, "Unauthorized"), (3003, "Forbidden"), (1008, "invalid authentication token")):
        closes(p, f"{code}", code, reason, nots=a)
    cable = [text("s", '{"type":"disconnect","reason":"unauthorized","reconnect":false}')]  # it greets after connect only, which raised this
    closes(p, "actioncable", 1000, steps=cable, after=20, may=a, chosen="actioncable-v1-json", product="Action Cable, as in the catalogue")
    closes(p, "near-4000", 4000, "no more rooms", fires=False)
    closes(p, "near-1008", 1008, "too many messages", fires=False)
    closes(p, "near-client", 4001, "user signed out", by="c", fires=False)
    closes(p, "near-actioncable", 1000, steps=[text("s", '{"type":"welcome"}'), wait(1500), text("s",
            '{"type":"disconnect","reason":"server_restart","reconnect":true}')], after=20, chosen="actioncable-v1-json", fires=False,
           product="Action Cable, as in the catalogue")

    k, graphql = "close-private-known", "graphql-transport-ws"
    for code, reason in ((4400, "Invalid message"), (4401, "Unauthorized"), (4403, "Forbidden"), (4406, "Subprotocol not acceptable"), (4408,
            "Connection initialisation timeout"), (4409, "Subscriber for 1 already exists"), (4429, "Too many initialisation requests"), (4500,
            "Internal server error")):
        closes(k, f"graphql-{code}", code, reason, chosen=graphql, may=p, product="graphql-ws, as in the catalogue")
    closes(k, "graphql-4504", 4504, "Connection acknowledgement timeout", chosen=graphql, by="c", may=p, product="graphql-ws, as in the catalogue")
    for code, reason in ((4000, "Unknown error."), (4004, "Authentication failed."), (4008, "Rate limited."), (4009, "Session timed out."), (4014,
            "Disallowed intent(s).")):
        closes(k, f"discord-{code}?v=10&encoding=json", code, reason, host="gateway.discord.gg", may=p, product="Discord, as in the catalogue")
    pusher = [text("s", '{"event":"pusher:connection_established","data":"{}"}'), wait(500)]
    for code, reason in ((4001, "Application does not exist"), (4100, "Over capacity"), (4201, "Pong reply not received in time"), (4301,
            "Client event rejected")):
        b.attempt(f"/app/{k}-pusher-{code}?protocol=7&client=js&version=8.4.0", switch(), [*pusher, wait(1500), bye("s", code, reason), bye("c",
                code)], finds=k, may=p, host="ws-eu.pusher.com", product="Pusher, as in the catalogue", cause=f"close {code} {reason}")
    closes(k, "sockjs/123/abc/websocket", 3000, "Go away!", steps=[text("s", "o"), wait(1500), text("s", 'c[3000,"Go away!"]')], may=p,
           product="SockJS, as in the catalogue")
    # Not of sockjs-node, whose WebSockets share no session: 2010 is an answer to its other transports. The Close code is 1000, whatever the text says.
    closes(k, "near-sockjs-2010/123/abc/websocket", 1000, steps=[text("s", "o"), wait(1500), text("s", 'c[2010,"Another connection still open"]')],
           after=10, fires=False)
    closes(k, "near-4408", 4408, "lobby closed", fires=False)
    closes(k, "near-4014", 4014, "table closed", fires=False)
    closes(k, "near-4299", 4299, "see you", fires=False)
    closes(k, "near-graphql-1000", 1000, chosen=graphql, fires=False, product="graphql-ws, as in the catalogue")
    b.write()


def rules_endings():
    b = Book("rules_endings",
             "composed ends of open connections: errors and restarts, no Close, silence, age, vanished peers, half a Close; with near misses")

    def one(rule, word, steps, finds=None, **more):
        b.attempt(f"/{rule}/{word}", switch(), steps, finds=rule if finds is None else finds, product=more.pop("product", APP),
                  cause=more.pop("cause", word), **more)

    def near(rule, word, steps, nots="", **more):
        b.attempt(f"/{rule}/near-{word}", switch(), steps, nots=f"{rule} {nots}", product=APP, **more)

    e = "close-1011-server-error"
    one(e, "1011", [*TALK, wait(2000), bye("s", 1011, "unexpected error"), bye("c", 1011)])
    one(e, "keepalive", [*TALK, ping("s"), wait(20000), bye("s", 1011, "keepalive ping timeout"), bye("c", 1011)], may="close-silent-death")
    near(e, "1012", [*TALK, wait(2000), bye("s", 1012), bye("c", 1012)], may="close-restart-busy")
    r = "close-restart-busy"
    for code, reason in ((1001, "going away"), (1012, "service restart"), (1013, "try again later"), (1014, "bad gateway")):
        one(r, str(code), [*TALK, wait(2000), bye("s", code, reason), bye("c", code)])
    near(r, "browser", [*TALK, wait(2000), bye("c", 1001), bye("s", 1001)])
    near(r, "1000", [*TALK, wait(2000), bye("s", 1000, "service restart done"), bye("c", 1000)])

    a = "close-abnormal-1006"
    for side in "sc":
        one(a, f"{side}-fin", [*TALK, wait(2300), fin(side)], nots="close-handshake-incomplete close-idle-cutoff")
        one(a, f"{side}-rst", [*TALK, wait(2300), rst(side)], nots="close-handshake-incomplete close-idle-cutoff")
    near(a, "rst-after-close", [*TALK, wait(2300), *DONE, wait(1), rst("c")])
    near(a, "one-close", [*TALK, wait(2300), bye("s", 1000), wait(10), fin("s")], finds="close-handshake-incomplete")
    near(a, "still-open", [*TALK, wait(2300)], end="open")

    i = "close-idle-cutoff"
    for seconds, times in ((60, 2), (100, 2), (350, 2), (600, 1)):
        for n in range(times):
            one(i, f"{seconds}s?n={n}", [*TALK, *([wait(1700 * n), *TALK] if n else []), wait(seconds * 1000 + 40 * n), fin("s")], finds=f"{i} {a}",
                nots="close-lifetime-cutoff", server=f"198.51.100.{120 + seconds // 50}:80")
    near(i, "47s", [*TALK, wait(47300), fin("s")], finds=a, server="198.51.100.141:80")
    near(i, "close", [*TALK, wait(60000), bye("c", 1000), bye("s", 1000)], server="198.51.100.142:80")
    near(i, "busy", [*TALK, wait(1300), *TALK, wait(900), fin("s")], finds=a, server="198.51.100.144:80")

    life = "close-lifetime-cutoff"
    ticks = [step for _ in range(10) for step in (wait(2700), text("s", "tick"))]
    for n in range(2):
        one(life, f"30s?n={n}", [*TALK, *ticks[:20 - 2 * n], wait(2990 - 10 * n + 2700 * n), fin("s")], finds=f"{life} {a}", nots=i,
            server="198.51.100.151:80")
    hours = [step for _ in range(8) for step in (wait(890_000), ping("s"), pong("c"))]
    for n in range(2):
        one(life, f"2h?n={n}", [*TALK, *hours, wait(79_900 + 20 * n), bye("s", 1001, "going away"), bye("c", 1001)],
            finds=f"{life} close-restart-busy", nots=a, server="198.51.100.152:80")
    near(life, "silence", [*TALK, wait(1300), *TALK, wait(30000), fin("s")], finds=f"{i} {a}", server="198.51.100.153:80")
    near(life, "11s", [*TALK, *ticks[:8], wait(700), fin("s")], finds=a, nots=i, server="198.51.100.154:80")

    d = "close-silent-death"
    one(d, "data", [*TALK, wait(3000), text("s", "still there?"), again("s", 300), again("s", 600), again("s", 1200), again("s", 2400), again("s",
            4800), rst("s")], may=f"{a} net-lossy-path")
    one(d, "ping", [*TALK, ping("s"), pong("c"), wait(20000), ping("s"), again("s", 300), again("s", 600), again("s", 1200), wait(17000),
                    _fin_unanswered("s")], may=f"{a} net-lossy-path")
    one(d, "late-rst", [*TALK, wait(3000), text("s", "still there?"), again("s", 300), again("s", 600), again("s", 1200), rst("c")],
        may=f"{a} net-lossy-path")
    near(d, "once", [*TALK, wait(3000), text("s", "still there?"), again("s", 300), text("c", "yes"), *DONE])
    near(d, "pong", [*TALK, ping("s"), wait(900), pong("c"), wait(2000), *DONE])

    h = "close-handshake-incomplete"
    one(h, "server-leaves", [*TALK, wait(2000), bye("c", 1000), wait(20), fin("s")], nots=a)
    one(h, "client-leaves", [*TALK, wait(2000), bye("s", 1000), wait(20), fin("c")], nots=a)
    one(h, "data-after", [*TALK, wait(2000), bye("s", 1000), frame("s", 1, b"one more"), bye("c", 1000)], unchecked=["messages_server"],
        cause="protocol violation: data after Close")
    near(h, "complete", [*TALK, wait(2000), *DONE])
    near(h, "data-other-way", [*TALK, wait(2000), bye("s", 1000), text("c", "on its way"), bye("c", 1000)])
    b.write()


def _fin_unanswered(side):
    """The end that nobody acknowledges."""
    def step(c):
        c.ended = c.ended or "fin"
        c.seg(side, flags="FA")
    return step
