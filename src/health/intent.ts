import type { Check } from '../check/check.ts';
import type { Timing } from './timing.ts';

/** The kubelet's three probes, in the order in which a sentence lists them. */
export const probeNames = ['liveness', 'readiness', 'startup'] as const;

export type ProbeName = (typeof probeNames)[number];

/** The probes that a user asked for in one container. */
export type ContainerIntent = {
  readonly container: string;
  /** The patterns to use, in the order of preference; at least one. */
  readonly patterns: readonly string[];
  /** The check for every probe that has none of its own. */
  readonly check: Checks | undefined;
  /** A check of its own for a probe, or `off`. */
  readonly probes: { readonly [name in ProbeName]?: Checks | 'off' };
  readonly timing: Timing;
  /** By what the checks were found that nobody wrote. */
  readonly found: string | undefined;
};

/** Checks that must all hold, with the annotation that they came from. */
export type Checks = { readonly annotation: string; readonly list: readonly Check[] };

/** What the annotations of one Pod ask for, with nothing left to parse: nobody reads an annotation after this. */
export type HealthIntent = {
  readonly containers: readonly ContainerIntent[];
  readonly healthPort: number | undefined;
  readonly cpu: string;
  readonly memory: string;
  readonly delivery: 'init-container' | 'image-volume';
  readonly image: string;
};
