import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { type Socket, connect as connectTcp } from 'node:net';
import { type TLSSocket, connect } from 'node:tls';
import { promisify } from 'node:util';
import type { Limits } from '../../src/webhook/limits.ts';
import { eventually } from '../support/eventually.ts';
import { mutateHead, rawCall } from '../support/raw-call.ts';
import { type RunningWebhook, patchOf, reviewOf, startWebhook } from '../support/webhook.ts';

const json = { 'content-type': 'application/json' };
const pod = {
  metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' } },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};
const good = JSON.stringify(reviewOf(pod));

describe('the server and hostile clients', () => {
  let webhook: RunningWebhook;
  const start = async (limits: Partial<Limits>): Promise<void> => {
    webhook = await startWebhook({}, undefined, { limits });
  };
  const open = (): Promise<number> => promisify(webhook.server.getConnections.bind(webhook.server))();
  afterEach('it still answers a good review, and nothing is left', async () => {
    await eventually('no connection', 5_000, async () => (await open()) === 0);
    assert.equal(patchOf(await webhook.review(pod)).length, 3);
    const { body } = await webhook.send('GET', '/metrics');
    assert.match(body, /^health_injector_requests_in_flight 0$/m);
    await webhook.stop();
  });

  it('has its limits', async () => {
    await start({});
    const { server } = webhook;
    assert.deepEqual(
      [server.headersTimeout, server.requestTimeout, server.timeout, server.keepAliveTimeout, server.maxConnections],
      [10_000, 10_000, 30_000, 120_000, 1_000],
    );
  });

  const callOver = (agent: Agent, path = '/mutate'): Promise<{ reused: boolean; body: string }> =>
    new Promise((resolve, reject) => {
      const options = {
        ...webhook.connection,
        agent,
        method: path === '/mutate' ? 'POST' : 'GET',
        path,
        headers: json,
      };
      const sent = request(options, (reply) => {
        let body = '';
        reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
        reply.on('end', () => resolve({ reused: sent.reusedSocket, body }));
      });
      sent.on('error', reject).end(path === '/mutate' ? good : '');
    });

  const stalled: Record<string, (port: number) => Socket> = {
    'says nothing at all': (port) => connectTcp(port, '127.0.0.1'),
    'stops in the middle of its handshake': (port) => {
      const socket = connectTcp(port, '127.0.0.1');
      // The head of a record that announces a ClientHello of 512 bytes, and four of them.
      socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252]));
      return socket;
    },
    'feeds its handshake a byte at a time': (port) => {
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252]));
      const feed = setInterval(() => socket.write(Buffer.alloc(1)), 30);
      return socket.on('close', () => clearInterval(feed));
    },
  };
  for (const [name, begin] of Object.entries(stalled)) {
    it(`hangs up on one that ${name}`, async () => {
      await start({ handshakeMs: 200 });
      const sockets = Array.from({ length: 20 }, () => begin(webhook.connection.port));
      await Promise.all(sockets.map(closed));
    });
  }

  it('hangs up on one that says nothing after its handshake', async () => {
    await start({ headMs: 200 });
    await closed(connect(webhook.connection));
  });

  it('hangs up on one that feeds its head, or its body, a byte at a time', async () => {
    await start({ headMs: 300, callMs: 300 });
    for (const begin of ['POST /mutate HTTP/1.1\r\nX-Slow: ', mutateHead('Content-Length: 100000')]) {
      const socket = connect(webhook.connection, () => socket.write(begin));
      const feed = setInterval(() => socket.write('x'), 30);
      await closed(socket);
      clearInterval(feed);
    }
  });

  it('hangs up on one that asks for more than the network holds and never reads', async () => {
    await start({ stillMs: 300 });
    let feed: NodeJS.Timeout | undefined;
    const socket = connect(webhook.connection, () => {
      socket.pause();
      const text = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
      // No more at once than Node reads at once, as it hangs up on those that are ahead of it by more.
      feed = setInterval(() => socket.write(text.repeat(350)), 250);
    });
    socket.on('error', () => {});
    await eventually('a connection', 5_000, async () => (await open()) === 1);
    await eventually('that is closed', 12_000, async () => (await open()) === 0);
    clearInterval(feed);
    socket.destroy();
  });

  it('closes connections above the limit, and touches none of those that exist', async () => {
    await start({ connections: 3 });
    const agents = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    for (const agent of agents) await callOver(agent);
    for (let count = 0; count < 50; count++) await closed(connect(webhook.connection));
    for (const agent of agents) assert.equal((await callOver(agent)).reused, true);
    const { body } = await callOver(agents[0] as Agent, '/metrics');
    assert.match(body, /^health_injector_open_connections 3$/m);
    assert.match(body, /^health_injector_dropped_connections_total 50$/m);
    for (const agent of agents) agent.destroy();
    await eventually('room again', 5_000, async () => (await open()) === 0);
  });

  it('ends a connection after its last call, and says so in the answer', async () => {
    await start({ callsOnAConnection: 3 });
    const said = await rawCall(webhook.connection, post(good).repeat(5));
    assert.deepEqual(
      [...said.matchAll(/^connection: (.*)$/gim)].map(([, value]) => value?.trim()),
      ['keep-alive', 'keep-alive', 'close'],
    );
  });
});

/** Resolves when a socket is closed, however that comes. */
const closed = (socket: Socket | TLSSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });

const post = (body: string): string => `${mutateHead(`Content-Length: ${Buffer.byteLength(body)}`)}${body}`;
