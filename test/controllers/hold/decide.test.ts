import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { decidePause } from '../../../src/controllers/hold/decide.ts';
import { inject } from '../../../src/inject/inject.ts';
import { testContext } from '../../support/webhook.ts';

const { prefix } = testContext;
const settings = { prefix, maxPauseMs: 3_600_000 };
const nowMs = Date.parse('2026-11-30T18:00:00Z');

/** A Pod of redis as the webhook admits it, then annotated by kubectl so many seconds ago. */
function podOf(pattern: string, annotations: Readonly<Record<string, string>>, agoSeconds = 1): V1Pod {
  const asked = { [`${prefix}pattern`]: pattern, [`${prefix}check`]: 'http://:8080/healthz' };
  const spec = { containers: [{ name: 'web', image: 'web:1' }] };
  const { pod } = inject({ metadata: { name: 'web-0', namespace: 'shop', annotations: asked }, spec }, testContext);
  const written = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
  const fields = Object.fromEntries(Object.keys(written).map((key) => [`f:${key}`, {}]));
  const time = new Date(nowMs - agoSeconds * 1_000);
  const managedFields = [
    { manager: 'kubectl-annotate', time, fieldsV1: { 'f:metadata': { 'f:annotations': fields } } },
  ];
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...written }, managedFields },
  };
}

const hold = 'liveness=2026-11-30T18:15:00Z reason=pause for=15m';

describe('a decision on a pause', () => {
  it('counts from when the annotation was written', () => {
    const { annotations, event, againAtMs } = decidePause(podOf('sidecar', { pause: '15m' }, 60), settings, nowMs);
    assert.deepEqual(annotations, { [`${prefix}hold`]: 'liveness=2026-11-30T18:14:00Z reason=pause for=15m' });
    assert.deepEqual(event, {
      reason: 'HealthPaused',
      note: 'The liveness of Pod web-0 is held until 2026-11-30T18:14:00Z.',
    });
    assert.equal(againAtMs, Date.parse('2026-11-30T18:14:00Z'));
  });

  it('never counts from a time that is still to come', () => {
    const { againAtMs } = decidePause(podOf('cli', { pause: '15m' }, -600), settings, nowMs);
    assert.equal(againAtMs, nowMs + 900_000);
  });

  it('holds readiness where that is asked, also in a pause that is under way', () => {
    const asked = podOf('sidecar', { pause: '15m', 'pause-readiness': 'true', hold }, 300);
    const { annotations, event } = decidePause(asked, settings, nowMs);
    assert.match(annotations[`${prefix}hold`] ?? '', /^liveness=2026-11-30T18:15:00Z readiness=2026-11-30T18:15:00Z /);
    assert.match(event?.note ?? '', /^The liveness and readiness of Pod web-0 is held/);
  });

  it('leaves a pause alone that stands, also where its field manager wrote something since', () => {
    assert.deepEqual(decidePause(podOf('sidecar', { pause: '15m', hold }, 0), settings, nowMs), {
      annotations: {},
      againAtMs: Date.parse('2026-11-30T18:15:00Z'),
    });
  });

  it('begins anew where another value is written', () => {
    const { annotations } = decidePause(podOf('sidecar', { pause: '30m', hold }, 0), settings, nowMs);
    assert.deepEqual(annotations, { [`${prefix}hold`]: 'liveness=2026-11-30T18:30:00Z reason=pause for=30m' });
  });

  it('takes a pause that is over away, so that it cannot begin again by itself', () => {
    const laterMs = nowMs + 900_000;
    const { annotations, event } = decidePause(podOf('sidecar', { pause: '15m', hold }), settings, laterMs);
    const keys = ['pause', 'pause-readiness', 'hold'];
    assert.deepEqual(annotations, Object.fromEntries(keys.map((key) => [prefix + key, null])));
    assert.equal(event?.note, 'The liveness of Pod web-0 is no longer held: its 15m are over.');
  });

  it('takes the hold away where the pause was', () => {
    const { annotations, event } = decidePause(podOf('sidecar', { hold }), settings, nowMs);
    assert.deepEqual(annotations, { [`${prefix}hold`]: null });
    assert.equal(event?.reason, 'HealthPauseEnded');
  });

  it('takes away what nobody can read, and leaves the hold of a restart budget', () => {
    const [odd, budget] = ['for ever', 'liveness=2026-11-30T18:15:00Z reason=restart-budget'].map((value) =>
      decidePause(podOf('sidecar', { hold: value }), settings, nowMs),
    );
    assert.deepEqual(odd, { annotations: { [`${prefix}hold`]: null } });
    assert.deepEqual(budget, { annotations: {} });
  });

  it('wins over the hold of a restart budget', () => {
    const held = podOf('sidecar', { pause: '15m', hold: 'liveness=2026-11-30T18:01:00Z reason=restart-budget' }, 0);
    assert.match(decidePause(held, settings, nowMs).annotations[`${prefix}hold`] ?? '', /reason=pause for=15m$/);
  });

  it('is cut to what the administrator allows, and says so', () => {
    const { event, againAtMs } = decidePause(podOf('sidecar', { pause: '4h' }, 0), settings, nowMs);
    assert.equal(againAtMs, nowMs + 3_600_000);
    assert.match(event?.note ?? '', /The administrator allows no more than 1h, not 4h\.$/);
  });

  it('says that it was over before anybody saw it', () => {
    const { annotations, event } = decidePause(podOf('sidecar', { pause: '15m' }, 900), settings, nowMs);
    assert.equal(annotations[`${prefix}pause`], null);
    assert.match(event?.note ?? '', /its 15m were over before the controller saw them/);
  });

  it('names the probes that the agent does not answer', () => {
    const pod = podOf('sidecar', { pause: '15m' });
    const other = { name: 'other', image: 'other:1', livenessProbe: { tcpSocket: { port: 1 } } };
    const spec = { ...pod.spec, containers: [...(pod.spec?.containers ?? []), other] };
    const { event } = decidePause({ ...pod, spec }, settings, nowMs);
    assert.match(event?.note ?? '', /Not held, since the agent does not answer it: other\/livenessProbe\.$/);
  });

  const bare: V1Pod = { metadata: { name: 'web-0', annotations: { [`${prefix}pause`]: '15m' } } };
  const old = podOf('sidecar', { pause: '15m' });
  for (const [what, pod, maxPauseMs, why] of [
    ['an odd value', podOf('sidecar', { pause: 'soon' }), 1, /pause is "soon", expected a duration such as 15m or 1h/],
    ['no pauses allowed', podOf('sidecar', { pause: '15m' }), 0, /the administrator allows no pauses/],
    ['a Pod without a check', bare, 1, /health-injector has added no check to it/],
    ['pattern port', podOf('port', { pause: '15m' }), 1, /pattern port cannot be held, only sidecar and cli can/],
    [
      'a Pod of an earlier version',
      { ...old, spec: { ...old.spec, volumes: [] } } as V1Pod,
      1,
      /a new Pod in its place/,
    ],
  ] as const) {
    it(`is refused for ${what}`, () => {
      const { annotations, event } = decidePause(pod, { prefix, maxPauseMs }, nowMs);
      assert.deepEqual([annotations, event?.reason], [{}, 'HealthPauseRefused']);
      assert.match(event?.note ?? '', why);
    });
  }

  it('is none for a Pod that is over or on its way out', () => {
    const pod = podOf('sidecar', { pause: '15m' });
    const over = [
      { ...pod, status: { phase: 'Succeeded' } },
      { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date(nowMs) } },
    ];
    for (const each of over) assert.deepEqual(decidePause(each, settings, nowMs), { annotations: {} });
  });
});
