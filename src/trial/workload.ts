import type { TrialAnswer } from './answer.ts';
import { type AdviceForContainer, type LeastEvidence, adviceFor } from './advice.ts';
import { type Measured, measure } from './measured.ts';
import { type TrialSettings, defaultSettings } from './settings.ts';

/** A workload with Pods on trial, and what their agents have counted. */
export type WorkloadTrial = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The policy that put it on trial; undefined where its annotations did. */
  readonly policy: string | undefined;
  readonly pods: number;
  /** The Pods whose agents have answered. */
  readonly answered: number;
  readonly containers: readonly ContainerOnTrial[];
};

export type ContainerOnTrial = Measured & AdviceForContainer & { readonly settings: TrialSettings };

/** One Pod on trial; `answers` is undefined where its agents did not answer. */
export type PodOnTrial = Pick<WorkloadTrial, 'namespace' | 'kind' | 'name' | 'policy'> & {
  readonly answers: readonly TrialAnswer[] | undefined;
  readonly settings: ReadonlyMap<string, TrialSettings>;
};

/** Puts Pods together by their workload, with what is advised for each of its containers. */
export function workloadTrials(pods: readonly PodOnTrial[], least?: LeastEvidence): WorkloadTrial[] {
  const byWorkload = Map.groupBy(pods, ({ namespace, kind, name }) => `${namespace}/${kind}/${name}`);
  return [...byWorkload.values()].flatMap((ofWorkload) => {
    const [first] = ofWorkload;
    if (!first) return [];
    const { namespace, kind, name, policy } = first;
    const answered = ofWorkload.flatMap(({ answers }) => (answers ? [answers] : []));
    // Pods of another revision may be asked in another way: the strictest of them is what was measured.
    const containers = measure(answered.flat()).map((measured) => {
      const settings = strictest(ofWorkload.flatMap((pod) => pod.settings.get(measured.container) ?? []));
      return Object.assign({ settings }, measured, adviceFor(measured, settings, least));
    });
    return [{ namespace, kind, name, policy, pods: ofWorkload.length, answered: answered.length, containers }];
  });
}

function strictest(all: readonly TrialSettings[]): TrialSettings {
  const [first = defaultSettings, ...others] = all;
  return others.reduce(
    (least, each) => ({
      period: Math.min(least.period, each.period),
      timeout: Math.min(least.timeout, each.timeout),
      'failure-threshold': Math.min(least['failure-threshold'], each['failure-threshold']),
      'startup-timeout': Math.min(least['startup-timeout'], each['startup-timeout']),
    }),
    first,
  );
}

/** How often the Pods of a workload would have been restarted. */
export const wouldRestart = ({ containers }: WorkloadTrial): number =>
  containers.reduce((sum, { restarts }) => sum + restarts, 0);

/** For how many seconds its Pods would not have been ready. */
export const wouldBeUnready = ({ containers }: WorkloadTrial): number =>
  containers.reduce((sum, { unreadySeconds }) => sum + unreadySeconds, 0);
