import assert from 'node:assert/strict';
import { readTrialAnswer } from '../../src/trial/answer.ts';
import { defaultSettings } from '../../src/trial/settings.ts';
import { promotion } from '../../src/trial/promote.ts';
import { workloadTrials } from '../../src/trial/workload.ts';
import { healthyContainer, trialBody } from './support/answers.ts';

/** A Pod on trial whose longest answer took so long. */
const pod = (name: string, maxSeconds: number, longestRun = 0, restarts = 0) => {
  const [check] = healthyContainer.checks;
  const checks = [{ ...check, maxSeconds, failures: longestRun, failedLongestRun: longestRun }];
  return {
    namespace: 'shop',
    kind: 'Deployment',
    name,
    policy: 'all',
    settings: new Map([['app', defaultSettings]]),
    answers: [readTrialAnswer(trialBody({ ...healthyContainer, checks, liveness: { restarts } })) ?? assert.fail()],
  };
};
const promotionOf = (...pods: readonly ReturnType<typeof pod>[]) => {
  const { inject, own } = promotion(workloadTrials(pods), defaultSettings);
  return { inject, own: own.map(({ workload, values }) => [workload.name, values]) };
};

describe('the promotion of a policy', () => {
  it('changes nothing where each workload has what it needs', () => {
    assert.deepEqual(promotionOf(pod('a', 0.1), pod('b', 0.3)), { inject: {}, own: [] });
  });

  it('gives the policy the value that serves all', () => {
    assert.deepEqual(promotionOf(pod('a', 0.1), pod('b', 0.5), pod('c', 0.8, 4)), {
      inject: { timeout: '2400ms', 'failure-threshold': '6' },
      own: [],
    });
  });

  it('leaves a value to a workload that needs much more than the others', () => {
    assert.deepEqual(promotionOf(pod('a', 0.4), pod('b', 4)), {
      inject: { timeout: '1200ms' },
      own: [['b', { period: '12s', timeout: '12s' }]],
    });
  });

  it('takes no patience for all from a workload that would have been restarted', () => {
    assert.deepEqual(promotionOf(pod('a', 0.1), pod('b', 0.1, 4, 1)), {
      inject: {},
      own: [['b', { 'failure-threshold': '6' }]],
    });
  });

  it('takes no patience from an agent that says of itself that it waits for long', () => {
    const liar = { ...pod('b', 250), settings: new Map([['app', { ...defaultSettings, timeout: 300 }]]) };
    assert.deepEqual(promotionOf(pod('a', 0.1), liar), {
      inject: {},
      own: [['b', { period: '750s', timeout: '750s' }]],
    });
  });
});
