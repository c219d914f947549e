// What is logged of a product whose own log says too little: each request that
// Node parsed, and the status of the first answer that the product wrote to its
// socket, whichever way it took.
'use strict';
const { addr, write } = require('./common');

// open are the sockets whose last request is not logged yet: some are until the end.
const open = new Set();
process.on('exit', () => open.forEach((socket) => socket.log && write(socket.log)));

// watch logs what an http.Server serves.
function watch(server) {
  server.on('connection', (socket) => {
    const plain = socket._writeGeneric;
    socket._writeGeneric = function (writev, data, encoding, cb) {
      const first = writev ? data[0]?.chunk : data;
      const m = /^HTTP\/1\.[01] (\d{3})/.exec(Buffer.from(first || '').toString('latin1', 0, 16));
      if (m && socket.log && socket.log.status === null) socket.log.status = +m[1];
      return plain.call(this, writev, data, encoding, cb);
    };
    open.add(socket);
    socket.on('close', () => { open.delete(socket); if (socket.log) write(socket.log); });
    socket.on('error', () => {});
  });
  // Listeners are left alone: one for upgrades changes what Node does, and products remove those for requests.
  const { emit } = server;
  server.emit = function (event, req, ...rest) {
    if (event === 'request' || event === 'upgrade') {
      const { socket } = req;
      if (socket.log) write(socket.log); // the request before on the same connection
      socket.log = {
        side: 'server', client: addr(socket.remoteAddress, socket.remotePort), server: addr(socket.localAddress, socket.localPort),
        method: req.method, uri: req.url, host: req.headers.host || null, origin: req.headers.origin || null,
        http_version: req.httpVersion, status: null,
      };
    }
    return emit.call(this, event, req, ...rest);
  };
}

module.exports = { watch };
