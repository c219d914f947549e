// server.js HOST:PORT [OPTIONS-JSON] — a ws server whose behaviour is asked for
// in the query of the request:
//   reject=STATUS&body=TEXT   answer STATUS instead of 101
//   hang=1, delay=MS          never answer, or late
//   hello=N                   N messages right after the 101
//   reply=BYTES               answer each message with BYTES bytes of binary
//   silent=1                  do not echo
//   ping=1                    ping the client after the 101
//   close=CODE&reason=TEXT    close after the first message (CODE 1005: no code)
//   end=fin|rst               end TCP after the first message, without Close
// Options: {"deflate": true, "family6": true, "tls": {…}} with the options of https.createServer, and keylog: FILE
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocket, addr, write, send, bytes, tlsOptions, tlsFacts } = require('./common');

const [, host, port] = process.argv[2].match(/^\[?(.*?)\]?:(\d+)$/);
const options = JSON.parse(process.argv[3] || '{}');

const wss = new WebSocket.Server({
  noServer: true,
  perMessageDeflate: options.deflate ? { threshold: 0 } : false,
  handleProtocols: (offered) => ['chat', 'graphql-transport-ws', 'mqtt'].find((p) => offered.has(p)) || false,
});

function newLog(req, socket) {
  return {
    side: 'server', client: addr(socket.remoteAddress, socket.remotePort),
    server: addr(socket.localAddress, socket.localPort), method: req.method, uri: req.url,
    host: req.headers.host || null, origin: req.headers.origin || null, http_version: req.httpVersion,
    status: null, subprotocol: null, extensions: null, sent: 0, received: 0, closes: [], end: null,
    ...(socket.getProtocol ? tlsFacts(socket) : {}),
  };
}

function reject(log, socket, status, body) {
  log.status = status;
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: text/plain\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  write(log);
}

function serve(ws, log, q, socket) {
  log.status = 101;
  log.subprotocol = ws.protocol || null;
  log.extensions = ws.extensions || null;
  ws.log = log;
  for (let i = 0; i < +(q.get('hello') || 0); i++) send(ws, `hello ${i}`);
  if (q.get('ping')) ws.ping('are you there');
  ws.on('message', (data, binary) => {
    log.received++;
    if (q.get('reply')) send(ws, bytes(+q.get('reply')));
    else if (!q.get('silent')) send(ws, binary ? data : data.toString());
    if (q.get('close')) {
      const code = +q.get('close');
      setTimeout(() => (code === 1005 ? ws.close() : ws.close(code, q.get('reason') || undefined)), 30);
    }
    if (q.get('end')) {
      log.end = 'server ' + q.get('end');
      setTimeout(() => (q.get('end') === 'rst' ? socket.resetAndDestroy() : socket.end()), 30);
    }
  });
  ws.on('error', (e) => { log.error = e.message; });
  ws.on('close', (code) => { log.closed = code; write(log); });
}

const plain = (req, res) => {
  const log = newLog(req, req.socket);
  log.status = 426;
  res.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket' });
  res.end('Upgrade Required');
  write(log);
};
const server = options.tls ? https.createServer(tlsOptions(options.tls), plain) : http.createServer(plain);
if (options.tls && options.tls.keylog) server.on('keylog', (line) => fs.appendFileSync(options.tls.keylog, line));
server.keepAliveTimeout = 1000;
server.on('upgrade', (req, socket, head) => {
  const q = new URL(req.url, 'http://x').searchParams;
  const log = newLog(req, socket);
  const answer = () => {
    if (q.get('reject')) return reject(log, socket, +q.get('reject'), q.get('body') || '');
    if (q.get('hang')) {
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
      socket.resume();
      return socket.on('close', () => write(log));
    }
    socket.on('finish', () => setTimeout(() => {
      if (log.status === null) { log.status = 400; write(log); } // the library refused
    }, 20));
    wss.handleUpgrade(req, socket, head, (ws) => serve(ws, log, q, socket));
  };
  setTimeout(answer, +(q.get('delay') || 0));
});
process.on('SIGTERM', () => process.exit(0));
server.listen(+port, host, () => console.log('{"ready":true}'));
