import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import type { CheckState } from '../../src/cli/explain/agent-state.ts';
import { checkChanges, formatLine, podChanges, toWatchedPod } from '../../src/cli/watch/changes.ts';

const at = '2026-01-01T12:34:56.000Z';

const pod = (isReady: boolean, restarts = 0, uid = 'a', metadata: object = {}): V1Pod => ({
  metadata: { namespace: 'shop', name: 'web', uid, ...metadata },
  status: {
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', message: isReady ? '' : 'unready' }],
    containerStatuses: [{ name: 'app', image: '', imageID: '', ready: isReady, restartCount: restarts }],
  },
});

const changes = (before: V1Pod | undefined, after: V1Pod | undefined): string[] =>
  podChanges(before && toWatchedPod(before), after && toWatchedPod(after), at).map(({ message }) => message);

describe('health-injector watch', () => {
  it('says of the Pods that are there at the start only what is wrong', () => {
    assert.deepEqual(changes(undefined, pod(true)), []);
    assert.deepEqual(changes(undefined, pod(false)), ['is not Ready: unready']);
    assert.deepEqual(changes(undefined, pod(true, 2)), ['app was restarted, 2 times now']);
  });

  it('says each change once', () => {
    assert.deepEqual(changes(pod(true), pod(true)), []);
    assert.deepEqual(changes(pod(true), pod(false)), ['is not Ready: unready']);
    assert.deepEqual(changes(pod(false), pod(false)), []);
    assert.deepEqual(changes(pod(false), pod(true)), ['is Ready']);
    assert.deepEqual(changes(pod(false, 1), pod(false, 2)), ['app was restarted, 2 times now']);
    const leaving = pod(false, 1, 'a', { deletionTimestamp: at });
    assert.deepEqual(changes(pod(true), leaving), ['is gone, or on its way out']);
    assert.deepEqual(changes(leaving, undefined), []);
  });

  it('takes a Pod of the same name and another uid for another one', () => {
    assert.deepEqual(changes(pod(false, 5), pod(false, 0, 'b')), ['is not Ready: unready']);
  });

  it('says which check changed, and why, and of a check that was never seen only that it does not pass', () => {
    const check = (verdict: string, reason: string): CheckState => ({
      container: 'app',
      check: 'redis',
      verdict,
      reason,
      since: at,
      lastRun: at,
      durationMs: 1,
      runs: {},
      isProven: undefined,
      failures: [],
    });
    const about = { namespace: 'shop', name: 'web' };
    const first = checkChanges(about, new Map(), [check('fail', 'no answer')], at);
    assert.deepEqual(first.lines.map(formatLine), ['12:34:56  shop/Pod/web  app: redis fails: no answer']);
    assert.deepEqual(checkChanges(about, first.verdicts, [check('fail', 'no answer')], at).lines, []);
    const again = checkChanges(about, first.verdicts, [check('pass', 'PONG')], at);
    assert.deepEqual(again.lines.map(formatLine), ['12:34:56  shop/Pod/web  app: redis passes']);
    assert.deepEqual(checkChanges(about, new Map(), [check('pass', 'PONG')], at).lines, []);
  });
});
