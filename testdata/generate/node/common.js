// What server.js and client.js share: a line of JSON per attempt on standard
// output, which is where the ground truth comes from.
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const now = () => performance.timeOrigin + performance.now();

// Every Close frame that the library really sends goes through close() while
// the socket is OPEN; an echo is told apart by the frame received before it.
const close = WebSocket.prototype.close;
WebSocket.prototype.close = function (code, data) {
  if (this.readyState === WebSocket.OPEN && this.log) {
    this.log.closes.push({
      t: now(),
      code: code === undefined ? 1005 : code,
      reason: data === undefined ? '' : data.toString(),
      echo: this._closeFrameReceived,
    });
  }
  return close.call(this, code, data);
};

const addr = (host, port) => (host.includes(':') ? `[${host}]` : host) + ':' + port;

// write prints a log record once.
function write(log) {
  if (!log.written) {
    log.written = true;
    console.log(JSON.stringify({ ...log, written: undefined }));
  }
}

// send sends one data message and counts it.
function send(ws, data, options) {
  ws.log.sent++;
  ws.send(data, options || {});
}

// bytes returns n bytes that do not compress, the same ones each time.
function bytes(n) {
  const b = Buffer.alloc(n);
  let x = 12345;
  for (let i = 0; i < n; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    b[i] = x >>> 24;
  }
  return b;
}

// tlsOptions are those of node:tls with ca, cert and key as names of files.
function tlsOptions(o) {
  const { keylog, resume, ...rest } = o || {};
  for (const k of ['ca', 'cert', 'key']) if (rest[k]) rest[k] = fs.readFileSync(rest[k]);
  return rest;
}

// tlsFacts says what was agreed on a TLS connection.
const tlsFacts = (socket) => ({
  tls_version: socket.getProtocol(), tls_cipher: socket.getCipher().standardName, tls_resumed: socket.isSessionReused(),
});

module.exports = { WebSocket, now, addr, write, send, bytes, tlsOptions, tlsFacts };
