"""Refusals of Python's servers as they look behind each of three reverse proxies: who answered is not who is named."""
import product
import truth
from lab import WORK, Lab
from product import Visits
from scenes.servers_python import FINGERPRINTS, OTHER, _asgi, _start

BACKENDS = {"websockets": 8130, "tornado": 8131, "aiohttp": 8132, "autobahn": 8133, "uvicorn": 8134, "wsproto": 8135, "daphne": 8139, "hypercorn": 8140}

NGINX = """daemon off; user root; pid WORK/nginx.pid; error_log WORK/nginx.log info;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path WORK/body; proxy_temp_path WORK/proxy; fastcgi_temp_path WORK/fastcgi;
	uwsgi_temp_path WORK/uwsgi; scgi_temp_path WORK/scgi;
	proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $http_host;
	server {
		listen 127.0.0.1:8160;
		LOCATIONS
	}
}
"""

HAPROXY = """defaults
	mode http
	timeout connect 1s
	timeout client 3s
	timeout server 3s
frontend front
	bind 127.0.0.1:8161
	http-request set-path %[path,regsub(^/[a-z]+/,/)]
	use_backend %[capture.req.uri,field(2,/)]
"""

APACHE = """ServerRoot WORK
ServerName localhost
PidFile WORK/pid
DefaultRuntimeDir WORK
ErrorLog WORK/apache.log
User www-data
Group www-data
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
Listen 127.0.0.1:8162
ProxyPreserveHost On
"""


def product_passed_on():
    product.need("nginx", "haproxy", "apache2",
                 modules=["websockets", "tornado", "aiohttp", "autobahn", "uvicorn", "daphne", "channels", "hypercorn", "wsproto"],
                 package="nginx haproxy apache2 and the Python servers named in testdata/generate/run")
    lab, work = Lab(), WORK / "passed"
    work.mkdir(exist_ok=True)
    (work / "nginx.conf").write_text(NGINX.replace("WORK", str(work)).replace("LOCATIONS", "\n\t\t".join(
        f"location /{name}/ {{ proxy_pass http://127.0.0.1:{port}/; }}" for name, port in BACKENDS.items())))
    (work / "haproxy.cfg").write_text(HAPROXY + "".join(f"backend {name}\n\tserver s 127.0.0.1:{port}\n" for name, port in BACKENDS.items()))
    (work / "apache.conf").write_text(APACHE.replace("WORK", str(work)).replace("MODULES", "/usr/lib/apache2/modules") + "".join(
        f"ProxyPass /{name}/ http://127.0.0.1:{port}/ upgrade=websocket\n" for name, port in BACKENDS.items()))
    lab.capture("product_passed_on.pcap", filter="tcp portrange 8160-8162")
    for name in ("websockets", "tornado", "aiohttp", "autobahn"):
        _start(lab, name, BACKENDS[name])
    _asgi(lab, "fastapi", 8134, "uvicorn", "python_apps:fastapi", "--port", "8134", "--ws", "websockets")
    _asgi(lab, "fastapi", 8135, "uvicorn", "python_apps:fastapi", "--port", "8135", "--ws", "wsproto")
    _asgi(lab, "channels", 8139, "daphne", "-b", "127.0.0.1", "-p", "8139", "python_apps:channels")
    _asgi(lab, "bare", 8140, "hypercorn", "-b", "127.0.0.1:8140", "python_apps:bare")
    lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", 8160))
    lab.start(["haproxy", "-f", str(work / "haproxy.cfg")], ready=("127.0.0.1", 8161))
    lab.start(["apache2", "-DFOREGROUND", "-f", str(work / "apache.conf")], ready=("127.0.0.1", 8162))
    rows = []
    for port in (8160, 8161, 8162):
        v = Visits(f"127.0.0.1:{port}")
        for path, status, mark, rule, sure in (
            ("/websockets/chat", 403, "Failed to open a WebSocket connection: invalid Origin header", "pywebsockets-reject", True),
            ("/tornado/ok", 403, "Cross origin websockets not allowed", "tornado-reject", True),
            ("/autobahn/chat", 400, "WebSocket connection denied: origin", "autobahn-reject", True),
            ("/uvicorn/nowhere", 403, None, "uvicorn-403-empty", False),
            ("/daphne/ok", 403, "403 Access denied", "daphne-403", False),
            ("/hypercorn/close", 403, None, "hypercorn-reject", False),
        ):
            name = path.split("/")[1]
            known = {"not_findings": [f for f in FINGERPRINTS if f != rule] + ["haproxy-page", "apache-proxy"], "product": product.version(name)}
            known |= {"answered_by": name} if sure else {"allowed": [rule]}
            known["allowed"] = [*known.get("allowed", ()), "req-origin-mismatch"]
            v.ask(path, status, mark, findings=[rule] if sure else [], Origin=OTHER, known=known)
        v.ask("/aiohttp/ok", 400, "Unsupported version: 12", findings=["aiohttp-reject", "req-version-bad"], Sec_WebSocket_Version="12",
              known={"cause": "Sec-WebSocket-Version: 12", "answered_by": "aiohttp", "product": product.version("aiohttp"),
                     "not_findings": [f for f in FINGERPRINTS if f != "aiohttp-reject"] + ["haproxy-page", "apache-proxy"]})
        v.ask("/wsproto/ok", 426, "HTTP/1.1 426 \n", findings=["req-version-bad", "version-mismatch-answered"], Sec_WebSocket_Version="12", known={
            "cause": "Sec-WebSocket-Version: 12", "product": product.version("wsproto"), "not_findings": [*FINGERPRINTS, "haproxy-page", "apache-proxy"]})
        rows += v.rows
    lab.end()
    products = [product.version("nginx", "nginx", "-v"), product.version("HAProxy", "haproxy", "-v"), product.version("Apache httpd", "apache2", "-v")]
    truth.write("product_passed_on",
                "refusals of eight Python servers behind nginx, HAProxy and httpd, among them a 426 without words that nginx did not make",
                products + [ product.version(n) for n in BACKENDS] + [truth.RAW], rows)
