import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import { holdWarningsOfPod } from '../../src/inject/model/hold-warnings.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';

const { prefix } = testContext;

/** A Pod with these annotations, without their prefix. */
const podWith = (annotations: Readonly<Record<string, string>>, mountPath?: string): Pod => ({
  metadata: {
    name: 'web',
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value])),
  },
  spec: {
    containers: [
      { name: 'web', image: 'web:1', ...(mountPath && { volumeMounts: [{ name: 'own', mountPath }] }) },
      { name: 'other', image: 'other:1' },
    ],
    volumes: [{ name: 'own', emptyDir: {} }],
  },
});

const port = { pattern: 'port', port: '8080' };
const sidecar = { pattern: 'sidecar', check: 'redis://:6379' };
const asking = { pause: '15m', 'pause-readiness': 'true', 'restart-budget': '10%' };

/** What is said of the keys about holds when such a Pod is injected, and of the Pod that is made. */
function warnings(pod: Pod, holds = testContext.holds): { readonly planned: string[]; readonly made: string[] } {
  const outcome = inject(pod, { ...testContext, holds });
  assert(outcome.kind === 'injected', JSON.stringify(outcome));
  const planned = outcome.warnings.filter((sentence) => sentence.includes('has no effect'));
  return { planned, made: [...holdWarningsOfPod(outcome.pod, prefix)] };
}

/** What is said of a Pod that was made with these annotations, and under this setting, once it has another budget. */
const saidLater = (
  made: Readonly<Record<string, string>>,
  now: string,
  restartBudgetPercent = 25,
): readonly string[] => {
  const { pod } = inject(podWith({ ...sidecar, ...made }), {
    ...testContext,
    holds: { maxPauseMs: 3_600_000, restartBudgetPercent },
  });
  const annotations = { ...pod.metadata?.annotations, [`${prefix}restart-budget`]: now };
  return holdWarningsOfPod({ ...pod, metadata: { ...pod.metadata, annotations } }, prefix);
};

const both = (...sentences: readonly string[]) => ({ planned: sentences, made: sentences });
const noEffect = (key: string, why: string): string => `${prefix}${key} has no effect: ${why}.`;

describe('keys about pauses and the restart budget that change nothing', () => {
  it('are named for a pattern that nobody can hold, with the reason', () => {
    const whyPort = 'pattern port cannot be held, only sidecar and cli can: the kubelet asks the application itself';
    assert.deepEqual(
      warnings(podWith({ ...port, ...asking })),
      both(noEffect('pause', whyPort), noEffect('restart-budget', whyPort)),
    );
    const whyHardware = 'pattern hardware cannot be held, only sidecar and cli can: it restarts nothing';
    assert.deepEqual(
      warnings(podWith({ pattern: 'hardware', check: 'clock:', 'pause-readiness': 'true' })),
      both(noEffect('pause-readiness', whyHardware)),
    );
  });

  it('are named where no probe asks the agent, and where it has no place in the container', () => {
    const ownTool = { pattern: 'cli', check: 'exec:redis-cli ping', 'restart-budget': '10%' };
    assert.deepEqual(warnings(podWith(ownTool)).planned, [noEffect('restart-budget', 'no probe asks the agent')]);
    const taken = podWith({ pattern: 'cli', check: 'redis://:6379', pause: '15m' }, '/opt/health-probe-hold');
    assert.deepEqual(warnings(taken).planned, [
      noEffect('pause', 'a volume of the Pod is mounted at the place of the hold'),
    ]);
    assert.match(
      warnings(taken).made.join(),
      /pause has no effect: it was made while pauses were off, or has a volume/,
    );
  });

  it('are not named where they have an effect, where a budget is off, and where nobody wrote them', () => {
    for (const annotations of [{ ...sidecar, ...asking }, { ...port, 'restart-budget': 'off' }, port, sidecar]) {
      assert.deepEqual(warnings(podWith(annotations)), both());
    }
  });

  it('are named where the administrator has neither, and then add nothing to the Pod', () => {
    const off = { maxPauseMs: 0, restartBudgetPercent: 0 };
    const pod = podWith({ ...sidecar, ...asking });
    assert.deepEqual(warnings(pod, off).planned, [
      noEffect('pause', 'the administrator allows no pauses'),
      noEffect('restart-budget', 'the administrator has switched the restart budget off'),
    ]);
    const { added } = inject(pod, { ...testContext, holds: off });
    assert.deepEqual(
      added.filter((what) => what.includes('health-probe-hold')),
      [],
    );
  });

  it('say of a Pod whose budget was off or another when it was made that only a new Pod has it', () => {
    const another = 'and only a new Pod in its place has another';
    assert.deepEqual(saidLater({}, '10%', 0), [
      noEffect('restart-budget', `the Pod was made with no budget, ${another}`),
    ]);
    assert.deepEqual(saidLater({}, '10%'), [noEffect('restart-budget', `the Pod was made with 25%, ${another}`)]);
    assert.deepEqual(saidLater({}, '25%'), []);
    assert.deepEqual(saidLater({ 'restart-budget': '10%' }, '10%'), []);
  });

  it('are not named at the injection of a Pod on trial, and of one that runs with the reason', () => {
    const { planned, made } = warnings(podWith({ ...sidecar, ...asking, trial: 'true' }));
    assert.deepEqual(planned, []);
    const why = 'it is on trial, and has no probe that could be held';
    assert.deepEqual(made, [noEffect('pause', why), noEffect('restart-budget', why)]);
  });

  it('are named for a Pod that carries nothing of ours', () => {
    const why = 'health-injector has added no check to it';
    assert.deepEqual(holdWarningsOfPod(podWith({ pause: '15m' }), prefix), [noEffect('pause', why)]);
  });
});
