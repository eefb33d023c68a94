import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { followFailures } from '../../../src/controllers/coverage/failures.ts';
import { type PodSummary, summarizePod } from '../../../src/controllers/coverage/pod-index.ts';
import { inject } from '../../../src/inject/inject.ts';
import { annotationsOnly } from '../../../src/inject/model/scope.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import type { EventInput } from '../../../src/kube/event.ts';
import { serve } from '../../agent/support/agent.ts';
import { eventually } from '../../support/eventually.ts';
import { testContext } from '../../support/webhook.ts';

const hourMs = 3_600_000;

/** An injected Pod of redis that was created so long ago, and has not been ready for so long; 0 is ready. */
function podWith(uid: string, port: number, { ageMs = hourMs, unreadyMs = hourMs } = {}): PodSummary {
  const nowMs = Date.now();
  const metadata = {
    uid,
    name: uid,
    namespace: uid.split('-')[0] ?? '',
    creationTimestamp: new Date(nowMs - ageMs),
    annotations: {
      'health.example.com/pattern': 'sidecar',
      'health.example.com/health-port': `${port}`,
      'health.example.com/check': 'redis://:6379',
    },
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'redis', image: 'redis:8' }] } }, testContext);
  assert(outcome.kind === 'injected');
  const ready = {
    type: 'Ready',
    status: unreadyMs > 0 ? 'False' : 'True',
    lastTransitionTime: new Date(nowMs - unreadyMs),
  };
  const status = { phase: 'Running', podIP: '127.0.0.1', conditions: [ready] };
  const live = { ...outcome.pod, status } as V1Pod;
  const summary = summarizePod(live, { ...testContext, annotatedOnly: false }, () => annotationsOnly);
  assert(summary);
  return summary;
}

describe('what the sidecars of Pods say that are not ready', () => {
  let events: EventInput[];
  let life: AbortController;
  let ended: Promise<void>;
  const servers: { close: () => unknown }[] = [];

  beforeEach(() => {
    events = [];
    life = new AbortController();
  });
  afterEach(async () => {
    life.abort();
    await ended;
    for (const server of servers.splice(0)) server.close();
  });

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  /** Each answers this to every question, and counts them. */
  const answering = async (status: number, body: string) => {
    const told = { questions: 0 };
    const port = await listen(
      createHttpServer((request, response) => {
        assert.equal(request.url, '/readyz?verbose');
        told.questions += 1;
        response.writeHead(status).end(body);
      }),
    );
    return { port, told };
  };
  /** A quarter of a minute between two rounds is a tenth of a second. */
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms >= 15_000 ? 100 : ms, signal),
  };
  const follow = (...pods: readonly PodSummary[]): void => {
    const recorder = { event: (input: EventInput) => void events.push(input) };
    ended = followFailures({ list: () => pods, recorder, clock }).run(life.signal);
  };

  it('stands in an Event about the Pod, as the real agent says it of a server that answers no more to who may have its sentence', async () => {
    const silent = await listen(createServer(() => {}));
    const agent = await serve([
      '--container',
      'redis',
      '--period',
      '1s',
      '--timeout',
      '200ms',
      '--readiness',
      `redis://127.0.0.1:${silent}`,
    ]);
    servers.push({ close: () => agent.stop() });
    await eventually('the failure', 20_000, async () => (await agent.get('/readyz')).status === 504);
    follow(podWith('shop-a', agent.port));
    await eventually('the Event', 20_000, async () => events.length > 0);
    const [{ regarding, type, reason, action, note }] = events as [EventInput];
    assert.deepEqual([regarding.name, type, reason, action], ['shop-a', 'Warning', 'HealthCheckFails', 'Check']);
    assert.equal(
      note,
      `Pod shop-a is not ready: its sidecar says that "redis/redis 127.0.0.1:${silent}" fails: there is no answer in time ("timed out after 200ms"). The log of the sidecar says why.`,
    );
  });

  it('quotes and cuts the sentences too, whatever answers at the address', async () => {
    const lines = `[-] a: fail, NODE" MUST\u202e BE ${'y'.repeat(2_000)}, 1 ms, 2 s ago\n`.repeat(20);
    const hostile = await answering(503, `${lines}failed: a`);
    follow(podWith('evil-0', hostile.port));
    await eventually('the Event', 20_000, async () => events.length > 0);
    assert.match(
      events[0]?.note ?? '',
      /"a" fails: the answer is not healthy, or there is none yet \("NODE' MUST BE y{230,250}…", "NODE' MUST BE y{230,250}…"\)\. The log/,
    );
  });

  it('is asked of no Pod that is ready, that starts, or that has just stopped to be ready, and not twice in five minutes', async () => {
    const { port, told } = await answering(503, 'failed: redis');
    follow(
      podWith('shop-ready', port, { unreadyMs: 0 }),
      podWith('shop-young', port, { ageMs: 60_000 }),
      podWith('shop-flaps', port, { unreadyMs: 5_000 }),
      podWith('shop-fails', port),
    );
    await eventually('the Event', 20_000, async () => events.length > 0);
    await systemClock.sleep(500, life.signal);
    assert.equal(told.questions, 1);
    assert.deepEqual(
      events.map(({ regarding }) => regarding.name),
      ['shop-fails'],
    );
    assert.match(events[0]?.note ?? '', /"redis" fails: the answer is not healthy, or there is none yet\. The log/);
  });

  it('is quoted and cut, whatever answers at the address, and is nothing where nothing fails', async () => {
    const hostile = await answering(502, `failed: "a\u001b[31m\u202e\n${'x'.repeat(10_000)}`);
    const others = await Promise.all([
      answering(200, 'failed: a'),
      answering(500, 'failed: a'),
      answering(503, '<html>'),
      answering(504, 'x'.repeat(100_000)),
    ]);
    follow(...others.map(({ port }, index) => podWith(`shop-${index}`, port)), podWith('evil-0', hostile.port));
    await eventually(
      'all are asked',
      20_000,
      async () => [hostile, ...others].every(({ told }) => told.questions > 0) && events.length > 0,
    );
    const [{ note }, more] = events as [EventInput, EventInput?];
    assert.equal(more, undefined);
    assert.match(
      note,
      /^Pod evil-0 is not ready: its sidecar says that ""a \[31m x{50,60}…" fails: there is no connection, or no answer of its protocol\. The log of the sidecar says why\.$/,
    );
  });

  it('of one namespace, whose sidecars are silent, does not keep that of another from being asked', async () => {
    const silent = await listen(createServer(() => {}));
    const { port } = await answering(503, 'failed: redis');
    const many = Array.from({ length: 200 }, (_, index) => podWith(`greedy-${index}`, silent));
    follow(...many, podWith('shop-a', port));
    // The first 4 of 200 take a second each; without turns the other namespace would come after 50.
    await eventually('the other is asked', 20_000, async () =>
      events.some(({ regarding }) => regarding.name === 'shop-a'),
    );
  });
});
