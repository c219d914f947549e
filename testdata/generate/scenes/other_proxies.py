"""Varnish, lighttpd and Caddy: pages of their own, and answers of others that they pass on."""
import product
import truth
from lab import WORK, Lab
from product import Visits, answer, canned


def product_varnish():
    product.need("varnishd")
    lab, at, work = Lab(), "127.0.0.1:8125", WORK / "varnish"
    work.mkdir(exist_ok=True)
    (work / "default.vcl").write_text("""vcl 4.1;
backend good { .host = "127.0.0.1"; .port = "8190"; .first_byte_timeout = 1s; }
backend dead { .host = "127.0.0.1"; .port = "8191"; }
sub vcl_recv {
	if (req.url ~ "^/deny") { return (synth(403, "Forbidden")); }
	if (req.url ~ "^/dead") { set req.backend_hint = dead; }
	if (req.url ~ "^/piped") { return (pipe); }
	return (pass);
}
sub vcl_pipe {
	if (req.url ~ "^/piped/kept") { set bereq.http.Upgrade = req.http.Upgrade; set bereq.http.Connection = req.http.Connection; }
}
""")
    back = canned("127.0.0.1:8190", {"/page": answer("200 OK", "<!doctype html><title>app</title>\n"), "/slow": None,
                                     "/piped/bare": answer("400 Bad Request", "No upgrade.\n", type="text/plain"),
                                     "/piped/kept": answer("403 Forbidden", "Not a member.\n", type="text/plain")})
    lab.capture("product_varnish.pcap", filter="tcp port 8125 or tcp port 8190")
    lab.start(["varnishd", "-F", "-n", str(work / "run"), "-a", at, "-f", str(work / "default.vcl"), "-s", "malloc,8m"], ready=("127.0.0.1", 8125))
    v = Visits(at, not_findings=["nginx-page", "haproxy-page", "apache-proxy"])
    v.ask("/deny", 403, "Guru Meditation")
    v.ask("/dead", 503, "Backend fetch failed")
    strips = {"leg": "front", "cause": "Varnish forwards without Upgrade and Connection"}
    mute = strips | {"allowed": ["proxy-strips-upgrade"]}  # nothing on this leg says so
    v.ask("/slow", 503, "Backend fetch failed", known=mute)
    v.ask("/page", 200, "<title>app</title>", findings=["proxy-strips-upgrade"], known=strips)
    v.ask("/piped/bare", 400, "No upgrade", known=mute)
    v.ask("/piped/kept", 403, "Not a member", known={"leg": "front", "not_findings": [*v.always["not_findings"], "proxy-strips-upgrade"]})
    lab.end()
    truth.write("product_varnish",
                "Varnish's own 403 and 503; on both legs: requests that it passes and pipes without Upgrade, and one that it pipes with it",
                [product.version("Varnish", "varnishd", "-V", pattern=r"varnish-([\d.]+)"), truth.RAW],
                v.rows + product.far_legs(back, ["/slow", "/page", "/piped/bare"]))


def product_lighttpd():
    product.need("lighttpd")
    lab, at, work = Lab(), "127.0.0.1:8126", WORK / "lighttpd"
    work.mkdir(exist_ok=True)
    (work / "lighttpd.conf").write_text(f"""server.document-root = "{work}"
server.bind = "127.0.0.1"
server.port = 8126
server.modules = ("mod_access", "mod_proxy", "mod_redirect")
url.redirect = ("^/moved" => "/elsewhere")
$HTTP["url"] =~ "^/deny" {{ url.access-deny = ("") }}
$HTTP["url"] =~ "^/dead" {{ proxy.server = ("" => (("host" => "127.0.0.1", "port" => 8191))) proxy.header = ("upgrade" => "enable") }}
$HTTP["url"] =~ "^/app" {{ proxy.server = ("" => (("host" => "127.0.0.1", "port" => 8190))) proxy.header = ("upgrade" => "enable") }}
""")
    canned("127.0.0.1:8190", {"/app/403": answer("403 Forbidden", "Not a member.\n", type="text/plain"), "/app/mute": b""})
    lab.capture("product_lighttpd.pcap", filter="tcp port 8126")
    lab.start(["lighttpd", "-D", "-f", str(work / "lighttpd.conf")], ready=("127.0.0.1", 8126))
    v = Visits(at, not_findings=["nginx-page", "haproxy-page", "apache-proxy"])
    v.ask("/deny", 403)
    v.ask("/nowhere", 404)
    v.ask("/dead", 503)
    v.ask("/app/mute", 500)
    v.ask("/app/403", 403, "Not a member")
    v.ask("/moved", 301)
    lab.end()
    truth.write("product_lighttpd", "lighttpd's own 403, 404, 503, 500 and 301, and a 403 of a backend: pages that look like those of others",
                [product.version("lighttpd", "lighttpd", "-v"), truth.RAW], v.rows)


def product_caddy():
    product.need("caddy")
    lab, at, work = Lab(), "127.0.0.1:8127", WORK / "caddy"
    work.mkdir(exist_ok=True)
    (work / "Caddyfile").write_text("""{
	admin off
	auto_https off
}
http://:8127 {
	bind 127.0.0.1
	respond /deny 403
	respond /words "not for you" 403
	reverse_proxy /dead 127.0.0.1:8191
	reverse_proxy /app/slow 127.0.0.1:8190 {
		transport http {
			response_header_timeout 1s
		}
	}
	reverse_proxy /app/* 127.0.0.1:8190
}
""")
    canned("127.0.0.1:8190", {"/app/403": answer("403 Forbidden", "Not a member.\n", type="text/plain"), "/app/502": answer("502 Bad Gateway"),
                              "/app/slow": None, "/app/junk": b"SSH-2.0-OpenSSH_9.2p1\r\n"})
    lab.capture("product_caddy.pcap", filter="tcp port 8127")
    lab.start(["caddy", "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"], ready=("127.0.0.1", 8127))
    others = ["nginx-page", "haproxy-page", "apache-proxy", "go-mux-404"]
    v = Visits(at, fingerprint="traefik-caddy", answered_by="caddy", not_findings=others)
    passed = {"plain": True, "answered_by": "", "not_findings": ["traefik-caddy", *others]}
    v.ask("/dead", 502)
    v.ask("/app/junk", 502)
    v.ask("/app/slow", 504)
    v.ask("/app/403", 403, "Not a member", known=passed)
    v.ask("/app/502", 502, known=passed)
    v.ask("/words", 403, "not for you", known=passed | {"not_findings": others, "allowed": ["traefik-caddy"]})
    v.ask("/deny", 403, known=passed | {"not_findings": others, "allowed": ["traefik-caddy"]})
    v.ask("/nowhere", 200, known=passed | {"not_findings": others, "allowed": ["traefik-caddy"]})
    lab.end()
    truth.write("product_caddy", "Caddy's own 502 and 504; 403 of its configuration, an empty 200, and 403 and 502 of a backend",
                [product.version("Caddy", "dpkg-query", "-W", "caddy"), truth.RAW], v.rows)
