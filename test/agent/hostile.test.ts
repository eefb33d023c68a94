import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { check } from './support/agent.ts';
import { freePort } from './support/daemon.ts';
import { type Behaviour, behaviours, noise, startPeer } from './support/hostile-peer.ts';

const timeoutMs = 300;
const handshake = Buffer.from([0x16, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xfb, 3, 3]);

/** What MySQL 8.0 says first. */
const greeting = Buffer.concat([
  Buffer.from('J\0\0\0\n8.0.40\0\b\0\0\0abcdefgh\0', 'latin1'),
  Buffer.from([0xff, 0xff, 0xff, 2, 0, 0xff, 0xdf, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from('ijklmnopqrst\0caching_sha2_password\0'),
]);

/** What SQL Server 2022 says to PRELOGIN, which it wants encrypted. */
const preloginAnswer = Buffer.from([
  4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0x10, 0x27, 0, 0, 1,
]);

type Asked = { readonly url: string; readonly beginning: Buffer };

/** For each check: its URL at PORT, and how a right answer begins. */
const checks: Readonly<Record<string, Asked>> = {
  redis: { url: 'redis://:$PASSWORD@:PORT', beginning: Buffer.from('-LOADING ') },
  'redis as a sentinel': {
    url: 'redis://:PORT?sentinel=mymaster',
    beginning: Buffer.from('+PONG\r\n*40\r\n$4\r\nname\r\n$8\r\nmymas'),
  },
  http: {
    url: 'http://:PORT/?body=well',
    beginning: Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n'),
  },
  'http without a body': { url: 'http://:PORT', beginning: Buffer.from('HTTP/1.1 200 OK\r\nServer: ') },
  https: { url: 'https://:PORT', beginning: handshake },
  tls: { url: 'tls://:PORT', beginning: handshake },
  // SETTINGS, empty, and the head of a HEADERS frame of 16,000 bytes.
  grpc: { url: 'grpc://:PORT', beginning: Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0x3e, 0x80, 1, 4, 0, 0, 0, 1]) },
  'grpc over TLS': { url: 'grpc://:PORT?tls', beginning: handshake },
  // AuthenticationOk, and the head of a ParameterStatus of 16,000 bytes.
  postgres: {
    url: 'postgres://probe:$PASSWORD@:PORT',
    beginning: Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x53, 0, 0, 0x3e, 0x80]),
  },
  'postgres over TLS': { url: 'postgres://:PORT?tls', beginning: Buffer.concat([Buffer.from('S'), handshake]) },
  // The head of a reply of 100 bytes to the first request, and the first of its document.
  mongodb: {
    url: 'mongodb://probe:$PASSWORD@:PORT',
    beginning: Buffer.from([100, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 0, 79, 0, 0, 0, 1]),
  },
  'mongodb over TLS': { url: 'mongodb://:PORT?tls', beginning: handshake },
  // The head of an answer of 1,000 bytes to the first request, without an error.
  kafka: { url: 'kafka://:PORT', beginning: Buffer.from([0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 0, 60, 0, 18]) },
  // The head of SUPPORTED, of 1,000 bytes, which begins.
  cassandra: { url: 'cassandra://:PORT', beginning: Buffer.from([0x84, 0, 0, 0, 6, 0, 0, 3, 0xe8, 0, 3, 0]) },
  'cassandra with a login': {
    url: 'cassandra://probe:$PASSWORD@:PORT?query=SELECT',
    beginning: Buffer.from('\x84\0\0\0\x06\0\0\0\x18\0\x01\0\x0bCQL_VERSION\0\x01\0\x053.4.7\x84', 'latin1'),
  },
  'cassandra over TLS': { url: 'cassandra://:PORT?tls', beginning: handshake },
  'kafka over TLS': { url: 'kafka://:PORT?tls', beginning: handshake },
  expect: {
    url: 'expect://:PORT?banner=^%5C%2BOK%20.*%5Cn&send=QUIT%5Cr%5Cn&expect=^bye',
    beginning: Buffer.from('+OK ready\r\nby'),
  },
  'expect with an upgrade': {
    url: 'expect://:PORT?send=STLS%5Cr%5Cn&expect=^%5C%2BOK%20go&starttls&send2=QUIT%5Cr%5Cn&expect2=^bye',
    beginning: Buffer.concat([Buffer.from('+OK go\r\n'), handshake]),
  },
  smtp: { url: 'smtp://:PORT', beginning: Buffer.from('220 mail ESMTP\r\n250-mail ') },
  'smtp over TLS': { url: 'smtp://:PORT?tls', beginning: handshake },
  'smtp with an upgrade': {
    url: 'smtp://:PORT?starttls',
    beginning: Buffer.concat([Buffer.from('220 mail\r\n250-mail\r\n250 STARTTLS\r\n220 go\r\n'), handshake]),
  },
  // An entry of 64 bytes, begun.
  ldap: {
    url: 'ldap://:$PASSWORD@:PORT?bind-dn=cn=probe',
    beginning: Buffer.from([0x30, 0x40, 2, 1, 1, 0x64, 0x3b, 4, 0]),
  },
  'ldap with an upgrade': {
    url: 'ldap://:PORT?starttls',
    beginning: Buffer.from([0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0, 0x16, 3, 3]),
  },
  mssql: { url: 'mssql://:PORT', beginning: Buffer.from([4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11]) },
  'mssql with a login': { url: 'mssql://me:$PASSWORD@:PORT', beginning: preloginAnswer },
  'mssql over TLS': { url: 'mssql://:PORT?tls', beginning: preloginAnswer },
  mysql: { url: 'mysql://:PORT', beginning: greeting.subarray(0, 40) },
  'mysql with a login': { url: 'mysql://health:$PASSWORD@:PORT?role=primary', beginning: greeting },
  'mysql over TLS': { url: 'mysql://health:$PASSWORD@:PORT?tls', beginning: greeting },
  memcached: { url: 'memcached://:PORT', beginning: Buffer.from('VERSION 1.6') },
  nats: { url: 'nats://:$PASSWORD@:PORT', beginning: Buffer.from('INFO {"version":"2.9.10"}\r\n-ERR ') },
  mqtt: { url: 'mqtt://:$PASSWORD@:PORT', beginning: Buffer.from([0x20, 9, 0]) },
  amqp: { url: 'amqp://probe:$PASSWORD@:PORT', beginning: Buffer.from([1, 0, 0, 0, 0, 0x20, 0, 0, 10, 0, 10, 0, 9]) },
  'amqp in version 1.0': {
    url: 'amqp://probe:$PASSWORD@:PORT?version=1.0',
    // Its header, and that of a frame of 8,192 bytes, begun.
    beginning: Buffer.from('AMQP\x03\x01\0\0\0\0\x20\0\x02\x01\0\0\0S@', 'latin1'),
  },
  'rabbitmq-stream': { url: 'rabbitmq-stream://:PORT', beginning: Buffer.from([0, 0, 0x20, 0, 0x80, 0x11, 0, 1, 0]) },
  // SETTINGS, empty, HEADERS of status 200, and the head of a DATA frame of 16,000 bytes.
  http2: {
    url: 'http2://:PORT?body=well',
    beginning: Buffer.from([
      0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, 0, 0x3e, 0x80, 0, 0, 0, 0, 0, 1,
    ]),
  },
  'http2 over TLS': { url: 'http2://:PORT?tls', beginning: handshake },
  ws: { url: 'ws://:PORT/?send=a&expect=b', beginning: Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: ') },
  wss: { url: 'wss://:PORT', beginning: handshake },
  zookeeper: { url: 'zookeeper://:PORT', beginning: Buffer.from('Zookeeper version: 3.8.0\nLatency ') },
  'zookeeper over TLS': { url: 'zookeeper://:PORT?tls', beginning: handshake },
  etcd: { url: 'etcd://:PORT', beginning: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: ') },
  'etcd over TLS': { url: 'etcd://:PORT?tls', beginning: handshake },
  elasticsearch: {
    url: 'elasticsearch://:$PASSWORD@:PORT',
    beginning: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: '),
  },
  opensearch: { url: 'opensearch://:PORT?tls&cluster-status=green', beginning: handshake },
  'dns by TCP': { url: 'dns://:PORT/one.test?transport=tcp', beginning: Buffer.from([0x40, 0]) },
};

/** Those whose beginning is a proof of life: what comes after that is no failure. */
const hasAnswered: ReadonlySet<string> = new Set([
  'redis as a sentinel',
  'postgres',
  'expect',
  'smtp',
  'mssql with a login',
  'mssql over TLS',
  'mysql with a login',
  'mysql over TLS',
  'nats',
  'cassandra with a login',
  'amqp in version 1.0',
]);

/** A query as an answer with these flags, which promises one record and has none. */
const replyTo = (query: Buffer, flags: number): Buffer =>
  Buffer.concat([query.subarray(0, 2), Buffer.from([flags, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]), query.subarray(12)]);
const otherId = (query: Buffer): Buffer =>
  Buffer.concat([Buffer.from([query[0]! ^ 1]), replyTo(query, 0x81).subarray(1)]);

const strange = /^only messages that answer something else came /;

/** What a name server sends for a query, and the code and the line that come of it. */
const datagrams: Readonly<Record<string, readonly [(query: Buffer) => readonly Buffer[], number, RegExp]>> = {
  'sends a datagram of garbage': [() => [noise], 4, strange],
  'answers another query': [(query) => [otherId(query)], 4, strange],
  'answers many other queries': [(query) => Array<Buffer>(1_000).fill(otherId(query)), 4, strange],
  'cuts its answer short': [(query) => [replyTo(query, 0x81).subarray(0, 14)], 4, strange],
  'promises a record that is not there': [(query) => [replyTo(query, 0x81)], 4, /^answer is malformed /],
  'says nothing to a datagram': [() => [], 3, /^timed out after 300ms /],
};

/** They mostly wait, but a peer that floods takes a core of its own. */
const atOnce = 6;

/** The outcome of a check of DNS by UDP, of the peer that sends these datagrams for each query. */
async function asksByUdp(answer: (query: Buffer) => readonly Buffer[], probe: string) {
  const port = await freePort();
  const peer = createSocket('udp4').bind(port, '127.0.0.1');
  await once(peer, 'listening');
  peer.on('message', (query, { port: from }) => answer(query).forEach((reply) => peer.send(reply, from, '127.0.0.1')));
  const url = `dns://:${port}/one.test?transport=udp`;
  const checked = await check(['--probe', probe, '--timeout', `${timeoutMs}ms`, url]);
  peer.close();
  return checked;
}

describe('a peer that', function () {
  for (const [what, behave] of Object.entries(behaviours)) {
    it(`${what} fails every check that it has not answered, in time and in one line`, async () => {
      const left = Object.entries(checks);
      const worker = async (): Promise<void> => {
        for (let next = left.pop(); next; next = left.pop()) await fails(what, behave, ...next);
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    });
  }

  for (const [what, [answer, expected, reason]] of Object.entries(datagrams)) {
    it(`${what} fails a check of DNS by UDP, in time and in one line`, async () => {
      for (const probe of ['readiness', 'liveness']) {
        const { code, line } = await asksByUdp(answer, probe);
        assert.match(line, reason);
        assert.equal(code, expected);
      }
    });
  }

  it('has too much for a datagram, and no TCP, has answered, so it is alive', async () => {
    for (const [probe, expected] of [
      ['readiness', 1],
      ['liveness', 0],
    ] as const) {
      const { code, line } = await asksByUdp((query) => [replyTo(query, 0x83)], probe);
      assert.match(line, /^the answer is too long for UDP, and does not come by TCP /);
      assert.equal(code, expected);
    }
  });
});

async function fails(what: string, behave: Behaviour, name: string, { url, beginning }: Asked): Promise<void> {
  const peer = await startPeer(behave, beginning);
  try {
    for (const probe of ['readiness', 'liveness']) {
      const args = ['--probe', probe, '--timeout', `${timeoutMs}ms`, url.replace('PORT', `${peer.port}`)];
      const { code, line } = await check(args, { PASSWORD: 'correct-horse' });
      // What does not match is an answer, so only without one is a banner the last word.
      const isLastWord = name !== 'expect' || what === 'begins well and closes';
      const isAlive = what.startsWith('begins well') && hasAnswered.has(name) && isLastWord && probe === 'liveness';
      const expected = what === 'says nothing' ? [3] : isAlive ? [0] : [1, 2, 3, 4];
      assert(code !== null && expected.includes(code), `${name}: ${code}: ${line}`);
      assert.match(line, /^[a-z][ -~…]{7,} \([a-z0-9-]+ 127\.0\.0\.1:\d+(, \d+\.\d ms)?\)$/i);
    }
  } finally {
    await peer.stop();
  }
}
