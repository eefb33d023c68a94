import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import type { Answer } from '../../../src/controllers/hardware/ask.ts';
import type { Decision } from '../../../src/controllers/hardware/decision.ts';
import { createHardwareMetrics } from '../../../src/controllers/hardware/metrics.ts';
import { type Moving, createProgress } from '../../../src/controllers/hardware/moving.ts';
import { createReport } from '../../../src/controllers/hardware/report.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';
import { pod } from './support/situation.ts';

const passes = '[+] temperature: pass, coretemp is 40 °C, 0.2 ms, 1s ago\n';
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
  it('is told once its sidecar says that it fails, also where no look fell into the time for which it was left alone', async () => {
    const reasons: string[] = [];
    const progress = createProgress();
    const answers: Answer[] = [
      { kind: 'passes' },
      { kind: 'fails', reading: { check: 'temperature', message: '95 C' } },
    ];
    const report = createReport({
      ask: async () => answers.shift() ?? { kind: 'passes' },
      tell: { about: async (_pod, reason) => void reasons.push(reason), released: () => {} },
      metrics: createHardwareMetrics(new Registry()),
      progress,
      retryMs: 1,
    } as Partial<Moving> as Moving);
    const held: Decision[] = [{ kind: 'hold', reason: 'dry-run', pod: pod('a', 'node-0') }];
    const { signal } = new AbortController();
    for (let look = 0; look < 3; look++) await report.changes(held, signal);
    assert.deepEqual(reasons, ['MoveHeld', 'HardwareFailed', 'MoveHeld']);
    assert.deepEqual([answers.length, progress.passing.size], [0, 0]);
  });
});

describe('the reading of a move that is gone on with', () => {
  const { newWorld, lead, say } = useLeaders();
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
    assert(moved.includes(`temperature: coretemp is 95 °C, more than 90 °C, as read of Pod web-0 at ${at}.`), moved);
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
