import { type Advice, adviceText } from './advice.ts';
import { type AdviceKey, type TrialSettings, adviceKeys } from './settings.ts';
import { type WorkloadTrial, wouldRestart } from './workload.ts';

/** What changes where a policy is promoted from trial to enforcement. */
export type Promotion = {
  /** Values for the policy, which serve all of its workloads. */
  readonly inject: Readonly<Record<string, string>>;
  /** Values that some workloads need for themselves. */
  readonly own: readonly { readonly workload: WorkloadTrial; readonly values: Readonly<Record<string, string>> }[];
};

/** A value of the policy becomes no more than so many times as patient for the sake of one workload. */
const mostPatience = 3;

/**
 * Which of the advised values go into the policy, which asks with these settings now, and which into annotations of workloads: those of a workload that needs much
 * more patience, or would have been restarted, are its own, since the policy speaks for the others too.
 */
export function promotion(workloads: readonly WorkloadTrial[], policy: TrialSettings): Promotion {
  // An agent says itself how it asks, and any program may say that it is one: only the policy says what is usual.
  const isUsual = ({ key, value }: Advice): boolean => value <= mostPatience * policy[key];
  const needs = workloads.map((workload) => ({ workload, changes: needsOf(workload) }));
  const common = needs
    .filter(({ workload, changes }) => wouldRestart(workload) === 0 && changes.every(isUsual))
    .flatMap(({ changes }) => changes);
  const inject = new Map(adviceKeys.flatMap((key) => greatest(key, common)));
  const own = needs.map(({ workload, changes }) => {
    const more = changes.filter(({ key, value }) => value > (inject.get(key) ?? 0));
    return { workload, values: textsOf(adviceKeys.flatMap((key) => greatest(key, more))) };
  });
  return { inject: textsOf([...inject]), own: own.filter(({ values }) => Object.keys(values).length > 0) };
}

const needsOf = ({ containers }: WorkloadTrial): Advice[] =>
  containers.flatMap(({ advice }) => advice.filter(({ now, value }) => value !== now));

function greatest(key: AdviceKey, changes: readonly Advice[]): (readonly [AdviceKey, number])[] {
  const values = changes.filter((each) => each.key === key).map(({ value }) => value);
  return values.length === 0 ? [] : [[key, Math.max(...values)]];
}

const textsOf = (values: readonly (readonly [AdviceKey, number])[]): Readonly<Record<string, string>> =>
  Object.fromEntries(values.map(([key, value]) => [key, adviceText(key, value)]));
