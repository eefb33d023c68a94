import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { systemClock } from '../../../src/kube/clock.ts';
import { createClient } from '../../../src/kube/client.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';

/** What takes seconds takes a hundredth of them. */
const fast = { ...systemClock, sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms / 100, signal) };

/** The same chunks, each later. */
async function* delayed(body: AsyncIterable<Buffer>, delayMs: number): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    yield chunk;
  }
}

describe('a move that breaks off', () => {
  const { newWorld, lead } = useLeaders();

  for (const lost of ['call', 'answer'] as const) {
    for (const step of [0, 1, 2, 3, 5, 8]) {
      it(`survives a controller that dies when the ${lost} of its write ${step} is lost`, async () => {
        const world = newWorld();
        const owners = ['api', 'db', 'web', 'queue', 'batch', 'cache'];
        const pods = owners.map((owner) => world.setPod(`${owner}-0`, 'node-a', owner, false));
        const first: { leader?: ReturnType<typeof lead> } = {};
        let writes = 0;
        world.setFault(() => {
          if (writes++ !== step) return undefined;
          first.leader?.kill();
          return lost;
        });
        first.leader = lead(world, { percent: 25 });
        await eventually(
          'the death, or nothing left to do',
          3_000,
          async () => writes > step || world.pods().every(({ spec }) => spec.nodeName !== 'node-a'),
        );
        await first.leader.stop();
        lead(world, { percent: 25 });
        await settle(world, owners.length);
        for (const { metadata } of pods) assert.equal(world.accepted.get(metadata.uid), 1, metadata.name);
        assert.equal(world.accepted.size, owners.length);
        const [{ spec }, ...others] = world.quarantines();
        assert.deepEqual(others, []);
        assert.deepEqual(
          spec.owners.map(({ moves }: any) => moves.length),
          owners.map(() => 1),
        );
      });
    }
  }

  it('keeps to the brake although what became of the first quarantine was not known', async () => {
    const world = newWorld();
    for (const name of ['node-a', 'node-b', 'node-c', 'node-d']) world.setPod(`of-${name}`, name, name, false);
    let writes = 0;
    world.setFault(() => (writes++ === 0 ? 'answer' : undefined));
    lead(world, { percent: 25 });
    await eventually('the first move', 3_000, async () => world.accepted.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([world.accepted.size, world.quarantines().length], [1, 1]);
  });

  it('keeps to the brake also where the watch is late with the quarantine whose answer was lost, and its Pod recovers', async () => {
    const world = newWorld();
    for (const name of ['node-a', 'node-b', 'node-c', 'node-d']) world.setPod(`of-${name}`, name, name, false);
    let writes = 0;
    world.setFault(() => (writes++ === 0 ? 'answer' : undefined));
    const late = createClient(async (request) => {
      const response = await world.transport(request);
      const isWatch = request.path.includes('nodequarantines') && request.path.includes('watch=');
      return isWatch ? { ...response, body: Readable.from(delayed(response.body, 100)) } : response;
    });
    const leader = lead(world, { percent: 25 }, late);
    await eventually('the quarantine', 3_000, async () => world.quarantines().length === 1);
    const [{ spec }] = world.quarantines();
    world.setPod(`of-${spec.nodeName}`, spec.nodeName, spec.nodeName, true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual([world.accepted.size, world.quarantines().length], [0, 1]);
    assert.match(
      leader.failures.join('\n'),
      /^The move off node node-\w broke off, and is gone on with: socket hang up\.$/,
    );
  });

  it('keeps to the brake while Pods of all nodes fail one after the other and calls and answers are lost', async () => {
    const world = newWorld();
    let writes = 0;
    world.setFault(() => (['call', undefined, 'answer', undefined, undefined] as const)[writes++ % 5]);
    const leader = lead(world, { percent: 50 });
    let most = 0;
    for (let count = 0; count < 40; count += 1) {
      world.setPod(`web-${count}`, ['node-a', 'node-b', 'node-c', 'node-d'][count % 4]!, `web-${count}`, false);
      most = Math.max(most, world.quarantines().length);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await eventually('the moves off two nodes', 8_000, async () => {
      most = Math.max(most, world.quarantines().length);
      return world.accepted.size === 20;
    });
    assert.equal(most, 2);
    assert.deepEqual([...new Set(world.accepted.values())], [1]);
    await told(leader, /MoveHeld .*as many nodes as may be were quarantined/);
  });

  for (const isTold of [false, true]) {
    it(`is told by the next leader where the first died before the answer came, and ${isTold ? 'not again' : 'once'}`, async () => {
      const world = newWorld();
      const pod = world.setPod('web-0', 'node-a', 'web', false);
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' };
      const conditions = [...pod.status.conditions, condition];
      const deletionTimestamp = new Date().toISOString();
      world.setAnyPod({
        ...pod,
        metadata: { ...pod.metadata, deletionTimestamp },
        status: { ...pod.status, conditions },
      });
      const owner = { namespace: 'shop', kind: 'StatefulSet', name: 'web' };
      const at = new Date(Date.now() - 1_000).toISOString();
      const move = { podUid: pod.metadata.uid, podName: 'web-0', at };
      const entry = { owner, check: 'temperature', message: 'Pod shop/web-0: its sidecar says "95 C"', since: at };
      const until = new Date(Date.now() + 3_600_000).toISOString();
      world.addQuarantine('node-a', 'Owner', [{ ...entry, until, affinity: 'Required', moves: [move] }]);
      const message = `Pod shop/web-0 was evicted from node node-a: temperature.`;
      const eventTime = new Date(Date.now() - (isTold ? 500 : 600_000)).toISOString();
      world.addEvent('a', { reason: 'MovedOffNode', message, eventTime });
      const leader = lead(world);
      world.setPod('db-0', 'node-b', 'db', false);
      await eventually('a move of this leader', 5_000, async () => world.accepted.size === 1);
      const ofWeb = leader.told.filter((text) => text.startsWith('web-0 MovedOffNode'));
      assert.equal(ofWeb.length, isTold ? 0 : 1, leader.told.join('\n'));
      if (!isTold) assert.match(ofWeb[0] ?? '', /pod\+owner\+node .*says "95 C", as read at \S+\. Its replacements/);
    });
  }

  it('survives an apiserver that loses every third call or answer', async () => {
    const world = newWorld();
    const pods = Array.from({ length: 20 }, (_, index) => world.setPod(`web-${index}`, 'node-a', 'web', false));
    let writes = 0;
    world.setFault(() => ([undefined, 'call', undefined, undefined, 'answer', undefined] as const)[writes++ % 6]);
    lead(world);
    await settle(world, pods.length);
    for (const { metadata } of pods) assert.equal(world.accepted.get(metadata.uid), 1, metadata.name);
  });

  for (const lost of ['call, in silence', 'answer, in silence'] as const) {
    it(`is made once, and holds up no other, where each Pod's first write ends as "${lost}"`, async () => {
      const world = newWorld();
      // More than are evicted at a time.
      const pods = Array.from({ length: 40 }, (_, index) => world.setPod(`web-${index}`, 'node-a', 'web', false));
      const silenced = new Set<string>();
      world.setFault((_method, path) => {
        if (silenced.has(path)) return undefined;
        silenced.add(path);
        return lost;
      });
      const leader = lead(world, {}, createClient(world.transport, { clock: fast }));
      await settle(world, pods.length);
      for (const { metadata } of pods) assert.equal(world.accepted.get(metadata.uid), 1, metadata.name);
      const [{ spec }] = world.quarantines();
      assert.equal(spec.owners[0].moves.length, pods.length);
      const moved = () => leader.told.filter((text) => text.includes(' MovedOffNode '));
      await eventually('what is told', 5_000, async () => moved().length === pods.length);
      assert.match(await leader.registry.metrics(), /hardware_evictions_total\{result="evicted"\} 40\n/);
    });
  }
});
