import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { asking, refused, unhealthy } from './support/asking.ts';
import { useDaemons } from './support/daemon.ts';
import { startSentinel } from './support/redis-cluster.ts';
import { startRedis } from './support/servers.ts';
import { eventually } from '../support/eventually.ts';

const password = 'correct-horse-battery-staple';
const env = { PASSWORD: password, WRONG: 'wrong-horse-battery-staple' };
const { ask, codesOf, passes } = asking(env, [env.PASSWORD, env.WRONG]);
const at = (port: number, master = 'mymaster'): string => `redis://:${port}?sentinel=${master}`;

describe('the agent asks a real sentinel', () => {
  const directory = useDaemons(['redis-server']);

  const up = /^PONG, master mymaster is up, the quorum can be reached /;

  it('a master that is down or peers that are gone make no sentinel fail', async function () {
    this.timeout(180_000);
    const master = await startRedis(directory, ['repl-diskless-sync-delay 0']);
    const replica = await startRedis(directory, [`replicaof 127.0.0.1 ${master.port}`]);
    const [sentinel, ...peers] = await Promise.all([1, 2, 3].map(() => startSentinel(directory, master.port, 2)));
    const url = at(sentinel!.port);
    for (const { port } of [sentinel!, ...peers]) assert.equal((await says(port, up)).code, 0);
    assert.deepEqual(await codesOf(at(sentinel!.port, 'other')), unhealthy);
    assert.match((await ask(at(sentinel!.port, 'other'))).line, /^no master other is known /);

    // Stopped ones would distrust their clocks afterwards, for 30 seconds.
    for (const peer of peers) await peer.kill();
    const lonely = await says(sentinel!.port, /^NOQUORUM 1 usable Sentinels\. Not enough available Sentinels /);
    assert.equal(lonely.code, 1);
    assert.deepEqual(await codesOf(url), unhealthy);
    for (const { restart } of peers) await says((await restart()).port, up);
    await says(sentinel!.port, up);

    // The replica takes over.
    const replicas = `redis://:${sentinel!.port}?command=SENTINEL%20REPLICAS%20mymaster&expect=1%20elements`;
    for (const follows of [replicas, `redis://:${replica.port}?max-lag=30s`]) {
      await eventually('a replica in sync', 60_000, async () => (await ask(follows)).code === 0);
    }
    await master.kill();
    await eventually('a new master', 60_000, async () => sentinel!.log().includes('+switch-master mymaster'));
    await says(sentinel!.port, up);
    assert.equal((await ask(`redis://:${replica.port}?role=primary`)).code, 0);
    // And nobody after it.
    await replica.kill();
    const down = await says(sentinel!.port, /^master mymaster is down, as enough Sentinels say \(o_down\) /);
    assert.equal(down.code, 1);
    // What the others said of the master before this one counts for a moment.
    await eventually('a master that stays down', 60_000, async () => isDeepStrictEqual(await codesOf(url), unhealthy));
    assert.equal((await ask(`redis://:${sentinel!.port}`)).code, 0);
  });

  it('logs in, has nothing to log and nobody left after 100 checks', async () => {
    const master = await startRedis(directory);
    const sentinel = await startSentinel(directory, master.port, 1, [`requirepass ${password}`]);
    const url = at(sentinel.port).replace('://', '://:$PASSWORD@');
    await eventually('a master that is up', 60_000, async () => (await ask(url)).code === 0);
    const logged = sentinel.log().length;
    await passes(url, 100);
    assert.equal(sentinel.log().slice(logged), '');
    for (const wrong of [at(sentinel.port), url.replace('$PASSWORD', '$WRONG')]) {
      assert.deepEqual(await codesOf(wrong), refused);
    }
    assert.match((await ask(`${url.replace('mymaster', 'other')}`)).line, /^no master other is known /);
    assert.match((await ask(`${url}&command=INFO%20clients`)).line, /connected_clients:1\D/);
    await sentinel.kill();
    await master.kill();
  });

  it('is alive, not ready, where redis is no sentinel', async () => {
    const redis = await startRedis(directory);
    assert.deepEqual(await codesOf(at(redis.port)), refused);
    assert.match((await ask(at(redis.port))).line, /^SENTINEL is answered with ERR unknown command /);
    await redis.kill();
  });
});

/** What the sentinel at a port says once it says this. */
const says = (port: number, reason: RegExp) =>
  eventually(`${reason}`, 60_000, async () => {
    const checked = await ask(at(port));
    return reason.test(checked.line) && checked;
  });
