"""Browsers, with their own key logs."""
import os
import shutil
import subprocess
import time

import product
import products
import truth
from certificates import FOLDER, HOST, Pki
from scenes.tls_handshakes import _ethernet
from tlskit import keylog
from wss_peers import node_server, node_version

PAGE = """<!doctype html><title>x</title><script>
const say = (path) => new Promise((done) => {
  const ws = new WebSocket('wss://%s:9443' + path);
  ws.onopen = () => ws.send('hello');
  ws.onmessage = () => ws.close(1000, 'done');
  ws.onclose = done;
});
say('/first').then(() => say('/second')).then(() => say('/no?reject=403&body=no'));
</script>
"""


def _browse(name, description, made_by, command, env, old=False):
    lab, pki, keys = _ethernet(), Pki(), keylog(name)
    home = FOLDER / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "page.html").write_text(PAGE % HOST)
    node_server(lab, "127.0.0.1:9443", pki.ec, **({"maxVersion": "TLSv1.2"} if old else {}))
    server = lab.procs[-1]
    args = command(home, pki)
    lab.capture(f"{name}.pcap", filter="tcp port 9443")
    browser = subprocess.Popen(args, env=dict(os.environ, SSLKEYLOGFILE=str(keys), HOME=str(home), **env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        if any(r["status"] == 403 for r in server.records):
            break
        time.sleep(0.1)
    time.sleep(0.5)
    lab.capture_end()
    browser.terminate()
    browser.wait(10)
    servers = lab.end()
    if sorted(s["status"] for s in servers) != [101, 101, 403]:
        raise SystemExit(f"{name}: {servers}")
    made = []
    for h, s in zip(truth.join([], servers), servers, strict=True):
        if s["status"] == 101:  # its Close frame is what the library tells the server's application, which then sends one
            h |= {"close": {"code": 1000, "reason": "done", "by": "client"}, "ending": "clean"}
        else:
            h["allowed"] = ["req-origin-mismatch", "req-no-credentials"]
        made.append(h | {"tls": True, "sni": HOST} | {k: s[k] for k in ("tls_version", "tls_cipher", "tls_resumed")})
    keys.chmod(0o644)
    truth.write(name, description, [made_by, node_version()], made, keylog=keys.name)


def _store(folder, pki):
    """A store of NSS's that trusts our CA."""
    folder.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", f"sql:{folder}", "-n", "ca", "-t", "C,,", "-i", pki.ca.crt], check=True)


def _chromium(home, pki):
    _store(home / ".pki/nssdb", pki)
    return ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}/profile", "--no-first-run",
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1", "--disable-background-networking", "--remote-debugging-port=9222", f"file://{home}/page.html"]


def _firefox(home, pki):
    profile = home / "profile"
    _store(profile, pki)
    (profile / "user.js").write_text("".join(f'user_pref("{k}", {v});\n' for k, v in {
        "network.dns.localDomains": f'"{HOST}"', "app.normandy.enabled": "false", "datareporting.policy.dataSubmissionEnabled": "false",
        "browser.shell.checkDefaultBrowser": "false", "toolkit.telemetry.enabled": "false", "network.captive-portal-service.enabled": "false",
        "network.connectivity-service.enabled": "false"}.items()))
    return ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile), f"file://{home}/page.html"]


def tls_chromium():
    """Chromium: a ClientHello with GREASE, extensions in random order and a post-quantum share, in two segments."""
    products.need("/usr/bin/chromium", "chromium")
    _browse("tls_chromium", "Chromium: TLS 1.3, taken up again, two WebSockets and a 403; its ClientHello in two segments", product.version("Chromium", "chromium", "--version"), _chromium, {})


def tls_chromium_12():
    products.need("/usr/bin/chromium", "chromium")
    _browse("tls_chromium_12", "Chromium with a server that speaks TLS 1.2, taken up again by ticket", product.version("Chromium", "chromium", "--version"), _chromium, {}, old=True)


def tls_firefox():
    products.need("/usr/bin/firefox-esr", "firefox-esr")
    _browse("tls_firefox", "Firefox: TLS 1.3, taken up again, two WebSockets and a 403", product.version("Firefox", "firefox-esr", "--version"), _firefox, {"MOZ_DISABLE_CONTENT_SANDBOX": "1"})
