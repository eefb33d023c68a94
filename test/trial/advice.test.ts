import assert from 'node:assert/strict';
import { adviceFor, adviceLine } from '../../src/trial/advice.ts';
import { type TrialSettings, defaultSettings } from '../../src/trial/settings.ts';
import { type Measured, measure } from '../../src/trial/measured.ts';
import { readTrialSettings } from '../../src/trial/settings.ts';
import type { CheckTrial } from '../../src/trial/answer.ts';
import { type Asking, type SimulatedServer, countRestarts } from './support/simulate.ts';

const bounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What an agent would have measured of these lives, asked with the settings of `now` for so long. */
function measured(lives: readonly SimulatedServer[], now: TrialSettings, seconds = 3 * 86_400): Measured {
  const all = lives.flatMap(({ answers }) => answers);
  const good = all.filter((answer) => answer <= now.timeout);
  let [row, longestFailureRun] = [0, 0];
  for (const answer of all) {
    row = answer > now.timeout ? row + 1 : 0;
    longestFailureRun = Math.max(longestFailureRun, row);
  }
  const check: CheckTrial = {
    check: 'http',
    probes: ['liveness', 'readiness', 'startup'],
    runs: all.length,
    failures: all.length - good.length,
    maxSeconds: Math.max(...good, 0),
    buckets: bounds.map((bound) => [bound, good.filter((answer) => answer <= bound).length]),
    longestFailureRun,
  };
  const container = {
    container: 'app',
    restarts: 0,
    lastRestart: undefined,
    isReady: true,
    unreadySeconds: 0,
    unreadyAtStartSeconds: 0,
    lastUnready: undefined,
    startFailures: 0,
    lastStartFailure: undefined,
    starts: lives.map(({ startSeconds }) => startSeconds),
    unproven: [],
    checks: [check],
  };
  const [only] = measure([{ sinceSeconds: seconds, containers: [container] }]);
  return only ?? assert.fail();
}

/** A number of [0, 1) that is the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Lives of a server whose answers take 20 to 400 ms, and whose starts take 40 to 70 s. */
function slowServer(): SimulatedServer[] {
  const next = chance(17);
  return Array.from({ length: 8 }, () => ({
    startSeconds: 40 + 30 * next(),
    answers: Array.from({ length: 3_000 }, () => 0.02 + 0.38 * next()),
  }));
}

const askingBy = ({ period, timeout, ...rest }: TrialSettings): Asking => ({
  periodSeconds: period,
  timeoutSeconds: timeout,
  failureThreshold: rest['failure-threshold'],
  startSeconds: rest['startup-timeout'],
});

/** Why nothing is advised. */
function remarksOf(of: Measured): readonly string[] {
  const { advice, remarks } = adviceFor(of, defaultSettings);
  assert.deepEqual(advice, []);
  return remarks;
}

/** Of `kubectl explain pod.spec.containers.livenessProbe`; nobody adds a startup probe. */
const defaultOfKubernetes: Asking = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, startSeconds: 0 };

const advised = (of: Measured, now: TrialSettings): TrialSettings => {
  const { advice } = adviceFor(of, now);
  return { ...now, ...Object.fromEntries(advice.map(({ key, value }) => [key, value])) };
};

describe('advice from a trial', () => {
  it('would not have restarted a server that answers in 20 to 400 ms and starts in 40 to 70 s, which the default of Kubernetes and a strict wish would have', () => {
    const lives = slowServer();
    const strict = { ...defaultSettings, timeout: 0.3, 'startup-timeout': 60, 'failure-threshold': 1 };
    assert.equal(countRestarts(lives, defaultOfKubernetes), 8);
    assert(countRestarts(lives, askingBy(strict)) > 0);
    for (const now of [defaultSettings, strict]) {
      assert.equal(countRestarts(lives, askingBy(advised(measured(lives, now), now))), 0);
    }
  });

  it('states its evidence', () => {
    const lines = adviceFor(measured(slowServer(), defaultSettings), defaultSettings).advice.map(adviceLine);
    assert.deepEqual(lines, [
      'period 10s is enough: it is no shorter than the timeout',
      'timeout 1s → 1200ms: p99 of 400 ms, longest 400 ms of 24000 answers over 3 days',
      'failure-threshold 3 is enough: no question failed over 3 days',
      'startup-timeout 5m is enough: longest of 8 starts 68.3 s',
    ]);
  });

  it('gives patience for twice the longest start, and for more failures in a row than the server mended by itself', () => {
    const hiccups: SimulatedServer = {
      startSeconds: 200,
      answers: Array.from({ length: 2_000 }, (_, index) => (index % 100 < 4 ? Infinity : 0.01)),
    };
    assert.equal(countRestarts([hiccups], askingBy(defaultSettings)), 1);
    const values = advised(measured([hiccups], defaultSettings), defaultSettings);
    assert.deepEqual([values['failure-threshold'], values['startup-timeout']], [6, 400]);
    assert.equal(countRestarts([hiccups], askingBy(values)), 0);
  });

  it('makes the period no shorter than the timeout', () => {
    const slow = { startSeconds: 1, answers: Array.from({ length: 2_000 }, () => 4.2) };
    const now = { ...defaultSettings, timeout: 5 };
    assert.deepEqual(advised(measured([slow], now), now), { ...now, timeout: 12.6, period: 13 });
  });

  it('makes nothing stricter, and what it changes no stricter than the default', () => {
    const fast = { startSeconds: 1, answers: Array.from({ length: 2_000 }, () => 0.02) };
    const patient = { period: 30, timeout: 9, 'failure-threshold': 9, 'startup-timeout': 900 };
    assert.deepEqual(advised(measured([fast], patient), patient), patient);
    const strict = { period: 1, timeout: 0.03, 'failure-threshold': 1, 'startup-timeout': 1 };
    assert.deepEqual(advised(measured([fast], strict), strict), {
      period: 1,
      timeout: 1,
      'failure-threshold': 1,
      'startup-timeout': 300,
    });
  });

  it('is none from less than an hour, from few answers, and for a check that never passed', () => {
    const fast = { startSeconds: 1, answers: Array.from({ length: 2_000 }, () => 0.02) };
    const few = { ...fast, answers: fast.answers.slice(0, 299) };
    const never = { ...fast, answers: fast.answers.map(() => Infinity) };
    assert.deepEqual(remarksOf(measured([fast], defaultSettings, 3_599)), [
      'nothing is advised from 2000 answers in 59 minutes: it takes 300 answers and 60 minutes',
    ]);
    assert.equal(remarksOf(measured([few], defaultSettings)).length, 1);
    assert.deepEqual(remarksOf(measured([never], defaultSettings)), [
      'the check http has not passed once in 2000 runs: mend the check',
    ]);
  });

  it('takes no long hang for a hiccup, and says so', () => {
    const hangs = {
      startSeconds: 1,
      answers: Array.from({ length: 2_000 }, (_, index) => (index < 11 ? Infinity : 0.01)),
    };
    const { advice, remarks } = adviceFor(measured([hangs], defaultSettings), defaultSettings);
    assert.equal(advice.find(({ key }) => key === 'failure-threshold')?.value, 3);
    assert.deepEqual(remarks, [
      'the check http failed 11 questions in a row: that is no hiccup which a threshold should allow',
    ]);
  });

  it('starts from how the agent asks each container', () => {
    const args =
      'serve --port 9440 --trial --period 5s --container a --timeout 500ms --container b --failure-threshold 7 --startup-timeout 1m30s --timeout never';
    assert.deepEqual(
      [...readTrialSettings(args.split(' '))],
      [
        ['a', { ...defaultSettings, period: 5, timeout: 0.5 }],
        ['b', { ...defaultSettings, period: 5, 'failure-threshold': 7, 'startup-timeout': 90 }],
      ],
    );
  });
});
