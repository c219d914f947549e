"""Answers of proxies, balancers and CDNs that cannot be run here, composed byte for byte as their documentation and reports show them.

Next to each stands what looks like it and is not: the same status from the origin behind it, one mark missing.
"""
from attempts import Book, answer, bye, page, switch, text

HTML = "Content-Type: text/html"
PLAIN = "Content-Type: text/plain; charset=utf-8"


def _made(name):
    return f"{name}, as in the catalogue"


def _html(status, reason, *fields, body=None, title=None, footer=None):
    return answer(status, reason, "Date: *", HTML, *fields, "Content-Length: *", body=body or page(title or f"{status} {reason}", footer))


def _fired(b, uri, reply, rule, who, product, **more):
    b.attempt(uri, reply, finds=rule + " " + more.pop("also", ""), by=who, product=_made(product), **more)


def _near(b, uri, reply, nots, product="an application that leaves no mark", **more):
    b.attempt(uri, reply, nots=nots, product=product, **more)


def rules_proxy_pages():
    b = Book("rules_proxy_pages",
             "composed answers of nginx, Apache, HAProxy, Envoy, Istio, Traefik and Caddy, with near misses; the path names the rule")
    nginx = ("Server: nginx/1.22.1", "Connection: keep-alive")
    for status, reason in ((403, "Forbidden"), (503, "Service Temporarily Unavailable"), (504, "Gateway Time-out"), (405, "Not Allowed")):
        _fired(b, f"/nginx-page/{status}", _html(status, reason, *nginx, footer="nginx/1.22.1"), "nginx-page", "nginx", "nginx")
    _fired(b, "/nginx-page/426-empty-reason", answer(426, "", "Server: nginx/1.22.1", "Date: *", "Content-Length: *", "Connection: keep-alive"),
           "nginx-page", "nginx", "nginx", cause="return 426")
    _near(b, "/nginx-page/near-426-words", answer(426, "Upgrade Required", "Server: nginx/1.22.1", "Date: *", "Content-Length: *"), "nginx-page")
    _near(b, "/nginx-page/near-server", answer(403, "Forbidden", "Server: nginx", "Date: *", "Content-Type: application/json", "Content-Length: *",
                                               body='{"error":"no"}'), "nginx-page")
    _near(b, "/nginx-page/near-sentence", _html(502, "Bad Gateway", body="<h1>502 Bad Gateway</h1><p>our own page, not nginx</p>"), "nginx-page")

    iso = "Content-Type: text/html; charset=iso-8859-1"
    head = '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>{0}</title>\n</head><body>\n<h1>{1}</h1>\n'
    proxy_error = (head.format("502 Proxy Error", "Proxy Error")
                   + "<p>The proxy server could not handle the request<p>Reason: <strong>Error reading from remote "
                   "server</strong></p></p>\n</body></html>\n")
    _fired(b, "/apache-proxy/502", answer("502", "Proxy Error", "Date: *", "Server: Apache/2.4.62 (Debian)", "Content-Length: *", iso,
                                          body=proxy_error), "apache-proxy", "apache", "Apache")
    upgrade = (head.format("426 Upgrade Required", "Upgrade Required") + "<p>The requested resource can only be retrieved\nusing SSL.  The server is "
               "willing to upgrade the current\nconnection to SSL, but your client doesn't support it.\nEither upgrade your client, or try "
               "requesting the page\nusing https://\n</body></html>\n")
    _fired(b, "/apache-proxy/426-wstunnel", answer(426, "Upgrade Required", "Date: *", "Server: Apache/2.4.62 (Debian)", "Upgrade: WebSocket",
                                                   "Connection: Upgrade", "Content-Length: *", iso, body=upgrade), "apache-proxy", "apache", "Apache",
           ask={"drop": ["Upgrade"]}, also="req-upgrade-missing")
    _near(b, "/apache-proxy/near-502", _html(502, "Bad Gateway", body="<h1>Proxy trouble</h1>"), "apache-proxy nginx-page")
    _near(b, "/apache-proxy/near-426", answer(426, "Upgrade Required", "Upgrade: websocket", "Connection: Upgrade", "Content-Length: *"),
          "apache-proxy")

    def haproxy(status, reason, title, words):
        return answer(status, reason, "Content-length: *", "Cache-Control: no-cache", "Connection: close", HTML,
                      body=f"<html><body><h1>{title}</h1>\n{words}\n</body></html>\n")

    _fired(b, "/haproxy-page/403", haproxy(403, "Forbidden", "403 Forbidden", "Request forbidden by administrative rules."), "haproxy-page",
           "haproxy", "HAProxy")
    _fired(b, "/haproxy-page/503", haproxy(503, "Service Unavailable", "503 Service Unavailable", "No server is available to handle this request."),
           "haproxy-page", "haproxy", "HAProxy")
    _fired(b, "/haproxy-page/400", haproxy(400, "Bad request", "400 Bad request", "Your browser sent an invalid request."), "haproxy-page", "haproxy",
           "HAProxy", ask={"drop": ["Sec-WebSocket-Key"]}, also="req-key-bad")
    _fired(b, "/haproxy-page/504", haproxy(504, "Gateway Time-out", "504 Gateway Time-out", "The server didn't respond in time."), "haproxy-page",
           "haproxy", "HAProxy", ms=5000, nots="nginx-page", may="net-slow-answer")
    _near(b, "/haproxy-page/near-503", answer(503, "Service Unavailable", "Content-Length: *", "Cache-Control: no-cache", HTML,
                                              body="<h1>503</h1>No server is free now.\n"), "haproxy-page")

    envoy = ("date: *", "server: envoy")
    _fired(b, "/envoy-upgrade-403/envoy", answer(403, "Forbidden", *envoy, "connection: close", "content-length: *"), "envoy-upgrade-403", "envoy",
           "Envoy")
    _fired(b, "/envoy-upgrade-403/istio", answer(403, "Forbidden", "date: *", "server: istio-envoy", "connection: close", "content-length: *"),
           "envoy-upgrade-403", "envoy", "Istio (Envoy)")
    _fired(b, "/envoy-upgrade-403/duplicate", answer(403, "Forbidden", *envoy, "connection: close", "content-length: *"), "envoy-upgrade-403",
           "envoy", "Envoy", ask={"Upgrade": "websocket, websocket"}, also="req-duplicate-upgrade")
    _near(b, "/envoy-upgrade-403/near-upstream", answer(403, "Forbidden", *envoy, "content-length: *", "x-envoy-upstream-service-time: 3"),
          "envoy-upgrade-403 envoy-other uvicorn-403-empty")
    _near(b, "/envoy-upgrade-403/near-404", answer(404, "Not Found", *envoy, "content-length: *"), "envoy-upgrade-403", _made("Envoy"),
          may="envoy-other")

    for word, status, reason, body in (
            ("rbac", 403, "Forbidden", "RBAC: access denied"), ("healthy", 503, "Service Unavailable", "no healthy upstream"),
            ("reset", 503, "Service Unavailable", "upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
            ("timeout", 504, "Gateway Timeout", "upstream request timeout")):
        _fired(b, "/envoy-other/" + word, answer(status, reason, "content-length: *", "content-type: text/plain", *envoy, body=body), "envoy-other",
               "envoy", "Envoy", nots="envoy-upgrade-403")
    _near(b, "/envoy-other/near-rbac", answer(403, "Forbidden", "content-type: text/plain", *envoy, "x-envoy-upstream-service-time: 2",
                                              "content-length: *", body="RBAC denies this user"), "envoy-other envoy-upgrade-403")
    _near(b, "/envoy-other/near-503", answer(503, "Service Unavailable", "Date: *", PLAIN, "Content-Length: *", body="no healthy database"),
          "envoy-other")

    nosniff = "X-Content-Type-Options: nosniff"
    _fired(b, "/traefik-caddy/traefik-503", answer(503, "Service Unavailable", PLAIN, nosniff, "Date: *", "Content-Length: *",
                                                   body="no available server\n"), "traefik-caddy", "traefik", "Traefik")
    _fired(b, "/traefik-caddy/traefik-502", answer(502, "Bad Gateway", "Date: *", "Content-Length: *", PLAIN, body="Bad Gateway"), "traefik-caddy",
           "traefik", "Traefik")
    _fired(b, "/traefik-caddy/caddy-502", answer(502, "Bad Gateway", "Server: Caddy", "Date: *", "Content-Length: *"), "traefik-caddy", "caddy",
           "Caddy")
    _near(b, "/traefik-caddy/near-via", answer(502, "Bad Gateway", PLAIN, "Via: 1.1 Caddy", "Date: *", "Content-Length: *",
                                               body="upstream says no\n"), "traefik-caddy")
    _near(b, "/traefik-caddy/near-503", answer(503, "Service Unavailable", PLAIN, "Date: *", "Content-Length: *", body="server not available\n"),
          "traefik-caddy")
    b.write()


def rules_edges():
    b = Book("rules_edges",
             "composed answers of Cloudflare, AWS, Azure, Google Cloud, Akamai, Imperva, F5, Sucuri, Fastly and a generic WAF, with near misses")
    ray = ("Server: cloudflare", "CF-RAY: 8a1b2c3d4e5f6789-FRA")
    challenge = "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body></body></html>"
    utf8 = "Content-Type: text/html; charset=UTF-8"
    _fired(b, "/cloudflare-block/challenge", answer(403, "Forbidden", "Date: *", utf8, "Content-Length: *", "Connection: close",
                                                    "cf-mitigated: challenge", *ray, body=challenge), "cloudflare-block", "cloudflare", "Cloudflare")
    _fired(b, "/cloudflare-block/challenge-429", answer(429, "Too Many Requests", "Date: *", utf8, "Content-Length: *", "cf-mitigated: challenge",
                                                        *ray, body=challenge), "cloudflare-block", "cloudflare", "Cloudflare")
    _fired(b, "/cloudflare-block/1020", answer(403, "Forbidden", "Date: *", "Content-Type: text/plain; charset=UTF-8", "Content-Length: *", *ray,
           body="error code: 1020"), "cloudflare-block", "cloudflare", "Cloudflare")
    _fired(b, "/cloudflare-block/page", answer(403, "Forbidden", "Date: *", utf8, "Content-Length: *", *ray,
                                               body="<!DOCTYPE html>\n<html class=\"no-js\"><head>\n"
                                               "<title>Attention Required! | Cloudflare</title>\n</head><body><h1 "
                                               "data-translate=\"block_headline\">Sorry, you have been blocked</h1>\n"
                                               "<span class=\"cf-footer-item\">Cloudflare Ray ID: "
                                               "<strong>8a1b2c3d4e5f6789</strong></span></body></html>\n"), "cloudflare-block", "cloudflare",
           "Cloudflare")
    _near(b, "/cloudflare-block/near-origin", answer(403, "Forbidden", "Date: *", "Content-Type: application/json", "Content-Length: *",
                                                     "cf-cache-status: DYNAMIC", *ray, body='{"error":"forbidden"}'), "cloudflare-block")
    _near(b, "/cloudflare-block/near-429", answer(429, "Too Many Requests", "Date: *", PLAIN, "Content-Length: *", "Retry-After: 10", *ray,
                                                  body="slow down\n"), "cloudflare-block")
    for status, reason in ((520, None), (521, ""), (522, ""), (523, ""), (524, ""), (525, ""), (526, "")):
        _fired(b, f"/cloudflare-52x/{status}", answer(status, reason, "Date: *", "Content-Type: text/plain; charset=UTF-8", "Content-Length: *", *ray,
               body=f"error code: {status}"), "cloudflare-52x", "cloudflare", "Cloudflare", nots="cloudflare-block")
    _fired(b, "/cloudflare-52x/530", answer(530, "", "Date: *", "Content-Type: text/plain; charset=UTF-8", "Content-Length: *", *ray,
                                            body="error code: 1016"), "cloudflare-52x", "cloudflare", "Cloudflare")
    _near(b, "/cloudflare-52x/near-other", answer(520, "Unknown", "Date: *", PLAIN, "Content-Length: *", body="error code: 520"), "cloudflare-52x")
    _near(b, "/cloudflare-52x/near-502", answer(502, "Bad Gateway", "Date: *", PLAIN, "Content-Length: *", *ray, body="our own 502"),
          "cloudflare-52x")

    def gateway(status, reason, kind, body, *more):
        kind = [f"x-amzn-ErrorType: {kind}"] if kind else []
        return answer(status, reason, "Date: *", "Content-Type: application/json", "Content-Length: *", "Connection: keep-alive",
                      "x-amzn-RequestId: 6c8d8f5e-0e6d-4a4f-9d0c-2f3b4c5d6e7f", *kind, "x-amz-apigw-id: Ab1CdEfGhIjKlMn=", *more, body=body)

    aws = ("aws-apigateway", "api gateway", "AWS API Gateway")
    _fired(b, "/aws-apigateway/forbidden", gateway(403, "Forbidden", "ForbiddenException", '{"message":"Forbidden"}'), *aws)
    _fired(b, "/aws-apigateway/missing-token", gateway(403, "Forbidden", "MissingAuthenticationTokenException",
                                                       '{"message":"Missing Authentication Token"}'), *aws)
    _fired(b, "/aws-apigateway/401", gateway(401, "Unauthorized", "UnauthorizedException", '{"message":"Unauthorized"}'), *aws)
    _fired(b, "/aws-apigateway/429", gateway(429, "Too Many Requests", "TooManyRequestsException", '{"message":"Too Many Requests"}'), *aws)
    route = '{"message": "Internal server error", "connectionId":"Ab1Cdc2-IAMCKCA=", "requestId":"Ab1CdEfGhIj="}'
    _fired(b, "/aws-apigateway/route", switch(), "aws-apigateway", None, "AWS API Gateway", steps=[text("c", '{"action":"x"}'), text("s", route), bye("c"),
                                                                                                    bye("s")])
    _near(b, "/aws-apigateway/near-origin", gateway(403, "Forbidden", None, '{"error":"no seat"}'), "aws-apigateway",
          "an application behind API Gateway")
    _near(b, "/aws-apigateway/near-message", switch(), "aws-apigateway", steps=[text("s", '{"message":"Forbidden"}'), bye("c"), bye("s")])

    elb = ("Server: awselb/2.0", "Connection: keep-alive")
    alb = ("aws-alb-cloudfront", "alb", "AWS Application Load Balancer")
    _fired(b, "/aws-alb-cloudfront/alb-403", answer(403, "Forbidden", *elb, "Date: *", HTML, "Content-Length: *", body=page("403 Forbidden")), *alb,
           nots="nginx-page")
    _fired(b, "/aws-alb-cloudfront/alb-503", answer(503, "Service Temporarily Unavailable", *elb, "Date: *", HTML, "Content-Length: *",
           body=page("503 Service Temporarily Unavailable")), *alb, nots="nginx-page")
    _fired(b, "/aws-alb-cloudfront/alb-504", answer(504, "Gateway Time-out", *elb, "Date: *", HTML, "Content-Length: *",
                                                    body=page("504 Gateway Time-out")), *alb, nots="nginx-page haproxy-page", ms=10000,
           may="net-slow-answer")
    _fired(b, "/aws-alb-cloudfront/alb-464", answer(464, "", *elb, "Date: *", "Content-Length: *"), *alb)

    def cloudfront(cache, server, body):
        return answer(403, "Forbidden", f"Server: {server}", "Date: *", HTML, "Content-Length: *", "Connection: keep-alive", f"X-Cache: {cache}",
                      "Via: 1.1 0123456789abcdef.cloudfront.net (CloudFront)", "X-Amz-Cf-Pop: FRA56-P4", "X-Amz-Cf-Id: q1w2e3r4t5y6u7i8o9p0==",
                      body=body)

    _fired(b, "/aws-alb-cloudfront/cloudfront", cloudfront("Error from cloudfront", "CloudFront",
                                                           "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied"
                                                           "</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be "
                                                           "satisfied.</H2>Request blocked.</BODY></HTML>"), "aws-alb-cloudfront", "cloudfront",
           "AWS CloudFront")
    _fired(b, "/aws-alb-cloudfront/s3", answer(403, "Forbidden", "Content-Type: application/xml", "Content-Length: *", "Date: *", "Server: AmazonS3",
           "X-Cache: Error from cloudfront", "Via: 1.1 0123456789abcdef.cloudfront.net (CloudFront)", "X-Amz-Cf-Id: q1w2e3r4t5y6u7i8o9p0==",
           body='<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'),
           "aws-alb-cloudfront", None, "AWS S3 behind CloudFront")
    _near(b, "/aws-alb-cloudfront/near-origin", cloudfront("Miss from cloudfront", "app", "no"), "aws-alb-cloudfront")

    azure = "Microsoft-Azure-Application-Gateway/v2"
    for status, reason in ((403, "Forbidden"), (502, "Bad Gateway")):
        _fired(b, f"/azure-edge/gateway-{status}", answer(status, reason, f"Server: {azure}", "Date: *", HTML, "Content-Length: *",
                                                          "Connection: keep-alive", body=page(f"{status} {reason}", azure)), "azure-edge", "azure",
               "Azure Application Gateway", nots="nginx-page")
    ref = "X-Azure-Ref: 20231114T221320Z-15d5f8c7b6a9x8y7z6w5v4u3t2s1r0"
    _fired(b, "/azure-edge/front-door", answer(403, "Forbidden", "Date: *", HTML, "Content-Length: *", ref, "X-Cache: CONFIG_NOCACHE",
                                               body="<!DOCTYPE html><html>"
                                               "<head><title>Error</title></head><body><h2>The request is blocked.</h2><div "
                                               "id='errorref'><span>20231114T221320Z-15d5f8c7b6a9</span></div></body></html>"), "azure-edge", "azure",
           "Azure Front Door")
    _near(b, "/azure-edge/near-origin", answer(403, "Forbidden", "Date: *", "Content-Type: application/json", "Content-Length: *", ref,
                                               "X-Cache: CONFIG_NOCACHE", body='{"error":"role"}'), "nginx-page",
          "an application behind Azure Front Door", may="azure-edge")
    _near(b, "/azure-edge/near-server", answer(403, "Forbidden", "Date: *", "Server: Microsoft-IIS/10.0", "Content-Length: *"), "azure-edge")

    via = ("Via: 1.1 google",)
    google = ("\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n<title>502 Server Error</title>\n</head>\n"
              "<body text=#000000 "
              "bgcolor=#ffffff>\n<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error and could not complete your "
              "request.<p>Please try again in 30 " "seconds.</h2>\n<h2></h2>\n</body></html>\n")
    _fired(b, "/gcp-lb/502", answer(502, "Bad Gateway", utf8, "Referrer-Policy: no-referrer", "Content-Length: *", "Date: *", *via, body=google),
           "gcp-lb", "google", "Google Cloud Load Balancing")
    _fired(b, "/gcp-lb/503", answer(503, "Service Unavailable", "content-length: *", "content-type: text/plain", "date: *", "via: 1.1 google",
           body="no healthy upstream"), "gcp-lb|envoy-other", None, "Google Cloud Load Balancing", may="gcp-lb envoy-other")
    _near(b, "/gcp-lb/near-403", answer(403, "Forbidden", "Date: *", "Content-Type: application/json", "Content-Length: *", *via,
                                        body='{"error":"token"}'), "", "an application behind Google Cloud", may="gcp-lb", by=None)
    _near(b, "/gcp-lb/near-via", answer(502, "Bad Gateway", "Date: *", PLAIN, "Content-Length: *", "Via: 1.1 googol.example", body="no"), "gcp-lb")
    b.write()


def rules_waf():
    b = Book("rules_waf", "composed block pages of Akamai, Imperva, F5, Sucuri, Fastly and a generic WAF, with near misses")
    waf = "akamai-imperva-waf"
    utf8 = "Content-Type: text/html; charset=utf-8"
    words = ("<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \nYou don't have permission to access "
             "\"http&#58;&#47;&#47;ws&#46;example&#46;com&#47;\" on this server.<P>\n{0}\n</BODY>\n</HTML>\n")
    ghost = ("Server: AkamaiGHost", "Mime-Version: 1.0", HTML, "Content-Length: *", "Expires: *", "Date: *", "Connection: close")
    _fired(b, f"/{waf}/akamai", answer(403, "Forbidden", *ghost, body=words.format("Reference&#32;&#35;18&#46;3faf3554&#46;1617634432&#46;da3d018")),
           waf, "akamai", "Akamai", cause="the reference is written in character references")
    _fired(b, f"/{waf}/akamai-503", answer(503, "Service Unavailable", *ghost,
                                           body="<HTML><BODY>An error occurred while processing your request.<p>\n"
                                           "Reference #18.3faf3554.1617634432.da3d018\n</BODY></HTML>\n"), waf, "akamai", "Akamai")
    _near(b, f"/{waf}/near-akamai", answer(403, "Forbidden", "Server: app", "Date: *", HTML, "Content-Length: *",
                                           body=words.format("Reference: room 18.3")), waf)
    incident = ("<html style=\"height:100%\"><head><META NAME=\"ROBOTS\" CONTENT=\"NOINDEX, NOFOLLOW\"></head><body><iframe id=\"main-iframe\" "
                "src=\"/_Incapsula_Resource?" "incident_id=764000-1\">Request unsuccessful. Incapsula incident ID: 764000-1</iframe></body></html>")
    _fired(b, f"/{waf}/imperva", answer(403, "Forbidden", HTML, "Cache-Control: no-cache", "Connection: close", "Content-Length: *", "X-CDN: Imperva",
                                        "Set-Cookie: visid_incap_1=a; path=/", "Set-Cookie: incap_ses_1_1=b; path=/",
                                        "X-Iinfo: 10-12345-0 0NNN RT(1700000000000 1) q(0 -1 -1 -1) r(0 -1) " "B15(4,200,0) U18", body=incident), waf,
           "imperva", "Imperva")
    _fired(b, f"/{waf}/imperva-200", answer(200, "OK", HTML, "Content-Length: *",
                                            "X-Iinfo: 9-54321-0 0NNN RT(1700000000000 1) q(0 -1 -1 -1) r(0 -1) B10(4,289,0) U18", body=incident), waf,
           "imperva", "Imperva", cause="the block page has status 200")
    f5 = ("<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
          "administrator.<br><br>Your support ID is: " "1234567890123456789<br><br><a href='javascript:history.back();'>[Go Back]</a></body></html>")
    _fired(b, f"/{waf}/f5", answer(200, "OK", "Cache-Control: no-cache", "Connection: close", utf8, "Pragma: no-cache", "Content-Length: *", body=f5),
           waf, "f5", "F5 BIG-IP ASM", cause="the block page has status 200")
    _near(b, f"/{waf}/near-f5", answer(200, "OK", "Date: *", utf8, "Content-Length: *", body="<p>The requested song was rejected by the jury.</p>"),
          waf)
    _fired(b, f"/{waf}/sucuri", answer(403, "Forbidden", "Server: Sucuri/Cloudproxy", "Date: *", HTML, "Content-Length: *", "Connection: keep-alive",
                                       "X-Sucuri-ID: 15015",
                                       body="<html><head><title>Sucuri WebSite Firewall - Access Denied</title></head><body></body></html>"), waf,
           "sucuri", "Sucuri")
    served = "X-Served-By: cache-fra-eddf8230071-FRA"
    _fired(b, f"/{waf}/fastly", answer(503, "Backend is unhealthy", "Connection: close", "Content-Length: *", "Server: Varnish", "Retry-After: 0",
                                       utf8, "Date: *", "Via: 1.1 varnish", served, "X-Cache: MISS", "X-Cache-Hits: 0",
                                       body="<html><head><title>503 Backend is unhealthy</title></head><body>"
                                       "<h1>Error 503 Backend is unhealthy</h1><p>Error 54113</p><p>Details: cache-fra-eddf8230071-FRA 1700000000 "
                                       "1</p><hr><p>Varnish cache server</p></body></html>"), waf, "fastly", "Fastly")
    _near(b, f"/{waf}/near-fastly", answer(503, "Service Unavailable", "Date: *", HTML, "Content-Length: *", "X-Served-By: web-01", body="busy"), waf)

    rule, query = "modsecurity-generic", "?q=%3Cscript%3Ealert(1)%3C/script%3E"
    stock = _html(403, "Forbidden", "Server: nginx/1.22.1", "Connection: keep-alive", footer="nginx/1.22.1")
    shared = {"server": "198.51.100.90:80"}
    talk = [text("c", "hello"), text("s", "hello"), bye("c"), bye("s")]
    for n in (1, 2):
        b.attempt(f"/{rule}/query?n={n}", switch(), talk, ms=60, nots=rule, product="an application behind nginx", **shared)
    b.attempt(f"/{rule}/query{query}", stock, ms=8, finds=rule, may="nginx-page", product=_made("ModSecurity in nginx"),
              cause="a script in the query", **shared)
    b.attempt(f"/{rule}/406{query}", answer(406, "Not Acceptable", "Date: *", "Server: Apache", HTML, "Content-Length: *",
                                            body="<html><head><title>Not Acceptable!</title>"
                                            "</head><body><h1>Not Acceptable!</h1><p>An appropriate representation of the requested resource "
                                            "could not be found on this server. This error was " "generated by Mod_Security.</p></body></html>"),
              ms=8, finds=rule, product=_made("ModSecurity in Apache"))
    b.attempt(f"/{rule}/near-app{query}", answer(403, "Forbidden", "Date: *", "Content-Type: application/json", "X-Request-Id: 7",
                                                 "Content-Length: *", body='{"error":"no seat"}'), ms=300, nots=rule,
              product="an application that leaves no mark")
    b.write()
