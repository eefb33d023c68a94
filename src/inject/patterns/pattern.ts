import type { V1Container } from '@kubernetes/client-node';
import type { Check, Refusal } from '../../check/check.ts';
import type { AnnotationMap, Checks, ContainerIntent, HealthIntent, ReadingContext, Timing } from '../model/intent.ts';
import type { Addition, ProbeName } from '../pod/additions.ts';
import type { Pod } from '../pod/pod.ts';
import type { Problem, Collector, SkippedItem } from '../model/problems.ts';
import type { Namespace } from '../model/scope.ts';

/** Why a pattern does nothing at all, where that is its own reason. */
export type PatternSkipReason = 'pod-security';

/** One probe that a pattern has to provide: the checks that must all hold. */
export type ProbeAssignment = {
  readonly probe: ProbeName;
  readonly checks: readonly Check[];
  /** The annotation to name when something is wrong with it. */
  readonly annotation: string;
  /** The checks were found and not written: they have no power before they have passed once. */
  readonly isGuess: boolean;
};

/** The probes of one container that were given to a pattern. */
export type ContainerAssignment = {
  readonly container: string;
  readonly probes: readonly ProbeAssignment[];
  readonly timing: Timing;
};

/** What a plan may look at: a Pod in which nothing is ours, and what the pattern read from its own keys as `options`. */
export type PlanContext<Options = unknown> = {
  readonly pod: Pod;
  readonly intent: HealthIntent;
  readonly options: Options;
};

/** What to add, what the user should know, and the mistakes that only show when everything is put together. */
export type PatternPlan = {
  readonly additions: readonly Addition[];
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
  /** The probes that are left out although they were assigned. */
  readonly skippedItems?: readonly SkippedItem[];
};

/** What reading found in one container of which all checks may go to one pattern. */
export type ContainerClaim = {
  /** The checks of the key `check` that it claims, and those that it does not. */
  readonly claimed: Checks | undefined;
  readonly others: Checks | undefined;
  /** The checks of a key of one probe. */
  readonly ofProbe: Checks | undefined;
  /** The annotation that names the pattern. */
  readonly annotation: string;
};

/** The container to whose probe claimed checks go. */
export type ClaimTarget<Options = unknown> = {
  readonly container: V1Container;
  readonly options: Options;
  /** The probes that other patterns fill. */
  readonly taken: ReadonlySet<ProbeName>;
};

/** Where claimed checks went, or why nowhere. */
export type ClaimResult = {
  readonly probe?: ProbeAssignment;
  readonly skipped?: SkippedItem;
  readonly problem?: Problem;
};

type Claim<Options = unknown> = {
  /** True for a check that goes to this pattern alone. */
  takes(check: Check): boolean;
  /** What is wrong where the list names this pattern alone. */
  validate(claim: ContainerClaim, prefix: string): readonly Problem[];
  /** Gives the claimed checks to a probe. */
  assign(checks: Checks, target: ClaimTarget<Options>): ClaimResult;
};

/** Whether a namespace lets a pattern do its work; a warning where the namespace does not say. */
export type Permission =
  | { readonly isAllowed: true; readonly warnings: readonly string[] }
  | { readonly isAllowed: false; readonly reason: PatternSkipReason; readonly why: string };

/** One way of bringing a health check into a Pod; a new one is a folder and a line in `index.ts`. */
export type Pattern<Options = unknown> = {
  readonly summary: string;
  /** The probes that the key `check` fills, but for the checks that are claimed; the others take a check of their own. */
  readonly probesFilledByCheck: readonly ProbeName[];
  readonly defaultTimeoutMs: number;
  /** Why it cannot wait until a check that was found has passed once; undefined where it can. */
  readonly guessRefusal?: Refusal;
  /** Its own annotation keys, which speak of the whole Pod, with a line of meaning each. */
  readonly ownKeys?: Readonly<Record<string, string>>;
  /** What it adds to the meaning of a key of all patterns. */
  readonly keyNotes?: Readonly<Record<string, string>>;
  /** The sentences of the reasons for which it does nothing. */
  readonly skipReasons?: Readonly<Partial<Record<PatternSkipReason, string>>>;

  /** Says why the checks of one probe cannot be carried; undefined where they can. */
  unsupportedReason(checks: readonly Check[], container: string, pod: Pod): Refusal | undefined;
  /** Plans all containers at once, since they may share a sidecar. */
  plan(assignments: readonly ContainerAssignment[], context: PlanContext<Options>): PatternPlan;
  /** True for what has the form of an addition of this pattern. It may come from a user, so the types promise nothing. */
  isAddedForm(addition: Addition): boolean;
  /** True where it adds a container that listens on a port of the Pod. */
  listens?(options: Options, assignments: readonly ContainerAssignment[]): boolean;

  /** Reads its own keys. */
  readOptions?(annotations: AnnotationMap, context: ReadingContext, collector: Collector): Options;
  /** What is wrong with its own keys in this very Pod, once every container was read without a mistake. */
  validateForPod?(asked: {
    readonly annotations: AnnotationMap;
    readonly containers: readonly ContainerIntent[];
    readonly options: Options;
    readonly pod: Pod;
  }): readonly Problem[];

  /** A pattern that claims checks of the key `check` for itself, where the list names it. It is no choice for others. */
  readonly claim?: Claim<Options>;
  /** Says why no pattern at all may carry a check for a probe. */
  forbids?(check: Check, probe: ProbeName): Refusal | undefined;
  /** Whether the namespace lets it do what its options ask. */
  permission?(options: Options, namespace: Namespace | undefined): Permission;

  /** The labels that it puts on the Pod. */
  labels?(options: Options, prefix: string): Readonly<Record<string, string>>;
  /** What `status` says of it, under its name. */
  status?(options: Options, assignments: readonly ContainerAssignment[]): object;
};

/** Checks a pattern against the contract while keeping the type of its options. */
export const definePattern = <Options = unknown>(pattern: Pattern<Options>): Pattern<Options> => pattern;
