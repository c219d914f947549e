"""Forward proxies that refuse: CONNECT, absolute-form requests with Upgrade, and SOCKS."""
import socket
import struct
import threading

import product
import raw
import truth
from lab import WORK, Lab
from product import Visits, answer, canned

OTHERS = ["nginx-page", "haproxy-page", "apache-proxy"]


def _connect(v, target, status, said=None, findings=(), extra=(), **known):
    """A CONNECT that the proxy refuses."""
    head = "\r\n".join([f"CONNECT {target} HTTP/1.1", f"Host: {target}", *extra, "", ""]).encode()
    return v.ask(target, status, said, send=head, Host=target, method="CONNECT",
                 known={"verdict": "proxy-failed", "findings": list(findings), "cause": f"the proxy refuses the CONNECT with {status}"} | known)


def _absolute(v, url, status, said=None, findings=(), **known):
    """A handshake sent to the proxy in absolute form."""
    own = [] if status == 101 else ["proxy-absolute-form-ws"]
    return v.ask(url, status, said, findings=own + list(findings), Host=url.split("/")[2], known=known)


SQUID = """http_port 127.0.0.1:3128
pid_filename none
cache_log WORK/cache.log
access_log none
cache deny all
coredump_dir WORK
auth_param basic program WORK/auth.sh
auth_param basic realm staff
acl known proxy_auth REQUIRED
acl login dstdomain secret.example
acl closed dstdomain closed.example
acl games dstdomain games.example
deny_info 302:http://block.example/denied?url=%u&reason=policy&cat=games games
acl allowed port 8190 8191
acl kept urlpath_regex ^/kept
http_access deny login !known
http_access deny closed
http_access deny games
http_access deny !allowed
http_access allow all
http_upgrade_request_protocols websocket allow kept
http_upgrade_request_protocols OTHER deny all
dns_nameservers 127.0.0.1
hosts_file none
visible_hostname proxy.example
err_page_stylesheet /dev/null
dns_timeout 1 second
dns_retransmit_interval 1 second
connect_timeout 1 second
read_timeout 1 second
shutdown_lifetime 1 seconds
"""


def _nameserver():
    """Says that there is no such name, and nothing at all where it is asked for mute.example."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 53))

    def loop():
        while True:
            query, asker = s.recvfrom(512)
            if b"mute" not in query:
                s.sendto(query[:2] + b"\x81\x83" + query[4:], asker)
    threading.Thread(target=loop, daemon=True).start()


def product_squid():
    product.need("squid")
    lab, at, work, base = Lab(), "127.0.0.1:3128", WORK / "squid-own", "http://127.0.0.1:8190"
    work.mkdir(exist_ok=True)
    work.chmod(0o777)
    (work / "auth.sh").write_text("#!/bin/sh\nwhile read line; do echo ERR; done\n")
    (work / "auth.sh").chmod(0o755)
    (work / "squid.conf").write_text(SQUID.replace("WORK", str(work)))
    back = canned("127.0.0.1:8190", {
        "/page": answer("200 OK", "<!doctype html><title>app</title>\n"), "/bare": answer("426 Upgrade Required", "Upgrade Required", type="text/plain"),
        "/slow": None, "/kept/403": answer("403 Forbidden", "Not a member.\n", type="text/plain"), "/kept/good": raw.response_101(),
        "/kept/bad": b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + raw.accept_of("dGhlIHNhbXBsZSBub25jZQ==").encode() + b"\r\n\r\n",
    })
    lab.capture("product_squid.pcap", filter="tcp port 3128 or tcp port 8190")
    _nameserver()
    lab.start(["squid", "-N", "-f", str(work / "squid.conf")], ready=("127.0.0.1", 3128))
    v = Visits(at, answered_by="squid", not_findings=OTHERS)
    _connect(v, "secret.example:8190", 407, "Proxy-Authenticate", ["proxy-407"])
    _connect(v, "127.0.0.1:8192", 403, "X-Squid-Error: ERR_ACCESS_DENIED", ["proxy-connect-denied"])
    _connect(v, "127.0.0.1:8191", 503, "X-Squid-Error: ERR_CONNECT_FAIL", ["proxy-upstream-fail"])
    _connect(v, "nowhere.example:8191", 500, "X-Squid-Error: ERR_CANNOT_FORWARD", ["proxy-connect-denied|proxy-upstream-fail"])
    denied = OTHERS + ["proxy-strips-upgrade"]
    _absolute(v, "http://secret.example:8190/", 407, "Proxy-Authenticate", ["proxy-407"])
    _absolute(v, "http://closed.example:8190/", 403, "X-Squid-Error: ERR_ACCESS_DENIED", not_findings=denied, allowed=["proxy-connect-denied"])
    _absolute(v, "http://127.0.0.1:8191/dead", 503, "X-Squid-Error: ERR_CONNECT_FAIL", ["proxy-upstream-fail"], not_findings=denied)
    _absolute(v, "http://absent.example:8191/", 502, "X-Squid-Error: ERR_READ_ERROR", ["proxy-upstream-fail"], not_findings=denied)
    _absolute(v, base + "/slow", 504, "X-Squid-Error: ERR_READ_TIMEOUT", ["proxy-upstream-fail"], leg="front", allowed=["proxy-strips-upgrade"])
    _absolute(v, "http://games.example:8190/", 302, "http://block.example/denied", ["proxy-block-page"], not_findings=denied, answered_by="")
    strips = {"leg": "front", "answered_by": "", "cause": "squid forwards without Upgrade and Connection"}
    _absolute(v, base + "/page", 200, "<title>app</title>", ["proxy-strips-upgrade"], **strips)
    _absolute(v, base + "/bare", 426, "Upgrade Required", ["proxy-strips-upgrade"], **strips)
    _absolute(v, base + "/kept/403", 403, "Not a member", leg="front", answered_by="", not_findings=denied)
    _absolute(v, base + "/kept/bad", 502, "X-Squid-Error: ERR_INVALID_RESP", ["proxy-bad-101"], leg="front", not_findings=denied,
              cause="the server's 101 has neither Upgrade nor Connection")
    _absolute(v, base + "/kept/good", 101, leg="front", answered_by="", not_findings=denied, ending="abnormal-fin|rst")
    lab.end()
    rows = v.rows + product.far_legs(back, ["/slow", "/page", "/bare"], kept_good={"ending": "abnormal-fin|rst"}, kept_bad={
        "verdict": "bad-handshake", "ending": "abnormal-fin|rst", "findings": ["opt-upgrade-connection-bad"], "cause": "101 without Upgrade and Connection"})
    truth.write("product_squid",
                "squid: CONNECT refused with 407, 403, 503 and 500; handshakes in absolute form refused with its own 407, 403, 503, 502 and "
                "504; Upgrade removed, both legs; Upgrade kept, with 403, 101 and a 101 that squid refuses",
                [product.version("squid", "squid", "-v"), truth.RAW], rows)


def product_tinyproxy():
    product.need("tinyproxy")
    lab, work = Lab(), WORK / "tinyproxy"
    work.mkdir(exist_ok=True)
    (work / "filter").write_text("closed.example\n")
    for port, more in ((8888, f'Filter "{work}/filter"\nConnectPort 8190\nConnectPort 8191'), (8889, "BasicAuth ann secret"), (8890, "Allow 192.0.2.1")):
        (work / f"{port}.conf").write_text(
            f'Port {port}\nListen 127.0.0.1\nTimeout 2\nMaxClients 20\nViaProxyName "proxy.example"\nLogFile "{work}/log"\n{more}\n')
    back = canned("127.0.0.1:8190", {"/page": answer("200 OK", "<!doctype html><title>app</title>\n"),
                                     "/403": answer("403 Forbidden", "Not a member.\n", type="text/plain")})
    lab.capture("product_tinyproxy.pcap", filter="tcp portrange 8888-8890 or tcp port 8190")
    for port in (8888, 8889, 8890):
        lab.start(["tinyproxy", "-d", "-c", str(work / f"{port}.conf")], ready=("127.0.0.1", port))
    v, login, closed = (Visits(f"127.0.0.1:{port}", answered_by="tinyproxy", not_findings=OTHERS) for port in (8888, 8889, 8890))
    _connect(login, "127.0.0.1:8190", 407, "Proxy-Authenticate", ["proxy-407"])
    _connect(closed, "127.0.0.1:8190", 403, "tinyproxy", ["proxy-connect-denied"])
    _connect(v, "127.0.0.1:8192", 403, "tinyproxy", ["proxy-connect-denied"])
    _connect(v, "closed.example:8190", 403, "tinyproxy", ["proxy-connect-denied"])
    _connect(v, "127.0.0.1:8191", 500, "tinyproxy", ["proxy-connect-denied|proxy-upstream-fail"])
    _connect(v, "nowhere.example:8190", 500, "tinyproxy", ["proxy-connect-denied|proxy-upstream-fail"])
    _absolute(login, "http://127.0.0.1:8190/page", 407, "Proxy-Authenticate", ["proxy-407"])
    _absolute(v, "http://closed.example:8190/", 403, "tinyproxy")
    _absolute(v, "http://127.0.0.1:8191/dead", 500, "tinyproxy", allowed=["proxy-upstream-fail"])
    strips = {"leg": "front", "answered_by": "", "cause": "tinyproxy forwards without Upgrade and Connection"}
    _absolute(v, "http://127.0.0.1:8190/page", 200, findings=["proxy-strips-upgrade"], **strips)
    _absolute(v, "http://127.0.0.1:8190/403", 403, findings=["proxy-strips-upgrade"], **strips)
    lab.end()
    truth.write("product_tinyproxy",
                "tinyproxy: CONNECT and handshakes in absolute form refused with 407, 403 and 500; Upgrade removed, both legs",
                [product.version("tinyproxy", "tinyproxy", "-v"), truth.RAW],
                v.rows + login.rows + closed.rows + product.far_legs(back, ["/page", "/403"]))


class Socks:
    """Attempts through a SOCKS5 proxy, and their rows."""

    def __init__(self, at, **always):
        self.at, self.always, self.rows, self.p = at, always, [], None

    def _read(self, n):
        got = b""
        while len(got) < n and (more := self.p.s.recv(n - len(got))):
            got += more
        return got

    def talk(self, target, login=None):
        """The bytes of a connection as far as the proxy goes along; what it said last."""
        self.p = raw.connect(self.at, [])
        self.p.send(b"\5\1\2" if login else b"\5\1\0")
        if (said := self._read(2)) != (b"\5\2" if login else b"\5\0"):
            return said
        if login:
            user, password = (x.encode() for x in login)
            self.p.send(b"\1" + bytes([len(user)]) + user + bytes([len(password)]) + password)
            if (said := self._read(2)) != b"\1\0":
                return said
        host, port = target.rsplit(":", 1)
        try:
            where = b"\1" + socket.inet_aton(host)
        except OSError:
            where = b"\3" + bytes([len(host)]) + host.encode()
        self.p.send(b"\5\1\0" + where + struct.pack(">H", int(port)))
        return self._read(10)[:2]

    def refused(self, target, expected, cause, login=None):
        said = self.talk(target, login)
        if said != expected:
            raise SystemExit(f"{self.at} {target}: expected {expected}, but it is {said}")
        self.rows.append(truth.handshake(client=self.p.log["client"], server=self.at, method=None, verdict="proxy-failed", cause=cause,
                                         findings=["socks-refused"], unchecked=["host", "uri", "origin", "status"], **self.always))
        self.p.end()

    def inside(self, target, uri, status, login=None):
        """A handshake in the tunnel."""
        if self.talk(target, login) != b"\5\0":
            raise SystemExit(f"{self.at} {target}: not let through")
        self.p.send(raw.request(uri, target))
        self.p.read_status()
        if self.p.log["status"] != status:
            raise SystemExit(f"{self.at} {target}: {self.p.log['status']}")
        row = {"client": self.p.log["client"], "server": self.at, "host": target, "uri": uri, "status": status, "not_findings": ["socks-refused"]}
        if status == 101:
            self.p.close_frame(1000, "bye")
            self.p.drain(until_close=True)
            row |= {"close": {"code": 1000, "reason": "bye", "by": "client"}, "ending": "clean"}
        else:
            row["findings"] = [product.STATUS[status]]
        self.p.end()
        self.rows.append(truth.handshake(**row | self.always))


def _websocket(at):
    """A server that opens a WebSocket and closes it again, but for /403."""
    def one(p):
        fields = p.read_request()
        if p.log["uri"] == "/403":
            p.send(answer("403 Forbidden", "Not a member.\n", type="text/plain"))
        else:
            p.send(raw.response_101(fields["sec-websocket-key"]))
            p.drain(until_close=True)
            p.close_frame(1000, "bye", echo=True)
        p.end()
    raw.listen(at, one, [])


def product_microsocks():
    product.need("microsocks")
    lab, dead, live = Lab(), "127.0.0.1:8191", "127.0.0.1:8190"
    _websocket(live)
    lab.capture("product_microsocks.pcap", filter="tcp portrange 1080-1081")
    lab.start(["microsocks", "-i", "127.0.0.1", "-p", "1080"], ready=("127.0.0.1", 1080))
    lab.start(["microsocks", "-i", "127.0.0.1", "-p", "1081", "-u", "ann", "-P", "secret"], ready=("127.0.0.1", 1081))
    free, login = Socks("127.0.0.1:1080"), Socks("127.0.0.1:1081")
    free.refused(dead, b"\5\5", "SOCKS5: connection refused (5)")
    free.refused("192.0.2.1:80", b"\5\3", "SOCKS5: network unreachable (3)")
    free.refused("nowhere.example:80", b"\5\1", "SOCKS5: general failure (1): no such name")
    login.refused(live, b"\5\xff", "SOCKS5: no acceptable method (255)")
    login.refused(live, b"\1\2", "SOCKS5: wrong password", login=("ann", "wrong"))
    free.inside(live, "/ok", 101)
    free.inside(live, "/403", 403)
    login.inside(live, "/ok?login", 101, login=("ann", "secret"))
    lab.end()
    truth.write("product_microsocks", "SOCKS5: connection refused, network unreachable, no such name, no acceptable method, wrong password; "
                "handshakes in the tunnel, accepted and refused", [product.version("microsocks", "dpkg-query", "-W", "microsocks"), truth.RAW],
                free.rows + login.rows)


def product_dante():
    product.need("danted", package="dante-server")
    lab, work, dead, live = Lab(), WORK / "dante", "127.0.0.1:8191", "127.0.0.1:8190"
    work.mkdir(exist_ok=True)
    (work / "danted.conf").write_text("""logoutput: stderr
internal: 127.0.0.1 port = 1082
external: lo
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 127.0.0.0/8 }
socks block { from: 127.0.0.0/8 to: 127.0.0.0/8 port = 8192 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
""")
    _websocket(live)
    lab.capture("product_dante.pcap", filter="tcp port 1082")
    lab.start(["danted", "-f", str(work / "danted.conf"), "-p", str(work / "pid")], ready=("127.0.0.1", 1082))
    s = Socks("127.0.0.1:1082")
    s.refused("127.0.0.1:8192", b"\5\2", "SOCKS5: not allowed by ruleset (2)")
    s.refused(dead, b"\5\5", "SOCKS5: connection refused (5)")
    s.refused("192.0.2.1:80", b"\5\3", "SOCKS5: network unreachable (3)")
    s.refused("nowhere.example:80", b"\5\4", "SOCKS5: host unreachable (4): no such name")
    s.refused(live, b"\5\xff", "SOCKS5: no acceptable method (255)", login=("ann", "secret"))
    s.inside(live, "/ok", 101)
    s.inside(live, "/403", 403)
    lab.end()
    truth.write("product_dante", "SOCKS5: not allowed by ruleset, connection refused, network unreachable, no such name, no acceptable method; "
                "handshakes in the tunnel, accepted and refused", [product.version("Dante", "danted", "-v") + " (SOCKS)", truth.RAW], s.rows)


def product_privoxy():
    product.need("privoxy")
    lab, at, work = Lab(), "127.0.0.1:8118", WORK / "privoxy"
    work.mkdir(exist_ok=True)
    (work / "block.action").write_text("{+block{games}}\n.games.example\n")
    (work / "config").write_text(f"confdir /etc/privoxy\nlogdir {work}\nlogfile log\nactionsfile {work}/block.action\nlisten-address {at}\n"
                                 "socket-timeout 1\nhostname proxy.example\n")
    back = canned("127.0.0.1:8190", {"/403": answer("403 Forbidden", "Not a member.\n", type="text/plain"), "/mute": b""})
    lab.capture("product_privoxy.pcap", filter="tcp port 8118 or tcp port 8190")
    lab.start(["privoxy", "--no-daemon", str(work / "config")], ready=("127.0.0.1", 8118))
    v = Visits(at, answered_by="privoxy", not_findings=OTHERS)
    _connect(v, "games.example:443", 403, findings=["proxy-connect-denied"])
    _connect(v, "127.0.0.1:8191", 503, findings=["proxy-upstream-fail"])
    _connect(v, "nowhere.example:443", 404, findings=["proxy-connect-denied|proxy-upstream-fail"])
    _absolute(v, "http://games.example/", 403, allowed=["proxy-block-page"])
    _absolute(v, "http://127.0.0.1:8191/dead", 503, allowed=["proxy-upstream-fail"])
    half = {"leg": "front", "cause": "Privoxy forwards Upgrade, but Connection: close"}
    _absolute(v, "http://127.0.0.1:8190/403", 403, answered_by="", allowed=["proxy-strips-upgrade"], **half)
    back_row = half | {"leg": "back", "findings": ["http-403", "req-connection-missing"], "allowed": ["proxy-strips-upgrade", "req-no-credentials"]}
    lab.end()
    truth.write("product_privoxy",
                "Privoxy: CONNECT refused with 403, 503 and 404; handshakes in absolute form refused with its own 403 and 503, and with the "
                "server's",
                [product.version("Privoxy", "privoxy", "--version"), truth.RAW], v.rows + product.far_legs(back, **{"403": back_row}))


def product_portal():
    """nginx set up as a guest network's login portal, and two redirects that only look like one."""
    product.need("nginx")
    lab, work = Lab(), WORK / "portal"
    work.mkdir(exist_ok=True)
    (work / "nginx.conf").write_text("""daemon off; user root; pid WORK/nginx.pid; error_log WORK/error.log info;
events { worker_connections 64; }
http {
	access_log off; server_tokens off;
	client_body_temp_path WORK/body; proxy_temp_path WORK/proxy; fastcgi_temp_path WORK/fastcgi; uwsgi_temp_path WORK/uwsgi; scgi_temp_path WORK/scgi;
	server { listen 127.0.0.1:8170 default_server; return 302 http://login.portal.example/hotspot?orig=$http_host$request_uri; }
	server { listen 127.0.0.1:8170; server_name late.example; default_type text/html;
		return 511 "<html><head><title>Network Authentication Required</title></head><body><a href=http://login.portal.example/>log in</a></body></html>\n"; }
	server { listen 127.0.0.1:8171 default_server; return 301 https://$http_host$request_uri; }
	server { listen 127.0.0.1:8171; server_name site.example; return 301 http://www.site.example$request_uri; }
}
""".replace("WORK", str(work)))
    lab.capture("product_portal.pcap", filter="tcp portrange 8170-8171")
    lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", 8170))
    portal, plain = Visits("127.0.0.1:8170"), Visits("127.0.0.1:8171", not_findings=["captive-portal", "proxy-block-page"])
    for host in ("chat.example", "quotes.example", "game.example"):
        portal.ask("/socket", 302, "login.portal.example", Host=host, findings=["captive-portal"], known={"allowed": ["nginx-page", "req-no-credentials"]})
    portal.ask("/socket", 511, Host="late.example", findings=["captive-portal"])
    plain.ask("/socket", 301, "https://chat.example/socket", Host="chat.example", known={"allowed": ["nginx-page"]})
    plain.ask("/socket", 301, "http://www.site.example/socket", Host="site.example", known={"allowed": ["nginx-page"]})
    lab.end()
    truth.write("product_portal", "nginx as a login portal: 302 for every host, and 511; near misses: redirects to https and to the site's own www",
                [product.version("nginx", "nginx", "-v") + " (as a portal)", truth.RAW], portal.rows + plain.rows)
