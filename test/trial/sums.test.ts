import assert from 'node:assert/strict';
import { readTrialAnswer } from '../../src/trial/answer.ts';
import { sumOfPod, trialStatus } from '../../src/trial/sums.ts';
import { healthyContainer, trialBody } from './support/answers.ts';

const nowMs = Date.parse('2030-01-02T03:04:05Z');
const moment = { nowMs, createdMs: nowMs - 4_000_000 };
const answer = (container: object) => readTrialAnswer(trialBody(container)) ?? assert.fail();
const sumOf = (container: object, at = moment) => sumOfPod([answer(container)], at, undefined);

describe('the sums of trials', () => {
  it('have of a Pod its restarts, the last of them with its sentence, and its seconds not ready', () => {
    assert.deepEqual(sumOf({}), {
      restarts: 2,
      unreadySeconds: 31,
      isUnproven: true,
      sinceSeconds: 3_600,
      earlier: { restarts: 0, unreadySeconds: 0 },
      lastRestartMs: nowMs - 71_000,
      lastRestart: 'the check "redis" of container "app" failed: "timed out after 1s"',
    });
  });

  it('have a start that took too long as a restart, and the younger of the two sentences', () => {
    const startup = { failures: 3, starts: [], lastFailureSecondsAgo: 5, check: 'http', reason: 'it says "no"' };
    const { restarts, lastRestart } = sumOf({ startup });
    assert.equal(restarts, 5);
    assert.equal(
      lastRestart,
      `the check "http" of container "app" failed: "it says 'no'", until its time to start was over`,
    );
  });

  it('leave out the time that a start takes, but not of a Pod that never becomes ready', () => {
    const readiness = { ready: false, unreadySeconds: 0, unreadyAtStartSeconds: 40 };
    const seconds = (startup: object, atStart = 40) =>
      sumOf({ startup, readiness: { ...readiness, unreadyAtStartSeconds: atStart } }).unreadySeconds;
    assert.equal(seconds({ failures: 0, starts: [] }), 0);
    assert.equal(seconds({ failures: 1, starts: [] }), 40);
    assert.equal(seconds({ failures: 0, starts: [12] }), 40);
    assert.equal(seconds({ failures: 0, starts: [] }, 300), 300);
  });

  it('take the time of a restart once, though an age in seconds wanders', () => {
    const first = sumOf({});
    const later = { nowMs: nowMs + 60_500, createdMs: moment.createdMs };
    const liveness = { restarts: 2, lastRestartSecondsAgo: 131, check: 'redis', reason: 'timed out after 1s' };
    assert.equal(sumOfPod([answer({ liveness })], later, first).lastRestartMs, first.lastRestartMs);
    const more = sumOfPod([answer({ liveness: { ...liveness, restarts: 3, lastRestartSecondsAgo: 2 } })], later, first);
    assert.equal(more.lastRestartMs, later.nowMs - 2_000);
  });

  it('go on where an agent is restarted and begins anew', () => {
    const first = sumOf({});
    const anew = readTrialAnswer(trialBody({ liveness: { restarts: 1 } }, { sinceSeconds: 60 })) ?? assert.fail();
    const second = sumOfPod([anew], moment, first);
    assert.deepEqual([second.restarts, second.unreadySeconds], [3, 62]);
    const third = sumOfPod([{ ...anew, sinceSeconds: 70 }], moment, second);
    assert.deepEqual([third.restarts, third.unreadySeconds], [3, 62]);
  });

  it('of a policy count the Pods, and name the workload that would have been restarted last', () => {
    const [bad, good] = [sumOf({}), sumOf(healthyContainer)];
    const older = sumOf({ liveness: { restarts: 1, lastRestartSecondsAgo: 900, check: 'tcp', reason: 'refused' } });
    const status = trialStatus([
      { workload: 'shop/Deployment/a', sum: older },
      { workload: 'shop/Deployment/b', sum: bad },
      { workload: 'shop/Deployment/c', sum: good },
      { workload: 'shop/Deployment/d', sum: undefined },
    ]);
    assert.deepEqual(status, {
      pods: 4,
      answered: 3,
      wouldRestart: {
        pods: 2,
        count: 3,
        lastTime: '2030-01-02T03:02:54.000Z',
        last: 'shop/Deployment/b: the check "redis" of container "app" failed: "timed out after 1s"',
      },
      wouldBeUnready: { pods: 2, seconds: 62 },
      unproven: 2,
    });
    assert.equal(trialStatus([]), undefined);
  });
});
