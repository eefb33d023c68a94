import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { type Guesses, followGuesses } from '../../../src/controllers/coverage/guesses.ts';
import { type PodSummary, summarizePod } from '../../../src/controllers/coverage/pod-index.ts';
import { inject } from '../../../src/inject/inject.ts';
import { annotationsOnly } from '../../../src/inject/model/scope.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { testContext } from '../../support/webhook.ts';

const metricsOf = (...values: number[]): string =>
  values
    .map((value, index) => `health_probe_check_unproven{checked_container="db",check="${index}"} ${value}\n`)
    .join('');

/** A Pod that was created so long ago, and injected with a guess whose sidecar listens at the port. */
function podWith(uid: string, port: number, { ageMs = 3_600_000, check = '' } = {}): PodSummary {
  const annotations = {
    'health.example.com/pattern': 'sidecar',
    'health.example.com/health-port': `${port}`,
    ...(check && { 'health.example.com/check': check }),
  };
  const metadata = {
    uid,
    name: uid,
    namespace: uid.split('-')[0] ?? '',
    creationTimestamp: new Date(Date.now() - ageMs),
    annotations,
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'db', image: 'redis:7' }] } }, testContext);
  assert(outcome.kind === 'injected');
  const live = { ...outcome.pod, status: { phase: 'Running', podIP: '127.0.0.1' } } as V1Pod;
  const summary = summarizePod(live, { ...testContext, annotatedOnly: false }, () => annotationsOnly);
  assert(summary);
  return summary;
}

describe('the guesses of Pods', () => {
  let server: Server;
  let port = 0;
  let answer: string | undefined;
  let questions = 0;
  let life: AbortController;
  let ended: Promise<void>;
  let changed: string[];

  beforeEach(async () => {
    life = new AbortController();
    changed = [];
    questions = 0;
    server = createServer(({ url }, response) => {
      questions += 1;
      assert.equal(url, '/metrics');
      if (answer === undefined) response.destroy();
      else response.end(answer);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });

  afterEach(async () => {
    life.abort();
    await ended;
    server.close();
  });

  /** Half a minute between two rounds is a tenth of a second. */
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms >= 30_000 ? 100 : ms, signal),
  };

  function follow(...pods: readonly PodSummary[]): Guesses {
    const guesses = followGuesses({ list: () => pods, onChange: ({ uid }) => void changed.push(uid), clock });
    ended = guesses.run(life.signal);
    return guesses;
  }

  it('are unproven until the sidecar says that each has passed, and each change is told once', async () => {
    answer = metricsOf(0, 1);
    const guesses = follow(podWith('shop-a', port));
    await eventually('the Pod is unproven', 10_000, async () => guesses.isUnproven('shop-a'));
    assert.equal(guesses.countUnproven(), 1);
    answer = metricsOf(0, 0);
    await eventually('the Pod is proven', 10_000, async () => !guesses.isUnproven('shop-a'));
    assert.equal(guesses.countUnproven(), 0);
    assert.deepEqual(changed, ['shop-a', 'shop-a']);
  });

  it('keep what was answered last where a sidecar does not answer, or says nothing of a guess', async () => {
    answer = metricsOf(1);
    const guesses = follow(podWith('shop-a', port));
    await eventually('the Pod is unproven', 10_000, async () => guesses.isUnproven('shop-a'));
    for (const nothing of [undefined, 'health_probe_check_verdict 1\n', metricsOf(2)]) {
      answer = nothing;
      const before = questions;
      await eventually('it is asked again', 10_000, async () => questions > before + 1);
      assert(guesses.isUnproven('shop-a'));
    }
    assert.deepEqual(changed, ['shop-a']);
  });

  it('are asked of no Pod that is younger than the time they may hold readiness back, and of none whose check is written', async () => {
    answer = metricsOf(1);
    const old = podWith('shop-a', port);
    const guesses = follow(
      old,
      podWith('shop-b', port, { ageMs: 60_000 }),
      podWith('shop-c', port, { check: 'redis://' }),
    );
    await eventually('the rounds go on', 10_000, async () => questions > 2);
    assert.deepEqual(
      ['shop-a', 'shop-b', 'shop-c'].map((uid) => guesses.isUnproven(uid)),
      [true, false, false],
    );
  });

  it('of one namespace, whose sidecars are silent, do not keep those of another from being asked', async () => {
    const silent = createServer(() => {});
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port: silentPort } = silent.address() as AddressInfo;
    answer = metricsOf(1);
    const many = Array.from({ length: 200 }, (_, index) => podWith(`greedy-${index}`, silentPort));
    const guesses = follow(...many, podWith('shop-a', port));
    // The first 8 of 200 take a second each; without turns the other namespace would come after 25.
    await eventually('the other is asked', 10_000, async () => guesses.isUnproven('shop-a'));
    silent.closeAllConnections();
    silent.close();
  });
});
