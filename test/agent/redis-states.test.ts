import assert from 'node:assert/strict';
import { type Socket, connect } from 'node:net';
import { check } from './support/agent.ts';
import { asking } from './support/asking.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { slowToLoad, startRedis } from './support/servers.ts';
import { aliveIn } from './support/life.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple', LOGIN: 'probe' };
const { ask, codesOf } = asking(env, [env.PASSWORD, env.WRONG]);

describe('the agent asks a real redis in each of its states', () => {
  const directory = useDaemons(['redis-server']);

  it('while it loads it is alive, not ready', async () => {
    const redis = await startRedis(directory, await slowToLoad(directory, 5_000));
    assert.deepEqual(await codesOf(`redis://:${redis.port}`), { liveness: 0, readiness: 1, startup: 0 });
    assert.match((await ask(`redis://:${redis.port}`)).line, /^LOADING /);
    await redis.kill();
  });

  it('while it runs a long script it is alive, not ready', async () => {
    const redis = await startRedis(directory, ['busy-reply-threshold 20']);
    const script = redis.cli('eval', 'while true do end', '0');
    const { line } = await eventually('BUSY', 8_000, async () => {
      const checked = await ask(`redis://:${redis.port}`);
      return checked.code === 1 && checked;
    });
    assert.match(line, /^BUSY /);
    assert.deepEqual(await codesOf(`redis://:${redis.port}`), { liveness: 0, readiness: 1, startup: 0 });
    await redis.cli('script', 'kill');
    await script;
    assert.equal((await ask(`redis://:${redis.port}`)).code, 0);
    await redis.kill();
  });

  it('a replica that lost its master is alive, not ready', async () => {
    const redis = await startRedis(directory, [
      `replicaof 127.0.0.1 ${await freePort()}`,
      'replica-serve-stale-data no',
    ]);
    assert.deepEqual(await codesOf(`redis://:${redis.port}`), { liveness: 0, readiness: 1, startup: 0 });
    assert.match((await ask(`redis://:${redis.port}`)).line, /^MASTERDOWN /);
    await redis.kill();
  });

  it('once it is full it is alive, not ready', async () => {
    const redis = await startRedis(directory, ['maxclients 1', `requirepass ${password}`]);
    const guests: Socket[] = [];
    // Whoever came before may hold the one place when a guest comes.
    await eventually('a full redis', 8_000, async () => {
      guests.push(connect(redis.port, '127.0.0.1').on('error', () => {}));
      return (await ask(`redis://:${redis.port}`)).code === 1;
    });
    for (const url of [`redis://:${redis.port}`, `redis://:$PASSWORD@:${redis.port}`]) {
      assert.deepEqual(await codesOf(url), { liveness: 0, readiness: 1, startup: 0 });
      assert.match((await ask(url)).line, /^ERR max number of clients reached /);
    }
    await aliveIn('full', { url: 'redis://:PORT', port: redis.port });
    for (const guest of guests) guest.destroy();
    await redis.kill();
  });

  it('when it is stopped it is 3, in time', async () => {
    const redis = await startRedis(directory);
    redis.signal('SIGSTOP');
    for (const probe of ['liveness', 'readiness']) {
      const args = ['--probe', probe, '--timeout', '300ms', `redis://:${redis.port}`];
      const { code, line, ms } = await check(args);
      assert.equal(code, 3);
      assert(ms >= 300, `${ms} ms`);
      assert.match(line, /^timed out after 300ms /);
    }
    redis.signal('SIGCONT');
    assert.equal((await ask(`redis://:${redis.port}`)).code, 0);
    await redis.kill();
  });
});
