import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { check } from './support/agent.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { noise } from './support/hostile-peer.ts';

/** The check of memcached in `docs/checks/expect.md`. */
const page = readFileSync(new URL('../../docs/checks/expect.md', import.meta.url), 'utf8');
const recipe = /^\| memcached over UDP \| `(udp:[^`]+)` /m.exec(page)![1]!;

describe('the agent asks by a datagram', () => {
  useDaemons(['memcached']);

  it('a real memcached, which answers until it is stopped', async () => {
    const port = await freePort();
    const at = recipe.replace('11211', `${port}`);
    const memcached = await startDaemon(
      'memcached',
      ['-u', 'root', '-l', '127.0.0.1', '-p', `${port}`, '-U', `${port}`],
      port,
    );
    const { code, line } = await check([at]);
    assert.equal(code, 0, line);
    assert.equal((await check([at.replace(/&expect=.*/, '')])).code, 0);
    const odd = await check(['--timeout', '300ms', at.replace('=VERSION', '=^VERSION')]);
    assert.equal(odd.code, 3, odd.line);
    assert.match(odd.line, /^timed out, no match so far: ".*VERSION 1\./);
    memcached.signal('SIGSTOP');
    const stopped = await check(['--timeout', '300ms', at]);
    assert.equal(stopped.code, 3);
    assert.match(stopped.line, /^timed out after 300ms /);
    await memcached.kill();
    const gone = await check([at]);
    assert.equal(gone.code, 2);
    assert.match(gone.line, /^connection refused on 127\.0\.0\.1 and ::1 /);
  });

  for (const [what, answer, code, reason] of [
    ['that sends garbage', () => [noise.subarray(0, 1_000)], 3, /^timed out, no match so far: "/],
    ['that sends empty datagrams', () => Array<Buffer>(2_000).fill(Buffer.alloc(0)), 1, /^answer does not match: "" /],
    [
      'that sends garbage without end',
      () => Array<Buffer>(40).fill(noise.subarray(0, 8_000)),
      1,
      /^answer does not match/,
    ],
    ['that says nothing', () => [], 3, /^timed out after 300ms /],
  ] as const satisfies readonly [string, () => readonly Buffer[], number, RegExp][]) {
    it(`a peer ${what}, which fails in time and in one line`, async () => {
      const port = await freePort();
      const peer = createSocket('udp4').bind(port, '127.0.0.1');
      await once(peer, 'listening');
      peer.on('message', (_, { port: from }) => answer().forEach((reply) => peer.send(reply, from, '127.0.0.1')));
      for (const probe of ['readiness', 'liveness']) {
        const url = `udp://:${port}?send=a&expect=^well$`;
        const checked = await check(['--probe', probe, '--timeout', '300ms', url]);
        assert.match(checked.line, reason);
        assert.equal(checked.code, code);
      }
      peer.close();
    });
  }
});
