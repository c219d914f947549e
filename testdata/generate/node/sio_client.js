// sio_client.js ATTEMPTS-JSON — a socket.io client that makes one attempt after the
// other: {url, options, path}. It logs how each ended.
'use strict';
const { io } = require('socket.io-client');

const attempt = ({ url, options }) => new Promise((done) => {
  const log = { side: 'socket.io client', url, opened: false, error: null, transport: null };
  const socket = io(url, { reconnection: false, forceNew: true, timeout: 4000, ...options });
  const over = () => {
    console.log(JSON.stringify(log));
    socket.disconnect();
    setTimeout(done, 200);
  };
  socket.on('connect', () => {
    log.opened = true;
    log.transport = socket.io.engine.transport.name;
    over();
  });
  socket.on('connect_error', (e) => { log.error = e.message; over(); });
});

(async () => { for (const a of JSON.parse(process.argv[2])) await attempt(a); process.exit(0); })();
