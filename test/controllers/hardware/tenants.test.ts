import assert from 'node:assert/strict';
import { type Client, createClient } from '../../../src/kube/client.ts';
import { answer } from '../../kube/support/answer.ts';
import { eventually } from '../../support/eventually.ts';
import { told, useLeaders } from './support/leader.ts';
import type { World } from './support/world.ts';

/** A client of this world whose apiserver finds every quarantine too large that names a namespace. */
const withoutRoomFor = (world: World, namespace: string): Client =>
  createClient(async (request) => {
    const isTooLarge = JSON.stringify(request.body ?? {}).includes(`"owner":{"namespace":"${namespace}"`);
    return isTooLarge ? answer(500, { message: 'etcdserver: request is too large' }) : world.transport(request);
  });

/** A Pod of a StatefulSet of its own whose sidecar says that its node is hot, in any namespace. */
function setSick(world: World, namespace: string, name: string): void {
  const pod = world.setPod(name, 'node-a', name, false);
  world.setAnyPod({ ...pod, metadata: { ...pod.metadata, namespace } });
}

describe('the Pods of several namespaces on one sick node', () => {
  const { newWorld, lead } = useLeaders();

  it('leave it also where what one of them has cannot be written, which is told and counted', async () => {
    const world = newWorld();
    setSick(world, 'evil', 'evil-0');
    setSick(world, 'shop', 'web-0');
    setSick(world, 'bank', 'db-0');
    const leader = lead(world, {}, withoutRoomFor(world, 'evil'));
    await eventually('the moves of the others', 5_000, async () => world.accepted.size === 2);
    assert.deepEqual(
      world
        .quarantines()[0]
        .spec.owners.map(({ owner }: any) => owner.namespace)
        .toSorted(),
      ['bank', 'shop'],
    );
    const held = await told(leader, /^evil-0 MoveHeld/);
    assert.match(
      held,
      /Pod evil\/evil-0 stays on node node-a.*could not be written: .*etcdserver: request is too large/,
    );
    assert.deepEqual(
      leader.told.filter((text) => /^(web|db)-0 MoveHeld/.test(text)),
      [],
    );
    assert.match(await leader.registry.metrics(), /quarantine_write_failures_total\{act="move"\} [1-9]/);
  });

  it('stay where their owner does not exist, without a quarantine, and are told of', async () => {
    const world = newWorld();
    world.forged.add('evil-0');
    setSick(world, 'evil', 'evil-0');
    const leader = lead(world);
    assert.match(await told(leader, /^evil-0 MoveRefused/), /its owner does not exist under that uid/);
    setSick(world, 'shop', 'web-0');
    await eventually('the move of the other', 5_000, async () => world.accepted.size === 1);
    assert.deepEqual(
      world.quarantines()[0].spec.owners.map(({ owner }: any) => owner.namespace),
      ['shop'],
    );
  });

  it('stay while whether their owner exists is not known, and leave once it is', async () => {
    const world = newWorld();
    const path = '/apis/apps/v1/namespaces/shop/statefulsets/web';
    world.deny((asked) => (asked.startsWith(path) ? answer(503, { message: 'not now' }) : undefined));
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world);
    assert.match(
      await told(leader, /^web-0 MoveHeld/),
      /whether its owner exists is not known.*StatefulSet web: .*not now/,
    );
    assert.equal(world.accepted.size, 0);
    world.deny(undefined);
    await eventually('the move', 5_000, async () => world.accepted.size === 1);
  });

  it('leave it where the controller may not read their owners, which are custom resources for all it knows', async () => {
    const world = newWorld();
    world.deny((asked) => (asked.includes('statefulsets') ? answer(403, { message: 'forbidden' }) : undefined));
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world);
    await eventually('the move', 5_000, async () => world.accepted.size === 1);
  });
});
