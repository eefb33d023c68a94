import type { Check } from '../../check/check.ts';
import type { CheckParser } from '../../check/parse.ts';
import type { HoldSettings } from '../../hold/settings.ts';
import type { ProbeName } from '../pod/additions.ts';

/** One annotation as the user wrote it. */
export type AnnotationValue = { readonly annotation: string; readonly value: string };

/** The values by their keys, without the prefix. */
export type AnnotationMap = ReadonlyMap<string, AnnotationValue>;

/** What the user wrote: Pod-wide values, and values per container name. */
export type AnnotationSet = {
  readonly pod: AnnotationMap;
  readonly containers: ReadonlyMap<string, AnnotationMap>;
};

/** What reading needs to know besides the Pod: fixed for the life of the process. */
export type ReadingContext = {
  readonly prefix: string;
  readonly parseCheck: CheckParser;
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
  readonly holds: HoldSettings;
};

/** What of a node the administrator lets an annotation or a policy name; a path stands for all that is below it. */
type Allowed = {
  readonly hostPaths: readonly string[];
  readonly devices: readonly string[];
  readonly deviceResources: readonly string[];
  readonly resourceClaims: readonly string[];
};

/** Checks that must all hold, with the annotation that they came from. */
export type Checks = { readonly annotation: string; readonly list: readonly Check[] };

/** How often and how patiently to check; what the user left out is undefined, and each pattern has its default. */
export type Timing = {
  readonly periodSeconds?: number;
  readonly timeoutMs?: number;
  readonly initialDelaySeconds?: number;
  readonly startupTimeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
};

/** The probes that a user asked for in one container. */
export type ContainerIntent = {
  readonly container: string;
  /** The patterns to use, in the order of preference; at least one where none claims a check. */
  readonly patterns: readonly string[];
  /** The check for every probe that has none of its own, without what a pattern claims. */
  readonly check: Checks | undefined;
  /** A check of its own for a probe, or `off`. */
  readonly probes: { readonly [name in ProbeName]?: Checks | 'off' };
  /** The checks of the key `check` that a pattern claims. */
  readonly claimed: ReadonlyMap<string, Checks>;
  readonly timing: Timing;
  /** By what the checks were found; undefined where the user wrote them. */
  readonly found: string | undefined;
};

/** By what the agent learns that its liveness is held. */
type HoldIntent = {
  /** That of the annotation `hold`. */
  readonly prefix: string;
  /** How far away the end of a hold may be. */
  readonly longestMs: number;
  /** 0 where the Pod has no restart budget. */
  readonly restartBudgetPercent: number;
};

/** What the annotations of one Pod ask for, with nothing left to parse: no later step reads an annotation. */
export type HealthIntent = {
  readonly containers: readonly ContainerIntent[];
  /** The one of them that no annotation names: it stands first, or stood there in the first call. */
  readonly chosenContainer: string | undefined;
  readonly healthPort: number | undefined;
  /** What the injected containers ask for; undefined where that is left to what fits. */
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly delivery: 'init-container' | 'image-volume';
  /** No probe is added: an agent beside the containers asks, and counts what would have followed. */
  readonly isTrial: boolean;
  readonly image: string;
  /** Undefined where it never is: there is neither a pause nor a restart budget. */
  readonly holds: HoldIntent | undefined;
  /** What each pattern read from the keys that are its own. */
  readonly options: ReadonlyMap<string, unknown>;
};
