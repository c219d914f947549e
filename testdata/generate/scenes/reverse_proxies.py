"""Reverse proxies that answer a handshake themselves, and answers of others that they pass on."""
import product
import raw
import truth
from lab import WORK, Lab, sh
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
    truth.write("product_haproxy",
                "HAProxy's own 403, 404, 429, 500, 401, 503, 504, 502, 400 and 408; a 302, a text of its configuration, answers and a wrong "
                "101 of a backend that it passes on",
                [product.version("HAProxy", "haproxy", "-v"), truth.RAW], v.rows)


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
    truth.write("product_apache",
                "httpd's own 403, 401, 404, 503 of a dead backend by wstunnel and by upgrade=, 502 for backends that are mute, slow or switch "
                "to something else, 426; redirect, page, ErrorDocument text and answers of a backend that it passes on",
                [product.version("Apache httpd", "apache2", "-v"), truth.RAW], v.rows)


NGINX = """daemon off; user root; pid WORK/nginx.pid; error_log WORK/error.log info;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path WORK/body; proxy_temp_path WORK/proxy; fastcgi_temp_path WORK/fastcgi;
	uwsgi_temp_path WORK/uwsgi; scgi_temp_path WORK/scgi;
	client_header_buffer_size 512; large_client_header_buffers 2 1k; client_max_body_size 1k; server_names_hash_bucket_size 64;
	limit_req_zone $binary_remote_addr zone=busy:32k rate=1r/m; limit_req_zone $binary_remote_addr zone=many:32k rate=1r/m;
	ssl_certificate WORK/cert.pem; ssl_certificate_key WORK/key.pem;
	proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
	server {
		listen 127.0.0.1:8120; root WORK;
		location /deny { deny all; }
		location /auth { auth_basic "staff"; auth_basic_user_file WORK/users; }
		location /auth-broken { auth_request /dead-auth; proxy_pass http://127.0.0.1:8190; }
		location /dead-auth { internal; proxy_pass http://127.0.0.1:8191; }
		location /moved { return 302 /elsewhere; }
		location /upgrade { return 426; }
		location /words { return 426 "please upgrade\\n"; }
		location /own { return 403 "not for you\\n"; }
		location /nice { deny all; error_page 403 /nice.html; }
		location = /nice.html { allow all; }
		location /busy { limit_req zone=busy; try_files /nothing @gone; }
		location /many { limit_req zone=many; limit_req_status 429; try_files /nothing @gone; }
		location @gone { return 404; }
		location /dead { proxy_pass http://127.0.0.1:8191; }
		location /app { proxy_pass http://127.0.0.1:8190; proxy_read_timeout 1s; }
		location /certificate { proxy_pass https://127.0.0.1:8122; }
	}
	server { listen 127.0.0.1:8121 ssl; }
	server { listen 127.0.0.1:8122 ssl; ssl_verify_client on; ssl_client_certificate WORK/cert.pem; }
	server { listen 127.0.0.1:8123; server_tokens off; deny all; }
}
"""


def product_nginx():
    product.need("nginx", "openssl")
    lab, at, work = Lab(), "127.0.0.1:8120", WORK / "nginx-own"
    work.mkdir(exist_ok=True)
    (work / "users").write_text("ann:{PLAIN}secret\n")
    (work / "nice.html").write_text("<!doctype html><title>sorry</title><p>Not for you.\n")
    (work / "nginx.conf").write_text(NGINX.replace("WORK", str(work)))
    sh(f"openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=test -keyout {work}/key.pem -out {work}/cert.pem 2>/dev/null")
    canned("127.0.0.1:8190", {
        "/app/slow": None, "/app/junk": b"SSH-2.0-OpenSSH_9.2p1\r\n", "/app/mute": b"",
        "/app/403": answer("403 Forbidden", "<html>\n<head><title>403 Forbidden</title></head>\n<body>\n<h1>403 Forbidden</h1>\n</body>\n</html>\n"),
        "/app/404": answer("404 Not Found", '{"detail":"Not Found"}', type="application/json"),
        "/app/502": answer("502 Bad Gateway", "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n"
                           "<p>The shop is closed.</p>\n</body>\n</html>\n"),
        "/app/426": answer("426 Upgrade Required", "Upgrade Required", "Upgrade: websocket", type="text/plain"),
        "/app/503": answer("503 Service Unavailable", "", "Retry-After: 5"),
    })
    lab.capture("product_nginx.pcap", filter="tcp portrange 8120-8121 or tcp port 8123")
    lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", 8120))
    others = ["haproxy-page", "apache-proxy", "gorilla-reject"]
    passed = {"plain": True, "answered_by": "", "not_findings": ["nginx-page", *others]}
    always = {"fingerprint": "nginx-page", "answered_by": "nginx", "not_findings": others}
    v = Visits(at, **always)
    v.ask("/deny", 403, "<hr><center>nginx/1.")
    v.ask("/auth", 401, "<hr><center>nginx/1.")
    v.ask("/nowhere", 404, "<hr><center>nginx/1.")
    v.ask("/moved", 302, "302 Moved Temporarily")
    v.ask("/auth-broken", 500, "<hr><center>nginx/1.")
    v.ask("/dead", 502, "<hr><center>nginx/1.")
    v.ask("/app/mute", 502, "<hr><center>nginx/1.")
    v.ask("/app/slow", 504, "504 Gateway Time-out")
    v.ask("/busy", 404)
    v.ask("/busy", 503, "503 Service Temporarily Unavailable")
    v.ask("/many", 404)
    v.ask("/many", 429, "<hr><center>nginx/1.")
    v.ask("/nice.html", 405, "405 Not Allowed", method="POST", findings=["req-method-not-get"], known={"cause": "POST instead of GET"})
    v.ask("/large", 413, extra=["Content-Length: 99999"])
    v.ask("/deny?" + "x" * 1100, 414, known={"allowed": ["req-headers-too-big"]})
    v.ask("/cookies", 400, "Request Header Or Cookie Too Large", extra=["Cookie: session=" + "x" * 1100], findings=["req-headers-too-big"])
    v.ask("/nohost", 400, "<hr><center>nginx/1.", drop=["Host"], findings=["req-host-problem"], known={"cause": "no Host"})
    v.ask("/twohosts", 400, "<hr><center>nginx/1.", extra=["Host: other.example"], findings=["req-host-problem"],
          known={"cause": "two Host lines", "unchecked": ["host"]})
    v.ask("/upgrade", 426, "HTTP/1.1 426 \n")
    v.ask("/certificate", 400, "No required SSL certificate was sent", known={"cause": "the nginx behind wants a client certificate of this one",
                                                                          "allowed": ["http-403-client-cert"]})
    tls, quiet = Visits("127.0.0.1:8121", **always), Visits("127.0.0.1:8123", **always)
    tls.ask("/plain", 400, "The plain HTTP request was sent to HTTPS port", findings=["tls-plain-on-tls-port"])
    quiet.ask("/deny", 403, "<hr><center>nginx</center>")
    v.ask("/words", 426, "HTTP/1.1 426 \n")
    v.ask("/own", 403, "not for you", known=passed)
    v.ask("/nice", 403, "Not for you.", known=passed)
    v.ask("/app/junk", None, "SSH-2.0", known=passed | {"cause": "the backend's banner is passed on as it is"})
    for code in (403, 404, 502, 426, 503):
        v.ask(f"/app/{code}", code, "Server: nginx", known=passed)
    lab.end()
    truth.write("product_nginx",
                "nginx's own 403, 401, 404, 302, 500, 502, 504, 503 and 429 by limit_req, 405, 413, 414, 400 of five kinds, 426 without words;"
                " texts and pages of its configuration, and answers of a backend that it passes on under its own name",
                [product.version("nginx", "nginx", "-v"), truth.RAW], v.rows + tls.rows + quiet.rows)
