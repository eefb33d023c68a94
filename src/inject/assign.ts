import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isHardware, isRefusal } from '../check/check.ts';
import { type Checks, type ContainerIntent, type HealthIntent, type ProbeName, probeNames } from './intent/types.ts';
import { type Kept, existsAlready } from './outcome.ts';
import { assignHardware } from './patterns/hardware/index.ts';
import { type PatternName, patterns } from './patterns/index.ts';
import type { ContainerWish, ProbeWish } from './patterns/pattern.ts';
import { probeField } from './pod/additions.ts';
import { type Pod, probedContainers, runsToCompletion } from './pod/pod.ts';
import type { Problem } from './problems.ts';

/** Which pattern carries which probes, what is left alone, and what the user should know. */
export type Assignment = {
  readonly wishes: ReadonlyMap<PatternName, readonly ContainerWish[]>;
  readonly kept: readonly Kept[];
  readonly warnings: readonly string[];
};

/** Gives every probe to the first pattern of its container's list that can carry its checks, and hardware its own. */
export function assign(
  { containers, hardware }: HealthIntent,
  pod: Pod,
  ours: ReadonlySet<string>,
  problems: Problem[],
): Assignment {
  const wishes = new Map<PatternName, ContainerWish[]>();
  const kept: Kept[] = [];
  const warnings: string[] = [];
  const byName = new Map(probedContainers(pod).map((container) => [container.name, container]));
  for (const intent of containers) {
    const container = byName.get(intent.container) as V1Container;
    const notes = { kept, warnings, problems };
    const byPattern = assignContainer(intent, container, pod, ours, notes);
    const isReadinessTaken = [...byPattern.values()].flat().some(({ probe }) => probe === 'readiness');
    const own = assignHardware(intent, hardware, container, isReadinessTaken, ours, notes);
    if (own) byPattern.set('hardware', [own]);
    for (const [pattern, probes] of byPattern) {
      const wish = { container: intent.container, probes, timing: intent.timing };
      const list = wishes.get(pattern);
      if (list) list.push(wish);
      else wishes.set(pattern, [wish]);
    }
  }
  return { wishes, kept, warnings };
}

type Notes = { readonly kept: Kept[]; readonly warnings: string[]; readonly problems: Problem[] };

function assignContainer(
  intent: ContainerIntent,
  container: V1Container,
  pod: Pod,
  ours: ReadonlySet<string>,
  notes: Notes,
) {
  const byPattern = new Map<PatternName, ProbeWish[]>();
  for (const probe of probeNames) {
    const own = intent.probes[probe];
    const checks = own ?? intent.check;
    if (checks === undefined || checks === 'off') continue;
    const carried = carrier(intent, checks, probe, pod);
    if (isRefusal(carried)) {
      if (own || probe !== 'startup') addOnce(notes.problems, { annotation: checks.annotation, ...carried });
      continue;
    }
    if (!own && !patterns[carried.pattern].fills.includes(probe)) continue;
    const what = `${intent.container}/${probeField(probe)}`;
    if (container[probeField(probe)] && !ours.has(what)) {
      notes.kept.push({ what, why: existsAlready });
      continue;
    }
    const why = own ? undefined : reasonToLeave(probe, pod, byPattern);
    if (why === 'silent') continue;
    if (why !== undefined) {
      notes.kept.push({ what, why });
      continue;
    }
    if (own && probe !== 'readiness' && runsToCompletion(pod))
      notes.warnings.push(completionWarning(probe, intent.container));
    byPattern.set(carried.pattern, [
      ...(byPattern.get(carried.pattern) ?? []),
      { probe, checks: checks.list, annotation: checks.annotation },
    ]);
  }
  return byPattern;
}

/** Why a probe that nobody named should not come out of `check`; `silent` where nobody would miss it. */
function reasonToLeave(
  probe: ProbeName,
  pod: Pod,
  given: ReadonlyMap<PatternName, readonly ProbeWish[]>,
): string | undefined {
  if (probe === 'liveness' && runsToCompletion(pod)) {
    return 'a Pod that runs to completion gets a liveness probe only from the key liveness';
  }
  // A startup probe restarts as a liveness probe does: where we add no liveness, nobody asked for it.
  const hasLiveness = [...given.values()].flat().some((wish) => wish.probe === 'liveness');
  return probe === 'startup' && !hasLiveness ? 'silent' : undefined;
}

const completionWarning = (probe: ProbeName, container: string): string =>
  `The Pod runs to completion: an application in container "${container}" that exits with 0 when its ${probe} probe stops it counts as succeeded.`;

function carrier(
  intent: ContainerIntent,
  checks: Checks,
  probe: ProbeName,
  pod: Pod,
): { readonly pattern: PatternName } | Refusal {
  const incurable = probe === 'readiness' ? undefined : checks.list.find(isHardware);
  if (incurable) {
    return {
      received: `received a ${incurable.scheme} check for ${probe}, and a restart mends no hardware`,
      expected: 'pattern hardware for it, or the key readiness',
    };
  }
  let first: Refusal | undefined;
  for (const pattern of intent.patterns as readonly PatternName[]) {
    const obstacle = patterns[pattern].obstacle(checks.list, intent.container, pod);
    if (!obstacle) return { pattern };
    first ??= obstacle;
  }
  return first as Refusal;
}

function addOnce(problems: Problem[], problem: Problem): void {
  const isSame = (other: Problem): boolean =>
    other.annotation === problem.annotation && other.received === problem.received;
  if (!problems.some(isSame)) problems.push(problem);
}
