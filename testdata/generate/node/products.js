// products.js PRODUCT HOST:PORT — serves one product of Node's WebSocket world, so
// that captures hold what it really answers. What is in each product's way is as
// its documentation shows it; paths choose between refusals.
'use strict';
process.env.NODE_ENV = 'production'; // no stacks, which hold paths of this machine, in pages
const http = require('http');
const { WebSocketServer } = require('ws');
const { watch } = require('./wire');

const [, , product, at] = process.argv;
const [, host, port] = at.match(/^(.*):(\d+)$/);
const dead = 'http://127.0.0.1:9';
const listen = (server) => server.listen(+port, host);
const echo = (ws) => {
  ws.on('message', (data, binary) => ws.send(data, { binary }));
  ws.on('error', () => {});
};
const json = (res, status, body) => {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(body));
};

const socketIO = (options) => {
  const server = http.createServer();
  watch(server);
  const { Server } = require('socket.io');
  const io = new Server(server, { serveClient: false, ...options });
  io.use((socket, next) => next(socket.handshake.auth.token === 'expired' ? new Error('token expired') : undefined));
  listen(server);
};

const products = {
  // ws with a server of its own, whose verifyClient decides by path
  ws() {
    const wss = new WebSocketServer({
      host, port: +port, perMessageDeflate: true,
      verifyClient: ({ req }, done) => {
        if (req.url === '/denied') done(false);
        else if (req.url === '/denied/403') done(false, 403, 'not you', { 'X-Why': 'guest' });
        else if (req.url === '/denied/429') done(false, 429, '', { 'Retry-After': '5' });
        else done(true);
      },
    });
    watch(wss._server);
    wss.on('connection', echo);
  },

  // ws on a server that it shares: one of a path, one that is closing
  'ws-shared'() {
    const server = http.createServer((req, res) => { res.writeHead(404); res.end(); });
    watch(server);
    const chat = new WebSocketServer({ noServer: true, path: '/chat' });
    const closing = new WebSocketServer({ noServer: true });
    chat.on('connection', echo);
    closing.close();
    server.on('upgrade', (req, socket, head) => {
      if (req.url === '/handmade') return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'); // as ws' own documentation has it
      if (req.url === '/destroyed') return socket.destroy();
      const wss = req.url === '/closing' ? closing : chat;
      wss.handleUpgrade(req, socket, head, (ws) => wss.emit('connection', ws, req));
    });
    listen(server);
  },

  // two ws servers that both take every upgrade of one server
  'ws-twice'() {
    const server = http.createServer();
    watch(server);
    for (const path of ['/one', '/two']) new WebSocketServer({ server, path }).on('connection', echo);
    listen(server);
  },

  // nothing listens for upgrades: Node hands them over as requests
  plain() {
    const server = http.createServer((req, res) => {
      const near = { '/forbidden': 403, '/unauthorized': 401, '/bad': 400 }[req.url];
      if (near) {
        const body = http.STATUS_CODES[near];
        res.writeHead(near, { Connection: 'close', 'Content-Type': 'text/html', 'Content-Length': body.length });
        return res.end(body);
      }
      if (req.url.startsWith('/code')) return json(res, 400, { code: 7, message: 'no such room' });
      if (req.url === '/welcome') return res.end('Welcome to SockJS fans!\n');
      res.end('<!doctype html><title>a page</title>');
    });
    watch(server);
    listen(server);
  },

  express() {
    const app = require('express')();
    app.get('/private', (req, res) => res.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'no token' }));
    app.get('/staff', (req, res) => res.sendStatus(403));
    app.get('/home', (req, res) => res.send('<!doctype html><title>home</title>'));
    app.get('/old', (req, res) => res.redirect(301, '/home'));
    app.get('/broken', () => { throw new Error('a bug'); });
    const server = http.createServer(app);
    watch(server);
    listen(server);
  },

  async fastify() {
    let server;
    const app = require('fastify')({ serverFactory: (handler) => { server = http.createServer(); watch(server); return server.on('request', handler); } });
    const forbidden = (req, reply) => reply.code(403).send(Object.assign(new Error('pods "web" is forbidden'), { statusCode: 403 }));
    app.get('/staff', forbidden);
    app.get('/api/v1/namespaces/default/pods/web/exec', forbidden);
    app.get('/socket.io/', (req, reply) => reply.code(400).send(Object.assign(new Error('Session ID unknown'), { statusCode: 400 })));
    await app.listen({ host, port: +port });
  },

  'engine.io'() {
    const server = http.createServer((req, res) => { res.writeHead(404); res.end(); });
    watch(server);
    const eio = require('engine.io').attach(server, {
      allowRequest: (req, done) => {
        const { searchParams: q } = new URL(req.url, 'http://x');
        if (q.has('deny')) done(q.get('deny') || undefined, false);
        else done(null, true);
      },
    });
    eio.generateId = (req) => req._query.id || 'some-id'; // so that the scene knows it
    eio.on('connection', (s) => s.on('message', (m) => s.send(m)));
    listen(server);
  },

  // socket.io, and one that has no WebSocket transport and then does not listen for upgrades
  'socket.io': () => socketIO({}),
  'socket.io-polling': () => socketIO({ transports: ['polling'] }),

  sockjs() {
    const server = http.createServer((req, res) => { res.writeHead(404); res.end('not of SockJS'); });
    watch(server);
    const service = require('sockjs').createServer({ log: () => {}, prefix: '/echo' });
    service.on('connection', (c) => c && c.on('data', (m) => c.write(m)));
    service.installHandlers(server);
    listen(server);
  },

  'websocket-node'() {
    const { server: Server } = require('websocket');
    const server = http.createServer((req, res) => { res.writeHead(404); res.end(); });
    watch(server);
    const wss = new Server({ httpServer: server, autoAcceptConnections: false });
    wss.on('request', (r) => {
      if (r.resource === '/denied') return r.reject();
      if (r.resource === '/denied/401') return r.reject(401, 'no ticket');
      if (r.resource === '/unhandled') return undefined;
      const c = r.accept(null, r.origin);
      return c.on('message', (m) => c.sendUTF(m.utf8Data));
    });
    listen(server);
  },

  faye() {
    const Faye = require('faye-websocket');
    const server = http.createServer((req, res) => { res.writeHead(404); res.end(); });
    watch(server);
    server.on('upgrade', (req, socket, body) => {
      if (req.url !== '/always' && !Faye.isWebSocket(req)) return socket.end();
      const ws = new Faye(req, socket, body);
      return ws.on('message', (e) => ws.send(e.data));
    });
    listen(server);
  },

  'http-proxy'() {
    const proxy = require('http-proxy').createProxyServer({ target: dead, ws: true });
    const server = http.createServer((req, res) => proxy.web(req, res, {}, () => { res.writeHead(502, { 'Content-Type': 'text/plain' }); res.end('Bad Gateway'); }));
    watch(server);
    server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head, {}, () => {
      if (req.url === '/told') return socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
      return socket.destroy();
    }));
    listen(server);
  },

  'http-proxy-middleware'() {
    const { createProxyMiddleware } = require('http-proxy-middleware');
    const proxy = createProxyMiddleware({ target: dead, ws: true });
    const server = http.createServer((req, res) => proxy(req, res, () => res.end()));
    watch(server);
    server.on('upgrade', proxy.upgrade);
    listen(server);
  },

  // servers that end the connection of an upgrade without a word, at once or later
  silent() {
    const server = http.createServer();
    watch(server);
    server.on('upgrade', (req, socket) => {
      const ways = { '/destroy': () => socket.destroy(), '/end': () => socket.end(), '/reset': () => socket.resetAndDestroy(),
        '/later': () => setTimeout(() => socket.end(), 300), '/late': () => setTimeout(() => socket.end(), 2500) };
      return (ways[req.url] || ways['/destroy'])();
    });
    listen(server);
  },
};

process.on('SIGTERM', () => process.exit(0));
process.on('uncaughtException', (e) => console.log('uncaught: ' + e.message));
products[product]();
