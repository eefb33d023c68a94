import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import { createDecisionReporter } from '../../../src/controllers/hardware/events.ts';
import { createHardwareMetrics } from '../../../src/controllers/hardware/metrics.ts';
import type { ReadingFact } from '../../../src/controllers/hardware/readings.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';
import { failsNow, nowMs, pod, settings, snapshot } from './support/snapshot.ts';

const passes = '[+] temperature: pass, coretemp is 40 °C, 0.2 ms, 1s ago\n';
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const passingUntil = (untilMs: number) => ({ kind: 'passes', atMs: nowMs, count: 1, untilMs }) as const;

/** Makes passes one after the other, each with what the sensor said before it; gives back the decisions and the Events. */
function play(readings: readonly (ReadingFact | undefined)[], mode: 'dry-run' | 'move' = 'dry-run') {
  const events: string[] = [];
  const reporter = createDecisionReporter(
    { record: (_pod, reason) => void events.push(reason), released: () => {}, idle: async () => {} },
    createHardwareMetrics(new Registry()),
  );
  const decisions = readings.map((reading) => {
    const facts = new Map<string, ReadingFact>(reading ? [['a', reading]] : []);
    const pods = [pod('a', 'node-0')];
    const known = snapshot({ pods, readings: facts, reported: reporter.reported() });
    const decided = decide(known, { ...settings, mode }, nowMs);
    reporter.report(decided);
    return decided.map(({ kind, reason }) => `${kind} ${reason}`).join();
  });
  return { decisions, events };
}

/** The sensor said so long ago that the hardware fails. */
const read = (ageMs: number) => ({ ...failsNow, atMs: nowMs - ageMs });

describe('a Pod that is not ready and whose sidecar says that nothing fails', () => {
  const { newWorld, lead, say, asked } = useLeaders();

  it('stays, which is told once, and is asked again ever more seldom', async () => {
    say(`${passes}ok\n`, 200);
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const before = asked();
    const leader = lead(world);
    assert.match(
      await told(leader, /^web-0 MoveHeld/),
      /pod\+owner Pod shop\/web-0 stays on node node-a, although container health-probe-hardware is not ready: its sidecar says that nothing fails by now/,
    );
    await rest(1_000);
    // At once, and after 200 and 400 ms more.
    const times = asked() - before;
    assert(times === 2 || times === 3, `asked ${times} times`);
    assert.equal(leader.told.length, 1);
    assert.deepEqual(world.calls, []);
  });

  it('is asked at once where it was ready in between, however often its sidecar had passed before', async () => {
    say(`${passes}ok\n`, 200);
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const before = asked();
    lead(world);
    // The next time would be 800 ms after the third.
    await eventually('three times', 3_000, async () => asked() - before === 3);
    world.setPod('web-0', 'node-a', 'web', true);
    await rest(150);
    world.setPod('web-0', 'node-a', 'web', false);
    await rest(300);
    assert(asked() - before >= 4);
  });

  it('is moved as soon as one fails after all, with what fails', async () => {
    say(`${passes}ok\n`, 200);
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world);
    await told(leader, /^web-0 MoveHeld/);
    say();
    await settle(world, 1);
    await told(leader, /^web-0 MovedOffNode .*coretemp is 95 °C/);
  });

  it('stays while its sidecar stops, and where an earlier leader began to move it', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    world.refused.add('web-0');
    const mover = lead(world);
    await told(mover, /^web-0 MoveHeld .*disruption budget/);
    await mover.stop();
    world.refused.clear();
    say(`${passes}failed: shutting down\n`);
    const next = lead(world);
    await told(next, /^web-0 MoveHeld .*nothing fails by now/);
    assert.equal(world.accepted.size, 0);
  });

  it('is moved where the answer is none of an agent that passes', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    say('404 page not found', 404);
    const leader = lead(world);
    await settle(world, 1);
    await told(leader, /^web-0 HardwareFailed .*its reading is not known: its sidecar could not be asked: .*404/);
  });

  it('is not said to fail in a dry run, until it does', async () => {
    say(`${passes}ok\n`, 200);
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { mode: 'dry-run' });
    await told(leader, /^web-0 MoveHeld .*nothing fails by now/);
    assert.equal(leader.told.length, 1);
    say();
    await told(leader, /^web-0 HardwareFailed .*coretemp is 95 °C/);
    await told(leader, /^web-0 MoveHeld .*only says what it would do/);
  });
});

describe('what is told of a Pod that is held', () => {
  it('is told once its sidecar says that it fails, also where no pass fell into the time for which it was left alone', () => {
    assert.deepEqual(play([undefined, passingUntil(nowMs), failsNow, failsNow]), {
      decisions: ['read-sensor reading-unasked', 'read-sensor reading-unasked', 'hold dry-run', 'hold dry-run'],
      events: ['HardwareFailed', 'MoveHeld'],
    });
  });

  it('is told once for all the times in a row that its sidecar passes, and again once it has failed in between', () => {
    const long = passingUntil(nowMs + 1);
    assert.deepEqual(
      play([undefined, long, passingUntil(nowMs), long, passingUntil(nowMs), failsNow, passingUntil(nowMs + 1)]),
      {
        decisions: [
          'read-sensor reading-unasked',
          'hold passes',
          'read-sensor reading-unasked',
          'hold passes',
          'read-sensor reading-unasked',
          'hold dry-run',
          'hold passes',
        ],
        events: ['MoveHeld', 'HardwareFailed', 'MoveHeld', 'MoveHeld'],
      },
    );
  });

  it('is not moved on a reading that is old, or older than its failure', () => {
    assert.deepEqual(play([read(2_000)], 'move').decisions, ['move failed']);
    assert.deepEqual(play([read(2_001), read(5_001)], 'move').decisions, [
      'read-sensor reading-unasked',
      'read-sensor reading-unasked',
    ]);
  });
});

describe('the reading of a move that is gone on with', () => {
  const { newWorld, lead, say, asked } = useLeaders();
  const hotter = '[-] temperature: fail, coretemp is 99 °C, more than 90 °C, 0.2 ms, 1s ago\nfailed: temperature\n';

  async function begin() {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    world.refused.add('web-0');
    const leader = lead(world);
    await told(leader, /^web-0 MoveHeld .*disruption budget/);
    return { world, leader };
  }

  it('is the one by now', async () => {
    const { world, leader } = await begin();
    say(hotter);
    world.refused.clear();
    assert.match(await told(leader, /^web-0 MovedOffNode/), /coretemp is 99 °C/);
    const [{ HardwareFailed = [] }] = [Object.groupBy(leader.told, (text) => text.split(' ')[1] ?? '')];
    assert.equal(HardwareFailed.length, 1);
  });

  it('says when it was read, and of which Pod, where nobody answers by now', async () => {
    const { world, leader } = await begin();
    const [{ at }] = world.quarantines()[0].spec.owners[0].moves;
    say('bad gateway', 502);
    world.refused.clear();
    const moved = await told(leader, /^web-0 MovedOffNode/);
    const says = 'its sidecar says "coretemp is 95 °C, more than 90 °C"';
    assert(moved.includes(`temperature: Pod shop/web-0: ${says}, as read at ${at}.`), moved);
  });

  it('is read once more, and not over and over, where the Pod is only to be reported while its eviction backs off', async () => {
    const { world, leader } = await begin();
    const refusals = (): number => leader.told.filter((text) => text.includes('disruption budget')).length;
    // The next tries are 400 and 800 ms later.
    await eventually('the third refusal', 5_000, async () => refusals() === 3);
    const [{ metadata, spec, status }] = world.pods();
    const before = asked();
    world.setAnyPod({ spec, status, metadata: { ...metadata, labels: { 'health.example.com/hardware': 'report' } } });
    await told(leader, /^web-0 MoveRefused .*is report/);
    const times = asked() - before;
    // A slow machine may fit in one more try of the eviction.
    assert(times <= 2, `asked ${times} times`);
  });

  it('is told once while a PodDisruptionBudget refuses, and then only that it fails still', async () => {
    const { leader } = await begin();
    const held = (): string[] => leader.told.filter((text) => text.includes('MoveHeld'));
    await eventually('two more refusals', 5_000, async () => {
      say(hotter.replace('99', String(99 + held().length)));
      return held().length >= 3;
    });
    assert.match(held()[1] ?? '', /although its hardware fails still: The disruption budget/);
    assert.equal(held()[1], held()[2]);
  });
});
