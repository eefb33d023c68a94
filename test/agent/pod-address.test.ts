import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { check, serve } from './support/agent.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';

describe("the agent asks at the Pod's own address", () => {
  const directory = useDaemons(['redis-server']);

  it('a redis that listens there and not on loopback, as Kubernetes says it', async () => {
    const port = await freePort();
    // Every address of 127.0.0.0/8 is one of this machine, and the agent tries none but 127.0.0.1 by itself.
    const socket = join(directory, 'redis.sock');
    const place = ['--bind', '127.0.0.3', '--port', `${port}`, '--unixsocket', socket, '--dir', directory];
    const redis = await startDaemon('redis-server', place, socket);
    const env = { HEALTH_PROBE_POD_IPS: '127.0.0.3,fd00::7' };
    const agent = await serve(['--container', 'cache', '--period', '200ms', `redis://pod:${port}`], env);
    try {
      assert.equal((await check([`redis://:${port}`])).code, 2);
      assert.match((await check([`redis://pod:${port}`], env)).line, /^PONG \(redis pod:/);
      assert.match((await check([`listen://pod:${port}`], env)).line, /^listening /);
      assert.equal((await check([`listen://pod:${port}`], { HEALTH_PROBE_POD_IPS: '127.0.0.4' })).code, 2);
      await eventually('ready', 10_000, async () => (await agent.get('/readyz/cache')).status === 200);
    } finally {
      await agent.stop();
      await redis.kill();
    }
  });

  it('found by itself, where Kubernetes could not say it', async () => {
    const own = await ownAddress();
    const server = createServer((socket) => socket.end()).listen(0, own ?? '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      const { code, line } = await check([`tcp://pod:${port}`]);
      if (own === undefined) assert.match(line, /^the Pod's own address is not known/);
      else assert.deepEqual([code, line.startsWith(`connected (tcp pod:${port}, `)], [0, true], line);
    } finally {
      server.close();
    }
  });
});

/** The address from which this machine would send to another; undefined where it has no way out. */
const ownAddress = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.on('error', () => done());
    socket.connect(9, '192.0.2.1', () => done(socket.address().address));
  });
