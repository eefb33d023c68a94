import type { Check, Refusal } from '../../check/check.ts';
import type { Timing } from '../intent/pod-settings.ts';
import type { HealthIntent, ProbeName } from '../intent/types.ts';
import type { Addition } from '../pod/additions.ts';
import type { Pod } from '../pod/pod.ts';
import type { Problem } from '../problems.ts';

/** One probe that a pattern has to provide: the checks that must all hold. */
export type ProbeWish = {
  readonly probe: ProbeName;
  readonly checks: readonly Check[];
  /** The annotation to name when something is wrong with it. */
  readonly annotation: string;
};

/** The probes of one container that were given to a pattern. */
export type ContainerWish = {
  readonly container: string;
  readonly probes: readonly ProbeWish[];
  readonly timing: Timing;
};

/** What a plan may look at; `ours` names what an earlier call of the webhook added. */
export type PlanContext = {
  readonly pod: Pod;
  readonly intent: HealthIntent;
  readonly ours: ReadonlySet<string>;
};

/** What to add, what the user should know, and the mistakes that only show when everything is put together. */
export type Plan = {
  readonly additions: readonly Addition[];
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
};

/** One way of bringing a health check into a Pod; a new one is a folder and a line in `index.ts`. */
export type Pattern = {
  readonly summary: string;
  /** The probes that the key `check` fills; the others take a check of their own. */
  readonly fills: readonly ProbeName[];
  /** Says why the checks of one probe cannot be carried; undefined where they can. */
  readonly obstacle: (checks: readonly Check[], container: string, pod: Pod) => Refusal | undefined;
  /** Plans all containers at once, since they may share a sidecar. */
  readonly plan: (wishes: readonly ContainerWish[], context: PlanContext) => Plan;
};

/** Checks a pattern against the contract while keeping its own type. */
export const definePattern = (pattern: Pattern): Pattern => pattern;
