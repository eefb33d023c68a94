import assert from 'node:assert/strict';
import { systemClock } from '../../../src/kube/clock.ts';
import { createClient } from '../../../src/kube/client.ts';
import { answer } from '../../kube/support/answer.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';

const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: ['node-a'] };
const local = {
  local: { path: '/mnt/disks/1' },
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
};
const network = { nfs: { server: 'nas', path: '/' } };
const claim = '/api/v1/namespaces/shop/persistentvolumeclaims/data-web-0';

/** What takes seconds takes a hundredth of them. */
const fast = { ...systemClock, sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms / 100, signal) };

const isForbidden = (path: string) =>
  path === claim ? answer(403, { message: 'cannot get resource "persistentvolumeclaims"' }) : undefined;

describe('a sick Pod with a claim', () => {
  const { newWorld, lead } = useLeaders();

  for (const mode of ['move', 'dry-run'] as const) {
    it(`to a volume of its node stays, and is told why by name, in mode ${mode}`, async () => {
      const world = newWorld();
      world.addClaim(world.setPod('web-0', 'node-a', 'web', false), 'pv-7', local);
      const leader = lead(world, { mode });
      assert.match(
        await told(leader, /^web-0 MoveRefused/),
        /MoveRefused pod\+owner .* stays on node node-a, although temperature: .*: it has a volume that is on its node alone: volume pv-7 of claim data-web-0\.$/,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.deepEqual([world.calls, world.quarantines()], [[], []]);
      assert(!leader.told.some((text) => text.includes('MoveHeld')), leader.told.join('\n'));
      // Asked once, and for nothing but these two.
      assert.deepEqual(world.readsOfVolumes(), [claim, '/api/v1/persistentvolumes/pv-7']);
    });
  }

  it('to a volume of the network moves, and one that is well is not asked about', async () => {
    const world = newWorld();
    world.addClaim(world.setPod('web-0', 'node-a', 'web', false), 'pv-7', network);
    world.addClaim(world.setPod('db-0', 'node-b', 'db', true), 'pv-8', local);
    lead(world);
    await settle(world, 2);
    assert.equal(world.accepted.size, 1);
    assert.deepEqual(world.readsOfVolumes(), [claim, '/api/v1/persistentvolumes/pv-7']);
  });

  it('that may not be read stays, which is told once, and moves when it may', async () => {
    const world = newWorld();
    world.deny(isForbidden);
    world.addClaim(world.setPod('web-0', 'node-a', 'web', false), 'pv-7', network);
    world.setPod('db-0', 'node-a', 'db', false);
    const leader = lead(world);
    assert.match(
      await told(leader, /^web-0 MoveHeld/),
      /whether it has a volume that is on its node alone is not known, and is asked again after a while: claim data-web-0: the answer was 403, "cannot get resource "persistentvolumeclaims""\.$/,
    );
    await eventually('another try', 3_000, async () => world.readsOfVolumes().length > 1);
    // Nobody else waits for it.
    await eventually('the other', 3_000, async () => world.accepted.size === 1);
    assert.equal(leader.told.filter((text) => text.startsWith('web-0 MoveHeld')).length, 1);
    assert.deepEqual(leader.failures, [
      'Where the volumes of Pod shop/web-0 are is not known: claim data-web-0: the answer was 403, "cannot get resource "persistentvolumeclaims"".',
    ]);
    world.deny(undefined);
    await settle(world, 2);
  });

  it('of which no answer comes stays too, and is asked about again', async () => {
    const world = newWorld();
    world.addClaim(world.setPod('web-0', 'node-a', 'web', false), 'pv-7', network);
    world.deny((path) => (path === claim ? new Promise(() => {}) : undefined));
    const leader = lead(world, {}, createClient(world.transport, { clock: fast }));
    assert.match(await told(leader, /^web-0 MoveHeld/), /: claim data-web-0: nothing more was heard within 2000 ms\.$/);
    world.deny(undefined);
    await settle(world, 1);
  });
});
