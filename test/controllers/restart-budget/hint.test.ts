import assert from 'node:assert/strict';
import type { CoreV1Event } from '@kubernetes/client-node';
import { readHint } from '../../../src/controllers/restart-budget/hint.ts';

const event = (rest: object): CoreV1Event =>
  ({
    metadata: { namespace: 'shop' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u1', fieldPath: 'spec.containers{web}' },
    reason: 'Unhealthy',
    message: 'Liveness probe failed: HTTP probe failed with statuscode: 502',
    lastTimestamp: '2026-11-30T18:00:00Z',
    ...rest,
  }) as unknown as CoreV1Event;

const hint = { uid: 'u1', namespace: 'shop', container: 'web', atMs: Date.parse('2026-11-30T18:00:00Z') };

describe('what an Event of the kubelet says of liveness', () => {
  it('is which container of which Pod failed, and when', () => assert.deepEqual(readHint(event({})), hint));

  it('is the same where the kubelet sums up Events that are alike', () => {
    const message = '(combined from similar events): Liveness probe failed: read tcp 10.0.0.1:40000->10.0.0.2:9440';
    assert.deepEqual(readHint(event({ message })), hint);
  });

  it('is the same of a native sidecar, and of an Event with a series', () => {
    const involvedObject = { namespace: 'shop', uid: 'u1', fieldPath: 'spec.initContainers{web}' };
    const series = { count: 3, lastObservedTime: '2026-11-30T18:00:00.000000Z' };
    assert.deepEqual(readHint(event({ involvedObject, series, lastTimestamp: null })), hint);
  });

  for (const [what, rest] of Object.entries({
    'another probe': { message: 'Readiness probe failed: HTTP probe failed with statuscode: 502' },
    'a probe that could not be asked, which the kubelet does not count': { message: 'Liveness probe errored: EOF' },
    'no container': { involvedObject: { namespace: 'shop', uid: 'u1' } },
    'a Pod of another namespace': {
      involvedObject: { namespace: 'other', uid: 'u1', fieldPath: 'spec.containers{web}' },
    },
    'no time': { lastTimestamp: null },
    'no object': { involvedObject: undefined },
  })) {
    it(`is nothing where it is about ${what}`, () => assert.equal(readHint(event(rest)), undefined));
  }
});
