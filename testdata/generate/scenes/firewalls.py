"""Web application firewalls in front of a WebSocket server."""
import product
import raw
import truth
from lab import WORK, Lab
from product import Visits, answer, canned

RULES = """SecRuleEngine On
SecRequestBodyAccess On
SecTmpDir WORK
SecDataDir WORK
SecUnicodeMapFile /etc/modsecurity/unicode.mapping 20127
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
"""

APACHE = """ServerRoot WORK
ServerName localhost
PidFile WORK/pid
DefaultRuntimeDir WORK
ErrorLog WORK/error.log
User www-data
Group www-data
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule unique_id_module MODULES/mod_unique_id.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
LoadModule security2_module MODULES/mod_security2.so
Listen 127.0.0.1:8150
ServerSignature On
Include WORK/rules.conf
<Location /deny>
	Require all denied
</Location>
ProxyPass / http://127.0.0.1:8190/ upgrade=websocket
"""

NGINX = """load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
daemon off; user root; pid WORK/nginx.pid; error_log WORK/nginx.log info;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path WORK/body; proxy_temp_path WORK/proxy; fastcgi_temp_path WORK/fastcgi;
	uwsgi_temp_path WORK/uwsgi; scgi_temp_path WORK/scgi;
	proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
	server {
		listen 127.0.0.1:8151;
		modsecurity on; modsecurity_rules_file WORK/rules.conf;
		location /deny { deny all; }
		location / { proxy_pass http://127.0.0.1:8190; }
	}
}
"""


def product_modsecurity():
    """The OWASP rules on both servers that ModSecurity runs in: the same path passes without what the rules dislike."""
    product.need("apache2", "nginx", package="apache2 nginx libapache2-mod-security2 libnginx-mod-http-modsecurity modsecurity-crs")
    lab, work = Lab(), WORK / "modsecurity"
    work.mkdir(exist_ok=True)
    work.chmod(0o777)
    for name, text in (("rules.conf", RULES), ("apache.conf", APACHE), ("nginx.conf", NGINX)):
        (work / name).write_text(text.replace("WORK", str(work)).replace("MODULES", "/usr/lib/apache2/modules"))
    canned("127.0.0.1:8190", {"/chat": raw.response_101(), "/member": answer("403 Forbidden", "Not a member.\n", type="text/plain")})
    lab.capture("product_modsecurity.pcap", filter="tcp portrange 8150-8151")
    lab.start(["apache2", "-DFOREGROUND", "-f", str(work / "apache.conf")], ready=("127.0.0.1", 8150))
    lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", 8151))
    rows = []
    for port, page, answered_by in ((8150, "apache-proxy", "apache"), (8151, "nginx-page", "nginx")):
        v = Visits(f"127.0.0.1:{port}", fingerprint=page, answered_by=answered_by, not_findings=["haproxy-page", "gorilla-reject"])
        agent = ["User-Agent: test", "Accept: */*"]
        v.ask("/chat?room=7", 101, extra=agent, known={"plain": True, "answered_by": "", "ending": "abnormal-fin|rst",
                                                       "not_findings": ["modsecurity-generic", page]})
        v.ask("/chat?room=%3Cscript%3Ealert(1)%3C/script%3E", 403, findings=["modsecurity-generic"], extra=agent,
              known={"cause": "a rule against scripts"})
        v.ask("/chat?room=1%27%20or%20%271%27=%271", 403, findings=["modsecurity-generic"], extra=agent, known={"cause": "a rule against SQL"})
        v.ask("/chat?file=../../../etc/passwd", 403, findings=["modsecurity-generic"], extra=agent, known={"cause": "a rule against paths"})
        scanner = ["User-Agent: sqlmap/1.7", "Accept: */*"]
        v.ask("/chat?room=8", 403, findings=["modsecurity-generic"], extra=scanner, known={"cause": "a rule against scanners"})
        v.ask("/deny", 403, extra=agent, known={"not_findings": ["modsecurity-generic"]})
        v.ask("/member", 403, "Not a member", extra=agent, known={"plain": True, "answered_by": "", "not_findings": ["modsecurity-generic", page]})
        rows += v.rows
    lab.end()
    products = [product.version("ModSecurity", "dpkg-query", "-W", "libapache2-mod-security2"),
                product.version("OWASP CRS", "dpkg-query", "-W", "modsecurity-crs"),
                product.version("Apache httpd", "apache2", "-v"), product.version("nginx", "nginx", "-v"), truth.RAW]
    truth.write("product_modsecurity",
                "OWASP's rules on httpd and on nginx: scripts, SQL, a path and a scanner's name refused where the same path passes; a 403 of "
                "the server's own configuration and one of the application",
                products, rows)
