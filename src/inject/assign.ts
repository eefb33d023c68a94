import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal } from '../check/check.ts';
import type { Checks, ContainerIntent, HealthIntent } from './model/intent.ts';
import { patternNames, patternOf } from './patterns/index.ts';
import type { ContainerAssignment, ProbeAssignment } from './patterns/pattern.ts';
import { type ProbeName, probeField, probeNames } from './pod/additions.ts';
import { type Pod, probedContainers, runsToCompletion } from './pod/pod.ts';
import {
  type Problem,
  type Collector,
  type SkippedItem,
  completes,
  createCollector,
  existsAlready,
} from './model/problems.ts';
import type { Namespace } from './model/scope.ts';
import type { SkipReason } from './skip-reasons.ts';

/** Which pattern carries which probes, what is left alone, and what the user should know. */
export type Assignment = {
  readonly byPattern: ReadonlyMap<string, readonly ContainerAssignment[]>;
  readonly skippedItems: readonly SkippedItem[];
  readonly warnings: readonly string[];
};

/** Gives every probe to the first pattern of its container's list that can carry its checks, and claimed checks to the pattern that claims them. */
export function assign(intent: HealthIntent, pod: Pod): Assignment & { readonly problems: readonly Problem[] } {
  const byPattern = new Map<string, ContainerAssignment[]>();
  const collector = createCollector();
  const byName = new Map(probedContainers(pod).map((container) => [container.name, container]));
  for (const ofContainer of intent.containers) {
    const container = byName.get(ofContainer.container) as V1Container;
    const target = { intent: ofContainer, container, pod };
    const probesOf = assignContainer(target, collector);
    for (const [name, probes] of assignClaimed(target, intent, probesOf, collector)) probesOf.set(name, [probes]);
    for (const [pattern, probes] of probesOf) {
      const assignment = { container: ofContainer.container, probes, timing: ofContainer.timing };
      const list = byPattern.get(pattern);
      if (list) list.push(assignment);
      else byPattern.set(pattern, [assignment]);
    }
  }
  const { problems, skippedItems, warnings } = collector;
  return { byPattern, skippedItems, warnings, problems };
}

type Target = {
  readonly intent: ContainerIntent;
  readonly container: V1Container;
  readonly pod: Pod;
};

type ProbesByPattern = Map<string, readonly ProbeAssignment[]>;

function assignContainer(target: Target, collector: Collector): ProbesByPattern {
  const { intent, container, pod } = target;
  const byPattern: ProbesByPattern = new Map();
  for (const probe of probeNames) {
    const own = intent.probes[probe];
    const checks = own ?? intent.check;
    if (checks === undefined || checks === 'off') continue;
    const carrier = findCarrier(target, checks, probe);
    if (isRefusal(carrier)) {
      if (own || probe !== 'startup') addOnce(collector, { annotation: checks.annotation, ...carrier });
      continue;
    }
    const { pattern } = carrier;
    if (!own && !isFilledByCheck(probe, pattern, intent)) continue;
    const what = `${intent.container}/${probeField(probe)}`;
    if (container[probeField(probe)]) {
      collector.addSkipped({ what, why: existsAlready });
      continue;
    }
    if (!own) {
      // A startup probe restarts a container as a liveness probe does: without our liveness there is no startup either.
      if (probe === 'startup' && !hasProbe(byPattern, 'liveness')) continue;
      if (probe === 'liveness' && runsToCompletion(pod)) {
        // Nobody wrote it, so nothing is amiss.
        collector.addSkipped({ what, why: completes });
        continue;
      }
    } else if (probe !== 'readiness' && runsToCompletion(pod)) {
      collector.addWarning(completionWarning(probe, intent.container));
    }
    const isGuess = intent.found !== undefined;
    const assignment = { probe, checks: checks.list, annotation: checks.annotation, isGuess };
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), assignment]);
  }
  return byPattern;
}

/** A guess has startup whatever carries it: by the kubelet's question the agent knows of a new container. */
const isFilledByCheck = (probe: ProbeName, pattern: string, { found, timing }: ContainerIntent): boolean =>
  patternOf(pattern).probesFilledByCheck.includes(probe) ||
  (probe === 'startup' && (found !== undefined || timing.startupTimeoutSeconds !== undefined));

const hasProbe = (byPattern: ProbesByPattern, wanted: ProbeName): boolean =>
  [...byPattern.values()].some((probes) => probes.some(({ probe }) => probe === wanted));

const completionWarning = (probe: ProbeName, container: string): string =>
  `The Pod runs to completion: an application in container "${container}" that exits with 0 when its ${probe} probe stops it counts as succeeded.`;

/** The first pattern of the list that can carry the checks; where none can, why the first cannot. */
function findCarrier(
  { intent, pod }: Target,
  checks: Checks,
  probe: ProbeName,
): { readonly pattern: string } | Refusal {
  for (const check of checks.list) {
    for (const name of patternNames) {
      const refusal = patternOf(name).forbids?.(check, probe);
      if (refusal) return refusal;
    }
  }
  let first: Refusal | undefined;
  for (const pattern of intent.patterns) {
    const refusal = refusalOf(pattern, checks.list, intent, pod);
    if (!refusal) return { pattern };
    first ??= refusal;
  }
  return (
    first ?? { received: 'received no pattern that takes checks of other kinds', expected: 'another pattern beside it' }
  );
}

/** Why a pattern does not carry the checks of a probe; undefined where it does. */
export function refusalOf(
  pattern: string,
  checks: Checks['list'],
  { container, found }: ContainerIntent,
  pod: Pod,
): Refusal | undefined {
  const { unsupportedReason, guessRefusal } = patternOf(pattern);
  return unsupportedReason(checks, container, pod) ?? (found === undefined ? undefined : guessRefusal);
}

/** Gives claimed checks to the patterns that claim them. */
function assignClaimed(
  { intent, container }: Target,
  { options }: HealthIntent,
  byPattern: ProbesByPattern,
  collector: Collector,
): ReadonlyMap<string, ProbeAssignment> {
  const taken = new Set([...byPattern.values()].flat().map(({ probe }) => probe));
  const given = new Map<string, ProbeAssignment>();
  for (const [name, checks] of intent.claimed) {
    const target = { container, options: options.get(name), taken };
    const { probe, skipped, problem } = patternOf(name).claim?.assign(checks, target) ?? {};
    if (probe) given.set(name, probe);
    if (skipped) collector.addSkipped(skipped);
    if (problem) collector.addProblem(problem);
  }
  return given;
}

function addOnce(collector: Collector, problem: Problem): void {
  const isSame = (other: Problem): boolean =>
    other.annotation === problem.annotation && other.received === problem.received;
  if (!collector.problems.some(isSame)) collector.addProblem(problem);
}

/** The assignment without the patterns that the namespace does not allow; `reason` where nothing is left by that. */
export function withoutForbidden(
  assignment: Assignment,
  { options }: HealthIntent,
  namespace: Namespace | undefined,
): { readonly assignment: Assignment; readonly reason?: SkipReason } {
  const byPattern = new Map(assignment.byPattern);
  const skippedItems = [...assignment.skippedItems];
  const warnings = [...assignment.warnings];
  let reason: SkipReason | undefined;
  for (const name of assignment.byPattern.keys()) {
    const permission = patternOf(name).permission?.(options.get(name), namespace);
    if (permission?.isAllowed) warnings.push(...permission.warnings);
    else if (permission) {
      byPattern.delete(name);
      skippedItems.push({ what: name, why: permission.why });
      if (byPattern.size > 0) warnings.push(`Pattern ${name} is left out: ${permission.why}.`);
      else ({ reason } = permission);
    }
  }
  return { assignment: { byPattern, skippedItems, warnings }, ...(reason === undefined ? {} : { reason }) };
}
