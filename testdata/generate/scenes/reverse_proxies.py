"""Reverse proxies that answer a handshake themselves, and answers of others that they pass on."""
import product
import raw
import truth
from lab import WORK, Lab
from product import Visits, answer, canned


def product_haproxy():
    product.need("haproxy")
    lab, at, work = Lab(), "127.0.0.1:8100", WORK / "haproxy"
    work.mkdir(exist_ok=True)
    (work / "haproxy.cfg").write_text("""global
	maxconn 64
defaults
	mode http
	retries 0
	timeout connect 500ms
	timeout client 3s
	timeout server 1s
	timeout http-request 1s
	timeout tunnel 2s
frontend front
	bind 127.0.0.1:8100
	http-request wait-for-body time 500ms if { path /body }
	http-request deny if { path /deny }
	http-request deny deny_status 404 if { path /deny404 }
	http-request deny deny_status 429 if { path /many }
	http-request tarpit if { path /tarpit }
	timeout tarpit 300ms
	http-request auth realm staff if { path /auth }
	http-request redirect location /elsewhere if { path /moved }
	http-request return status 403 content-type text/plain string "not for you\\n" if { path /own }
	use_backend none if { path /none }
	use_backend dead if { path /dead }
	default_backend good
backend none
backend dead
	server s 127.0.0.1:8191
backend good
	server s 127.0.0.1:8190
""")
    canned("127.0.0.1:8190", {
        "/slow": None, "/junk": b"SSH-2.0-OpenSSH_9.2p1\r\n", "/mute": b"", "/bad101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\n\r\n", "/wrong101": raw.response_101(key="d3Jvbmcga2V5"),
        "/app403": answer("403 Forbidden", "<html><body><h1>403 Forbidden</h1>\nNot a member.\n</body></html>\n"),
        "/app503": answer("503 Service Unavailable", "no server for you", type="text/plain"),
    })
    lab.capture("product_haproxy.pcap", filter="tcp port 8100")
    lab.start(["haproxy", "-f", str(work / "haproxy.cfg")], ready=("127.0.0.1", 8100))
    passed = {"plain": True, "answered_by": "", "not_findings": ["haproxy-page", "nginx-page", "apache-proxy"]}
    v = Visits(at, fingerprint="haproxy-page", answered_by="haproxy", not_findings=["nginx-page", "apache-proxy", "gorilla-reject"])
    v.ask("/deny", 403, "Request forbidden by administrative rules.")
    v.ask("/deny404", 404)
    v.ask("/many", 429)
    v.ask("/tarpit", 500)
    v.ask("/auth", 401)
    v.ask("/none", 503, "No server is available to handle this request.")
    v.ask("/dead", 503)
    v.ask("/slow", 504, "The server didn't respond in time.")
    v.ask("/junk", 502)
    v.ask("/mute", 502)
    v.ask("/bad101", 502, known={"cause": "the backend's 101 has no Sec-WebSocket-Accept"})
    v.ask("/shortkey", 400, key="dGhlIHNhbXBsZQ==", findings=["req-key-bad"], known={"cause": "Sec-WebSocket-Key is too short"})
    v.ask("/nokey", 400, drop=["Sec-WebSocket-Key"], findings=["req-key-bad"], known={"cause": "no Sec-WebSocket-Key"})
    v.ask("/body", 408, extra=["Content-Length: 5"])
    v.ask("/own", 403, "not for you", known=passed)
    v.ask("/app403", 403, "Not a member.", known=passed)
    v.ask("/app503", 503, "no server for you", known=passed)
    v.ask("/wrong101", 101, known=passed | {"verdict": "bad-handshake", "findings": ["opt-accept-bad"], "ending": "abnormal-fin|rst|none",
                                            "cause": "the backend's Sec-WebSocket-Accept is wrong, and HAProxy passes it on"})
    v.ask("/moved", 302, known=passed)
    lab.end()
    truth.write("product_haproxy", "HAProxy's own 403, 404, 429, 500, 401, 503, 504, 502, 400 and 408; a 302, a text of its configuration, answers and "
                "a wrong 101 of a backend that it passes on", [product.version("HAProxy", "haproxy", "-v"), truth.RAW], v.rows)


APACHE = """ServerRoot WORK
ServerName localhost
PidFile WORK/pid
DefaultRuntimeDir WORK
ErrorLog WORK/error.log
User www-data
Group www-data
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule authn_core_module MODULES/mod_authn_core.so
LoadModule authn_file_module MODULES/mod_authn_file.so
LoadModule authz_user_module MODULES/mod_authz_user.so
LoadModule auth_basic_module MODULES/mod_auth_basic.so
LoadModule alias_module MODULES/mod_alias.so
LoadModule mime_module MODULES/mod_mime.so
LoadModule rewrite_module MODULES/mod_rewrite.so
LoadModule reqtimeout_module MODULES/mod_reqtimeout.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
LoadModule proxy_wstunnel_module MODULES/mod_proxy_wstunnel.so
TypesConfig /etc/mime.types
Listen 127.0.0.1:8110
DocumentRoot WORK/htdocs
ServerSignature On
ServerTokens OS
ProxyTimeout 1
ProxyWebsocketFallbackToProxyHttp Off
"""


def product_apache():
    modules, lab, at, work = "/usr/lib/apache2/modules", Lab(), "127.0.0.1:8110", WORK / "apache"
    product.need("apache2")
    (work / "htdocs").mkdir(parents=True, exist_ok=True)
    (work / "htdocs" / "page.html").write_text("<!doctype html><title>app</title>\n")
    (work / "users").write_text("ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    (work / "apache.conf").write_text(APACHE.replace("WORK", str(work)).replace("MODULES", modules) + f"""
<Location /deny>
	Require all denied
</Location>
<Location /auth>
	AuthType Basic
	AuthName staff
	AuthUserFile {work}/users
	Require valid-user
</Location>
<Location /own>
	Require all denied
	ErrorDocument 403 "not for you"
</Location>
Redirect 301 /moved /elsewhere
RewriteEngine On
RewriteRule ^/rewritten ws://127.0.0.1:8190/ws [P]
ProxyPass /ws-dead ws://127.0.0.1:8191/
ProxyPass /ws ws://127.0.0.1:8190/ws
ProxyPass /dead http://127.0.0.1:8191/ upgrade=websocket
ProxyPass /app http://127.0.0.1:8190/app upgrade=websocket
ProxyPass /tunnel http://127.0.0.1:8190/tunnel upgrade=websocket
""")
    canned("127.0.0.1:8190", {
        "/app/slow": None, "/app/junk": b"SSH-2.0-OpenSSH_9.2p1\r\n", "/app/mute": b"",
        "/tunnel/h2c": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "/tunnel/bare": b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n",
        "/app/403": answer("403 Forbidden", "<html><body><h1>Forbidden</h1>\nNot a member.\n</body></html>\n", "Server: Apache"),
        "/app/503": answer("503 Service Unavailable", "The service is closed for today.", type="text/plain"),
        "/app/502": answer("502 Bad Gateway", "The proxy server could not handle the request.", type="text/plain"),
        "/ws/426": answer("426 Upgrade Required", "Upgrade Required", "Upgrade: websocket", type="text/plain"),
    })
    lab.capture("product_apache.pcap", filter="tcp port 8110")
    lab.start(["apache2", "-DFOREGROUND", "-f", str(work / "apache.conf")], ready=("127.0.0.1", 8110))
    passed = {"plain": True, "answered_by": "", "not_findings": ["haproxy-page", "nginx-page", "apache-proxy"]}
    v = Visits(at, fingerprint="apache-proxy", answered_by="apache", not_findings=["nginx-page", "haproxy-page", "gorilla-reject"])
    v.ask("/deny", 403, "<address>Apache/2.4")
    v.ask("/auth", 401, "<address>Apache/2.4")
    v.ask("/nowhere", 404, "<address>Apache/2.4")
    v.ask("/ws-dead", 503, "503 Service Unavailable")
    v.ask("/dead", 503, "503 Service Unavailable")
    v.ask("/app/mute", 502, "502 Proxy Error")
    v.ask("/app/slow", 502)
    v.ask("/tunnel/h2c", 502, "Unexpected Upgrade: h2c", findings=["proxy-bad-101"], known={"cause": "the backend's 101 switches to h2c"})
    v.ask("/tunnel/bare", 502, "Unexpected Upgrade", findings=["proxy-bad-101"], known={"cause": "the backend's 101 has no Upgrade"})
    v.ask("/rewritten", 426, drop=["Upgrade", "Connection"], findings=["req-upgrade-missing"], known={"cause": "no Upgrade and no Connection"})
    v.ask("/moved", 301, known=passed)
    v.ask("/page.html", 200, known=passed)
    v.ask("/app/junk", 200, "SSH-2.0", known=passed | {"cause": "the backend's banner is taken for HTTP/0.9 and passed on as a page"})
    v.ask("/own", 403, "not for you", known=passed)
    v.ask("/app/403", 403, "Not a member.", known=passed)
    v.ask("/app/503", 503, "closed for today", known=passed)
    v.ask("/app/502", 502, known=passed)
    v.ask("/ws/426", 426, known=passed)
    lab.end()
    truth.write("product_apache", "httpd's own 403, 401, 404, 503 of a dead backend by wstunnel and by upgrade=, 502 for backends that are mute, slow or "
                "switch to something else, 426; redirect, page, ErrorDocument text and answers of a backend that it passes on", [product.version("Apache httpd", "apache2", "-v"), truth.RAW], v.rows)
