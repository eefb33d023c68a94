import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { type PodSummary, summarizePod } from '../../../src/controllers/coverage/pod-index.ts';
import { followUnknownHardware } from '../../../src/controllers/coverage/unknown-hardware.ts';
import { inject } from '../../../src/inject/inject.ts';
import { annotationsOnly } from '../../../src/inject/model/scope.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import type { EventInput } from '../../../src/kube/event.ts';
import { serve } from '../../agent/support/agent.ts';
import { makeTree } from '../../agent/support/tree.ts';
import { eventually } from '../../support/eventually.ts';
import { testContext } from '../../support/webhook.ts';

const startedAt = new Date('2026-01-01T00:00:00Z');

/** An injected Pod whose sidecar has run since 2026, with the checks of hardware of a pattern or without any. */
function podWith(uid: string, port: number, { isHardware = true } = {}): PodSummary {
  const pattern = isHardware
    ? { 'health.example.com/pattern': 'hardware', 'health.example.com/check': 'temperature:' }
    : { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'redis://:6379' };
  const metadata = {
    uid,
    name: uid,
    namespace: uid.split('-')[0] ?? '',
    creationTimestamp: startedAt,
    // The sidecar of hardware takes the next port.
    annotations: { ...pattern, 'health.example.com/health-port': `${isHardware ? port - 1 : port}` },
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'web', image: 'web:1' }] } }, testContext);
  assert(outcome.kind === 'injected');
  const initContainerStatuses = (outcome.pod.spec.initContainers ?? []).map(({ name }) => ({
    name,
    state: { running: { startedAt } },
  }));
  const live = { ...outcome.pod, status: { phase: 'Running', podIP: '127.0.0.1', initContainerStatuses } };
  const summary = summarizePod(
    live as unknown as V1Pod,
    { ...testContext, annotatedOnly: false },
    () => annotationsOnly,
  );
  assert(summary);
  return summary;
}

const of = 'checked_container="web",check="gpu"';
const unknown = `health_probe_check_verdict{${of},verdict="unknown"} 1\n`;
const total = (verdict: string, count: number): string =>
  `health_probe_checks_total{${of},verdict="${verdict}"} ${count}\n`;
const neverRead = unknown + total('pass', 0) + total('alive', 0) + total('fail', 0) + total('unknown', 9);
const wasRead = unknown + total('pass', 3) + total('alive', 0) + total('fail', 0) + total('unknown', 9);

describe('hardware that a sidecar cannot read', () => {
  let events: EventInput[];
  let life: AbortController;
  let ended: Promise<void>;
  let aheadMs: number;
  const closing: (() => unknown)[] = [];

  beforeEach(() => {
    events = [];
    aheadMs = 0;
    life = new AbortController();
  });
  afterEach(async () => {
    life.abort();
    await ended;
    for (const close of closing.splice(0)) close();
  });

  /** Answers of a sidecar by path, which may change; counts the questions for metrics. */
  const answering = async (metrics: string, lines = '') => {
    const sidecar = { metrics, questions: 0, port: 0 };
    const server = createServer(({ url }, response) => {
      if (url === '/metrics') sidecar.questions += 1;
      response.end(url === '/metrics' ? sidecar.metrics : lines);
    });
    closing.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return Object.assign(sidecar, { port: (server.address() as AddressInfo).port });
  };
  /** A quarter of a minute between two rounds is a tenth of a second, and the test moves the time of day. */
  const clock = {
    ...systemClock,
    date: () => new Date(Date.now() + aheadMs),
    sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms >= 15_000 ? 100 : ms, signal),
  };
  const follow = (...pods: readonly PodSummary[]): void => {
    const recorder = { event: (input: EventInput) => void events.push(input) };
    ended = followUnknownHardware({ list: () => pods, recorder, clock }).run(life.signal);
  };
  const minute = 60_000;
  const until = (what: string, holds: () => boolean) => eventually(what, 20_000, async () => holds());

  it('stands in an Event about the Pod, as the real agent says it of a machine without sensors', async () => {
    const tree = makeTree({ 'class/README': '' });
    const agent = await serve([
      '--verbose',
      '--container',
      'web',
      '--period',
      '1s',
      '--sys-root',
      tree.root,
      '--readiness',
      'temperature:',
    ]);
    closing.push(
      () => agent.stop(),
      () => tree.remove(''),
    );
    await eventually('a run', 20_000, async () => (await agent.get('/metrics')).body.includes('verdict="unknown"} 1'));
    follow(podWith('shop-a', agent.port));
    await until('the Event', () => events.length > 0);
    const [{ regarding, type, reason, action, note }] = events as [EventInput];
    assert.deepEqual([regarding.name, type, reason, action], ['shop-a', 'Warning', 'HardwareUnknown', 'Check']);
    assert.equal(
      note,
      'Pod shop-a: of its hardware, "temperature" has read nothing since its sidecar started at 2026-01-01T00:00:00.000Z; its sidecar says "no temperature sensor has a critical temperature of its own". ' +
        'An unknown reading passes, so this check guards nothing. Give the Pod what the check reads, remove the check, or add the option strict, with which an unknown reading fails.',
    );
  });

  it('is missed ten minutes after it could be read, and no more once it is read again', async () => {
    const sidecar = await answering(wasRead);
    follow(podWith('shop-a', sidecar.port));
    await until('the first question', () => sidecar.questions === 1);
    aheadMs += 6 * minute;
    await until('the second question', () => sidecar.questions === 2);
    assert.equal(events.length, 0);
    aheadMs += 6 * minute;
    await until('the Event', () => events.length === 1);
    assert.match(events[0]?.note ?? '', /"gpu" has been unknown since 20\S+ or longer\. An unknown reading passes/);
    sidecar.metrics = wasRead.replace(unknown, '');
    aheadMs += 6 * minute;
    await until('the fourth question', () => sidecar.questions === 4);
    sidecar.metrics = wasRead;
    aheadMs += 6 * minute;
    await until('the fifth question', () => sidecar.questions === 5);
    await systemClock.sleep(300, life.signal);
    assert.equal(events.length, 1);
  });

  it('is asked of no Pod whose sidecars check none, and not twice in five minutes', async () => {
    const [sidecar, other] = await Promise.all([answering(neverRead), answering(neverRead)]);
    follow(podWith('shop-a', sidecar.port), podWith('shop-b', other.port, { isHardware: false }));
    await until('the Event', () => events.length > 0);
    await systemClock.sleep(500, life.signal);
    assert.deepEqual([sidecar.questions, other.questions, events.length], [1, 0, 1]);
  });

  it('is quoted and cut, whatever answers at the address', async () => {
    const hostile = `checked_container="a",check="b\\"\u001b[31m\u202e${'x'.repeat(500)}"`;
    const flood = `health_probe_check_verdict{${hostile},verdict="unknown"} 1\n`.repeat(2).concat(neverRead);
    const sidecar = await answering(
      flood,
      `[+] gpu: unknown, NODE" MUST\u202e BE ${'y'.repeat(2_000)}, 1 ms, 2 s ago\nok`,
    );
    follow(podWith('evil-0', sidecar.port));
    await until('the Event', () => events.length > 0);
    assert.match(
      events[0]?.note ?? '',
      /^Pod evil-0: of its hardware, "gpu" has read nothing since its sidecar started at \S+Z; its sidecar says "NODE' MUST BE y{230,250}…"\. An/u,
    );
  });

  it('of one namespace, whose sidecars are silent, does not keep that of another from being asked', async () => {
    const sidecar = await answering(neverRead);
    const silent = createServer(() => {});
    closing.push(
      () => silent.closeAllConnections(),
      () => silent.close(),
    );
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    follow(
      ...Array.from({ length: 200 }, (_, index) => podWith(`greedy-${index}`, port)),
      podWith('shop-a', sidecar.port),
    );
    // The first 4 of 200 take a second each; without turns the other namespace would come after 50.
    await until('the other is asked', () => events.some(({ regarding }) => regarding.name === 'shop-a'));
  });
});
