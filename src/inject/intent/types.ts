import type { Check } from '../../check/check.ts';
import type { Timing } from './pod-settings.ts';

/** The kubelet's three probes, in the order in which a sentence lists them. */
export const probeNames = ['liveness', 'readiness', 'startup'] as const;

export type ProbeName = (typeof probeNames)[number];

/** The probes that a user asked for in one container. */
export type ContainerIntent = {
  readonly container: string;
  /** The patterns to use but hardware, in the order of preference; at least one where there is no hardware. */
  readonly patterns: readonly string[];
  /** The check for every probe that has none of its own, for all patterns but hardware. */
  readonly check: Checks | undefined;
  /** A check of its own for a probe, or `off`. */
  readonly probes: { readonly [name in ProbeName]?: Checks | 'off' };
  /** The checks of `check` that pattern hardware carries. */
  readonly hardware: Checks | undefined;
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
  readonly hardware: HardwareIntent;
};

/** How pattern hardware asks, and what happens then. */
export type HardwareIntent = {
  readonly mode: 'sidecar' | 'cli';
  readonly onFailure: 'move' | 'report';
  readonly hostPaths: readonly HostPath[];
  /** Paths under /dev. */
  readonly devices: readonly string[];
  readonly resourceClaim: string | undefined;
};

/** A folder of the node, and the folder that it is shown as, which differs where a test rig stands in for a node. */
export type HostPath = { readonly path: string; readonly as: string };

/** What reading needs to know besides the Pod: fixed for the life of the process. */
export type ReadingContext = {
  readonly prefix: string;
  readonly patternNames: readonly string[];
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
};

/** What of a node the administrator lets an annotation or a policy name; a path stands for all that is below it. */
export type Allowed = {
  readonly hostPaths: readonly string[];
  readonly devices: readonly string[];
  readonly deviceResources: readonly string[];
  readonly resourceClaims: readonly string[];
};
