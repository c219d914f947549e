// client.js ATTEMPTS-JSON — a ws client that makes one attempt after the other.
// Each attempt: {url, protocols, deflate, origin, headers, timeout, tls, do: [step…]}
// where tls has options of tls.connect, and keylog: FILE and resume: true, which takes the session of the attempt before,
// and through: {proxy, target, tls}, a CONNECT to a proxy that may be spoken to in TLS, with the steps
//   ["text", T] ["binary", N] ["parts", [T…]] ["ping", T]
//   ["wait", MS] ["messages", N] (until N were received) ["pong"] ["gone"] (until the socket is closed)
//   ["close", CODE, REASON] ["fin"] ["rst"]
'use strict';
const fs = require('fs');
const tunnel = require('./tunnel');
const { WebSocket, addr, write, send, bytes, tlsOptions, tlsFacts } = require('./common');

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const until = async (f) => { for (let i = 0; i < 1000 && !f(); i++) await sleep(5); };

const steps = {
  text: (ws, t) => send(ws, t),
  binary: (ws, n) => send(ws, bytes(n)),
  parts: (ws, parts) => {
    ws.log.sent++;
    parts.forEach((p, i) => ws.send(p, { fin: i === parts.length - 1 }));
  },
  ping: (ws, t) => ws.ping(t),
  wait: (ws, ms) => sleep(ms),
  messages: (ws, n) => until(() => ws.log.received >= n),
  pong: (ws) => until(() => ws.log.pongs > 0),
  gone: (ws) => until(() => ws.readyState === WebSocket.CLOSED),
  close: (ws, code, reason) => (code === undefined ? ws.close() : ws.close(code, reason)),
  fin: (ws) => { ws.log.end = 'client fin'; ws._socket.end(); },
  rst: (ws) => { ws.log.end = 'client rst'; ws._socket.resetAndDestroy(); },
};

let session; // the newest that a server gave

// Watch a TLS connection: its keys, its session, and what was agreed.
function watch(socket, a, log) {
  if (!socket.getProtocol) return;
  if (a.tls && a.tls.keylog) socket.on('keylog', (line) => fs.appendFileSync(a.tls.keylog, line));
  socket.on('session', (s) => { session = s; });
  socket.once('secureConnect', () => Object.assign(log, tlsFacts(socket)));
}

async function attempt(a) {
  const u = new URL(a.url);
  const log = {
    side: 'client', client: null, server: addr(u.hostname.replace(/[\[\]]/g, ''), u.port || 80), method: 'GET',
    uri: u.pathname + u.search, host: null, origin: a.origin || null, http_version: '1.1', status: null,
    subprotocol: null, extensions: null, sent: 0, received: 0, pongs: 0, closes: [], end: null,
  };
  let opened = false, over = false;
  const ws = new WebSocket(a.url, a.protocols || [], {
    ...(a.through ? await tunnel(a, log, watch) : {}),
    perMessageDeflate: a.deflate ? { threshold: 0 } : false, origin: a.origin, headers: a.headers,
    handshakeTimeout: a.timeout, followRedirects: false, closeTimeout: 2000, ...tlsOptions(a.tls), ...(a.tls && a.tls.resume ? { session } : {}),
    finishRequest: (req) => {
      log.host = req.getHeader('host');
      req.on('socket', (s) => {
        if (!a.through) s.once('connect', () => { log.client = addr(s.localAddress, s.localPort); });
        if (!a.through) watch(s, a, log);
      });
      req.end();
    },
  });
  ws.log = log;
  ws.on('upgrade', (res) => { log.status = res.statusCode; });
  ws.on('unexpected-response', (req, res) => {
    log.status = res.statusCode;
    const socket = res.socket; // the answer's end detaches it
    res.on('end', () => { socket.end(); over = true; });
    res.resume();
  });
  ws.on('message', () => log.received++);
  ws.on('pong', () => log.pongs++);
  ws.on('open', () => { opened = true; log.subprotocol = ws.protocol || null; log.extensions = ws.extensions || null; });
  ws.on('error', (e) => { log.error = e.message; if (!opened) over = true; });
  ws.on('close', (code) => { log.closed = code; over = true; });
  await until(() => opened || over);
  log.opened = opened;
  for (const [what, ...args] of opened ? a.do || [['close', 1000, 'done']] : []) await steps[what](ws, ...args);
  await until(() => over);
  write(log);
  await sleep(30);
}

(async () => { for (const a of JSON.parse(process.argv[2])) await attempt(a); })();
