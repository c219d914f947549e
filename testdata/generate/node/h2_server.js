// h2_server.js HOST:PORT TLS-JSON — an HTTP/2 server that speaks nothing else, but takes connections without ALPN of it, too.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const { tlsOptions } = require('./common');

const [host, port] = process.argv[2].split(':');
const options = JSON.parse(process.argv[3]);
const server = http2.createSecureServer({ ...tlsOptions(options), ALPNProtocols: ['h2'] });
if (options.keylog) server.on('keylog', (line) => fs.appendFileSync(options.keylog, line));
server.on('sessionError', () => {}); // the client's HTTP/1.1
process.on('SIGTERM', () => process.exit(0));
server.listen(+port, host, () => console.log('{"ready":true}'));
