import assert from 'node:assert/strict';
import { moveVolumeNames, moveVolumes } from '../../../src/inject/model/move-window.ts';
import { eventually } from '../../support/eventually.ts';
import { createJobSet } from './support/job-set.ts';
import { isWell, settle, told, useLeaders } from './support/leader.ts';
import type { World } from './support/world.ts';

const prefix = 'health.example.com/';
const key = `${prefix}move-pending`;

/** Gives the Pod what the webhook adds for a window. */
function addWindow(world: World, pod: any, moveWindow: string): any {
  const status = { added: [], patterns: ['hardware'], hardware: { mode: 'sidecar', onFailure: 'move', moveWindow } };
  const annotations = { ...pod.metadata.annotations, [`${prefix}status`]: JSON.stringify(status) };
  const volumes = moveVolumes(moveVolumeNames, prefix);
  return world.setAnyPod({
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...pod.spec, volumes },
  });
}

const podNamed = (world: World, name: string): any => world.pods().find(({ metadata }) => metadata.name === name);
const endOf = (pod: any): string | undefined => pod?.metadata.annotations?.[key];
const conditionOf = (pod: any): any => pod.status.conditions.find(({ type }: any) => type === key);

/** Waits until the application of the Pod is told, and gives the end back. */
const announced = (world: World, name: string): Promise<string> =>
  eventually(`${name} is told`, 5_000, async () => endOf(podNamed(world, name)));

const setReady = (world: World, name: string, ready: boolean): void => {
  const pod = podNamed(world, name);
  const is = ready ? 'True' : 'False';
  const conditions = pod.status.conditions.map((each: any) =>
    each.type === key ? each : { ...each, status: is, lastTransitionTime: new Date().toISOString() },
  );
  const initContainerStatuses = pod.status.initContainerStatuses.map((each: any) => ({ ...each, ready }));
  world.setAnyPod({ ...pod, status: { ...pod.status, conditions, initContainerStatuses } });
};

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a Pod whose application has time before it is moved', function () {
  this.timeout(30_000);
  const { newWorld, lead, sayReady } = useLeaders();

  const begin = (moveWindow: string): World => {
    const world = newWorld();
    const pod = world.setPod('web-0', 'node-a', 'web', false);
    addWindow(world, pod, moveWindow);
    return world;
  };

  it('is told in annotation, condition and Event, once its node is quarantined, and stays', async () => {
    const world = begin('10m');
    const startMs = Date.now();
    const leader = lead(world);
    const note = await told(leader, /MoveScheduled/);
    const end = await announced(world, 'web-0');
    assert(Math.abs(Date.parse(end) - startMs - 600_000) < 5_000, end);
    const { type, status, reason, message } = conditionOf(podNamed(world, 'web-0'));
    assert.deepEqual([type, status, reason], [key, 'True', 'HardwareFailed']);
    assert.equal(
      message,
      `The Pod is moved off node node-a, and has time until ${end}, or until its application is ready: temperature: ` +
        'its sidecar says "coretemp is 95 °C, more than 90 °C".',
    );
    assert.match(
      note,
      new RegExp(`^web-0 MoveScheduled pod\\+owner Pod shop/web-0 is moved off node node-a, .*${end}`),
    );
    const first = world.calls.findIndex((call) => call.includes('/status'));
    assert(world.calls.slice(0, first).some((call) => call.startsWith('POST') && call.includes('nodequarantines')));
    await rest(500);
    assert.equal(world.accepted.size, 0);
    assert.equal(world.calls.filter((call) => call.includes('/status')).length, 1);
  });

  it('is moved as soon as its application says that it is ready', async () => {
    const world = begin('10m');
    const leader = lead(world);
    sayReady(await announced(world, 'web-0'));
    await settle(world, 1);
    assert.match(
      await told(leader, /MovedOffNode/),
      /: temperature: Pod shop\/web-0: its sidecar says "coretemp is 95 °C, more than 90 °C", as read at \S+\. Its application was ready\. Its replacements/,
    );
    assert.equal(world.quarantines()[0].spec.owners[0].moves.length, 1);
  });

  it('is not moved because of what its application said before another move', async () => {
    const world = begin('10m');
    sayReady('2026-11-30T18:00:00Z');
    lead(world);
    await announced(world, 'web-0');
    await rest(3_000);
    assert.equal(world.accepted.size, 0);
  });

  it('is moved at the end of its time, by another leader too', async () => {
    const world = begin('10s');
    const first = lead(world);
    const end = await announced(world, 'web-0');
    first.kill();
    lead(world);
    await eventually('it is evicted', 15_000, async () => world.accepted.size > 0);
    assert(Date.now() >= Date.parse(end), 'not before its end');
    assert(Date.now() < Date.parse(end) + 3_000, 'soon after its end');
  });

  it('stays where its hardware has recovered by the end of its time, and is told so', async () => {
    const world = begin('10s');
    const leader = lead(world);
    await announced(world, 'web-0');
    setReady(world, 'web-0', true);
    const note = await eventually('it is told', 15_000, async () =>
      leader.told.find((text) => text.includes('MoveCancelled')),
    );
    assert.match(note, /Pod shop\/web-0 stays on node node-a: its hardware has recovered\./);
    const pod = podNamed(world, 'web-0');
    assert.equal(endOf(pod), undefined);
    assert.deepEqual([conditionOf(pod).status, conditionOf(pod).reason], ['False', 'MoveCancelled']);
    assert.equal(world.accepted.size, 0);
    assert.equal(leader.told.filter((text) => text.includes('MoveCancelled')).length, 1);
  });

  it('is told that it stays where a person deletes the NodeQuarantine', async () => {
    const world = begin('10m');
    const leader = lead(world);
    await announced(world, 'web-0');
    world.removeQuarantine('node-a');
    await told(leader, /MoveCancelled/);
    assert.equal(endOf(podNamed(world, 'web-0')), undefined);
    assert.equal(world.accepted.size, 0);
  });

  it('is told at last where the answer to that was lost, and the leader killed, and is moved once', async () => {
    const world = begin('10m');
    world.setFault((_method, path) => (path.includes('/status') ? 'call' : undefined));
    const first = lead(world);
    await told(first, /MoveHeld .* could not be told of the move/);
    first.kill();
    world.setFault(() => undefined);
    lead(world);
    sayReady(await announced(world, 'web-0'));
    await settle(world, 1);
    assert.deepEqual([...world.accepted.values()], [1]);
  });

  it('is told with all Pods of its gang, which starts anew once after all are ready', async () => {
    const world = newWorld();
    const jobSet = createJobSet(world, ['node-a', 'node-b', 'node-c']);
    for (const pod of jobSet.workers()) addWindow(world, pod, '10m');
    const leader = lead(world);
    setReady(world, jobSet.workers()[0].metadata.name, false);
    const ends = await eventually('all are told', 5_000, async () => {
      const all = jobSet.workers().map(endOf);
      return all.every(Boolean) && all;
    });
    assert.equal(new Set(ends).size, 1);
    assert.deepEqual(
      jobSet.workers().map((pod) => conditionOf(pod).reason),
      ['HardwareFailed', 'GangMoves', 'GangMoves'],
    );
    await eventually('an Event says so of each', 5_000, async () => {
      return leader.told.filter((text) => text.includes('MoveScheduled')).length === 3;
    });
    sayReady(ends[0]);
    await eventually('all workers run elsewhere', 8_000, async () => jobSet.workers().every(isWell));
    assert.equal(jobSet.restarts(), 1);
    assert.equal(world.quarantines()[0].spec.owners[0].moves.length, 1);
    assert(!leader.told.some((text) => text.includes('MoveCancelled')));
  });
});
