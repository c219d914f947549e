// A way to the server through a proxy: CONNECT on TCP or in TLS, and TLS to the server inside.
'use strict';
const fs = require('fs');
const net = require('net');
const tls = require('tls');
const { addr, tlsOptions } = require('./common');

const once = (emitter, event) => new Promise((done, fail) => { emitter.once(event, done); emitter.once('error', fail); });

// tunnel returns the options of a ws client whose connection is made here. The log gets the address of the connection to the proxy.
module.exports = async function tunnel(a, log, watch) {
  const [host, port] = a.through.proxy.split(':');
  const raw = net.connect(+port, host);
  await once(raw, 'connect');
  log.client = addr(raw.localAddress, raw.localPort);
  log.server = addr(host, port);
  let way = raw;
  if (a.through.tls) {
    way = tls.connect({ ...tlsOptions(a.through.tls), socket: raw });
    if (a.tls.keylog) way.on('keylog', (line) => fs.appendFileSync(a.tls.keylog, line));
    await once(way, 'secureConnect');
    log.outer = { tls_version: way.getProtocol(), tls_cipher: way.getCipher().standardName };
  }
  way.write(`CONNECT ${a.through.target} HTTP/1.1\r\nHost: ${a.through.target}\r\n\r\n`);
  const answer = (await once(way, 'data')).toString('latin1');
  if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer);
  const inner = tls.connect({ ...tlsOptions(a.tls), socket: way });
  watch(inner, a, log);
  await once(inner, 'secureConnect');
  Object.assign(log, { tls_version: inner.getProtocol(), tls_cipher: inner.getCipher().standardName, tls_resumed: inner.isSessionReused() });
  return { createConnection: () => inner };
};
