// uws_server.js MODULE PORT — uWebSockets.js with a WebSocket on /chat and an application that refuses /vetoed.
'use strict';
const uws = require(process.argv[2]);

uws.App().ws('/chat', {
  message: (ws, text, binary) => ws.send(text, binary),
}).ws('/vetoed', {
  upgrade: (res) => res.writeStatus('403 Forbidden').end('not you'),
}).listen('127.0.0.1', +process.argv[3], () => {});
