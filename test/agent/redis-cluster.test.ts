import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { asking, refused, unhealthy } from './support/asking.ts';
import { useDaemons } from './support/daemon.ts';
import { type ClusterNode, createCluster, startClusterNode } from './support/redis-cluster.ts';
import { startRedis } from './support/servers.ts';
import { eventually } from '../support/eventually.ts';

const password = 'correct-horse-battery-staple';
const { ask, codesOf } = asking({ PASSWORD: password }, [password]);
const at = (port: number, options = 'cluster-state=ok'): string => `redis://:${port}?${options}`;

describe('the agent asks a real redis cluster', () => {
  const directory = useDaemons(['redis-server']);

  it('a cluster that is down makes no node fail', async function () {
    this.timeout(180_000);
    const nodes: readonly ClusterNode[] = await Promise.all(
      Array.from({ length: 6 }, () => startClusterNode(directory)),
    );
    const isOk = async ({ port }: ClusterNode) => (await ask(at(port))).code === 0;
    /** Waits until the cluster is as it should be in the eyes of these nodes. */
    const areOk = (some: readonly ClusterNode[]) =>
      eventually('a cluster that is ok', 60_000, async () => (await Promise.all(some.map(isOk))).every(Boolean));
    const first = nodes[0]!;
    assert.deepEqual(await codesOf(at(first.port)), unhealthy);
    assert.match((await ask(at(first.port))).line, /^cluster_state is fail, expected ok: 0 of 16384 slots are ok /);

    await createCluster(nodes);
    await areOk(nodes);
    assert.match((await ask(at(first.port))).line, /^PONG, the cluster of 6 nodes is ok /);
    assert.match((await ask(at(first.port, 'cluster-state=ok&role=primary'))).line, /^PONG, the cluster of 6 /);
    await first.cli('acl', 'setuser', 'idle', 'on', `>${password}`, '+ping', '+quit');
    await first.cli('acl', 'setuser', 'probe', 'on', `>${password}`, '+ping', '+quit', '+cluster|info');
    assert.equal((await ask(`redis://probe:$PASSWORD@:${first.port}?cluster-state=ok`)).code, 0);
    assert.deepEqual(await codesOf(`redis://idle:$PASSWORD@:${first.port}?cluster-state=ok`), refused);

    // Its replica takes over, and is without a replica then.
    const slots = await slotsOf(first);
    await first.kill();
    const others = nodes.slice(1);
    const heir = await eventually('a new master', 60_000, async () => {
      const served = await Promise.all(others.map(slotsOf));
      return others.find((_, place) => isDeepStrictEqual(served[place], slots));
    });
    await areOk(others);
    await heir.kill();
    const rest = others.filter((node) => node !== heir);
    for (const { port } of rest) {
      const down = await eventually('a cluster that is down', 60_000, async () => {
        const checked = await ask(at(port));
        return checked.code === 1 && checked;
      });
      assert.match(down.line, /^cluster_state is fail, expected ok: 1092[23] of 16384 slots are ok /);
      assert.deepEqual(await codesOf(at(port)), unhealthy);
      assert.equal((await ask(`redis://:${port}`)).code, 0);
    }
    const read = at(rest[0]!.port, 'command=GET%20a');
    assert.match((await ask(read)).line, /^CLUSTERDOWN /);
    assert.deepEqual(await codesOf(read), unhealthy);
    await heir.restart();
    await areOk(rest);
  });

  it('is alive, not ready, where there is no cluster', async () => {
    const redis = await startRedis(directory);
    assert.deepEqual(await codesOf(at(redis.port)), refused);
    assert.match(
      (await ask(at(redis.port))).line,
      /^CLUSTER is answered with ERR This instance has cluster support disabled /,
    );
    await redis.kill();
  });
});

/** The slots that a node serves. */
const slotsOf = async ({ port, cli }: ClusterNode): Promise<readonly string[]> => {
  const nodes = (await cli('cluster', 'nodes')).split('\n');
  return (
    nodes
      .find((line) => line.includes(`:${port}@`))
      ?.split(' ')
      .slice(8) ?? []
  );
};
