import { patterns } from '../patterns/index.ts';
import type { Plan } from '../patterns/pattern.ts';
import { type Addition, nameOf } from '../pod/addition.ts';
import { annotate, keepEvictable } from '../pod/annotate.ts';
import { apply } from '../pod/apply.ts';
import type { Pod } from '../pod/pod.ts';
import { type Namespace, type Surroundings, noSurroundings } from '../policies/surroundings.ts';
import { assign } from './assign.ts';
import { gate } from './gate.ts';
import type { HealthIntent } from './intent.ts';
import { exceededLimit } from '../pod/limits.ts';
import { type Kept, type Outcome, existsAlready, skipped } from './outcome.ts';
import { type Problem, sentence } from './problem.ts';
import { readIntent } from './read-intent.ts';
import type { ReadingContext } from './reading-context.ts';
import type { SkipReason } from './skip-reason.ts';
import { type Status, configHash, readStatus } from './status.ts';
import { hardwareLabel, hardwareStatus } from './hardware-notes.ts';
import { holdToPodSecurity } from './pod-security.ts';
import { type Wish, findWish } from './wish.ts';
import { readAnnotations } from './written.ts';

/** What injection needs to know besides the Pod and what surrounds it: fixed for the life of the process. */
export type InjectionContext = ReadingContext & { readonly version: string };

/**
 * Turns a Pod into the Pod that its annotations, a policy or its namespace ask for. The Pod that comes in is never
 * changed; the one that goes out holds all that was in it, and gives itself when it comes in again.
 */
export function inject(pod: Pod, context: InjectionContext, surroundings: Surroundings = noSurroundings): Outcome {
  const excess = exceededLimit(pod, context.prefix);
  if (excess !== undefined) return tooLarge(excess, pod, context, surroundings);
  const { written, problems: misread } = readAnnotations(pod.metadata?.annotations ?? {}, context.prefix);
  const wish = findWish(written, pod, surroundings);
  if (typeof wish === 'string' && (wish !== 'not-asked' || misread.length === 0)) return skipped(wish);
  const barred = gate(pod, context.prefix);
  if (barred) return skipped(barred, { by: typeof wish === 'string' ? undefined : wish.by });
  // A key that nobody knows is a mistake of the user's, whoever else speaks for the Pod.
  if (typeof wish === 'string') return rejected(pod, misread, context);
  return fulfil(wish, misread, pod, context, surroundings.namespace);
}

/** A Pod that is not looked at, whoever asks: its policies are not looked for either. */
function tooLarge(why: string, { metadata }: Pod, { prefix }: InjectionContext, surroundings: Surroundings): Outcome {
  const isAnnotated = Object.keys(metadata?.annotations ?? {}).some((key) => key.startsWith(prefix));
  const { namespace, policies } = surroundings;
  const isSelected =
    namespace?.inject !== 'disabled' && (namespace?.inject === 'enabled' || policies.policies.length > 0);
  if (!isAnnotated && !isSelected) return skipped('not-asked');
  return skipped('too-large', { by: isAnnotated ? undefined : 'policies', kept: [{ what: 'Pod', why }] });
}

function fulfil(
  wish: Wish,
  misread: readonly Problem[],
  pod: Pod,
  context: InjectionContext,
  namespace: Namespace | undefined,
): Outcome {
  const { written, by } = wish;
  const problems: Problem[] = [...misread];
  const earlier = readStatus(pod, context.prefix);
  const ours = new Set(earlier?.added);
  const left: Kept[] = [];
  const reading = { pod, context, isByDefault: by !== undefined, ours, problems, kept: left };
  const intent = readIntent(written, reading);
  const assigned = assign(intent, pod, ours, problems);
  const { assignment, isBarred } = holdToPodSecurity(assigned, intent.hardware, namespace);
  const { wishes, warnings } = assignment;
  const plans: readonly Plan[] = [...wishes].map(([name, list]) => patterns[name].plan(list, { pod, intent, ours }));
  problems.push(...plans.flatMap((plan) => plan.problems));
  const label = hardwareLabel(wishes, intent, { pod, ours, prefix: context.prefix });
  const kept = [...assignment.kept, ...label.kept];
  const notes = { by, kept: [...left, ...kept] };
  if (problems.length > 0) {
    const isOurs = by !== undefined && misread.length === 0;
    return isOurs ? skipped('policy-mistaken', { ...notes, problems }) : rejected(pod, problems, context);
  }
  // A sidecar's port is taken on the whole node: nobody who did not ask for one should find it there.
  const hasSidecar = wishes.has('sidecar') || (wishes.has('hardware') && intent.hardware.mode === 'sidecar');
  if (by !== undefined && pod.spec.hostNetwork && hasSidecar) return skipped('host-network', notes);
  if (wishes.size === 0) return skipped(isBarred ? 'pod-security' : reasonForNothing(intent, left, kept), notes);

  const additions = distinct([...plans.flatMap((plan) => plan.additions), ...label.additions]);
  const added = additions.map(nameOf);
  if (wish.isAudit) return skipped('audit', { ...notes, added });
  const found = intent.containers.flatMap(({ container, found: text }) =>
    text === undefined ? [] : [[container, text]],
  );
  const status: Status = {
    version: context.version,
    ...(by === undefined ? {} : { by }),
    patterns: [...wishes.keys()],
    containers: intent.containers.map(({ container }) => container),
    added,
    kept: notes.kept,
    ...hardwareStatus(wishes, intent),
    ...(found.length > 0 ? { found: Object.fromEntries(found) } : {}),
    config: configHash(written, context.version, intent.image),
    ...(earlier && Object.keys(earlier.source).length > 0 ? { source: earlier.source } : {}),
  };
  return {
    kind: 'injected',
    by,
    pod: build(pod, additions, status, context),
    patterns: status.patterns,
    added,
    kept: status.kept,
    warnings: [...warnings, ...plans.flatMap((plan) => plan.warnings)],
  };
}

function reasonForNothing({ containers }: HealthIntent, left: readonly Kept[], kept: readonly Kept[]): SkipReason {
  if (containers.length === 0) return left.length > 0 ? 'nothing-detected' : 'opted-out';
  return kept.length > 0 && kept.every(({ why }) => why === existsAlready) ? 'probes-exist' : 'nothing-to-add';
}

/** Each addition once: two patterns may bring the same agent. */
function distinct(additions: readonly Addition[]): readonly Addition[] {
  const byName = new Map(additions.map((addition) => [nameOf(addition), addition]));
  return [...byName.values()];
}

function build(pod: Pod, additions: readonly Addition[], status: Status, { prefix }: InjectionContext): Pod {
  const volumes = additions.flatMap((addition) =>
    addition.kind === 'volume' && (addition.value.emptyDir ?? addition.value.hostPath) ? [addition.value.name] : [],
  );
  const wanted = additions.reduce(apply, pod);
  return annotate(keepEvictable(wanted, volumes), {
    [`${prefix}status`]: JSON.stringify(status),
    [`${prefix}problems`]: undefined,
  });
}

/** Nobody reads more, and a hostile Pod must not fill the log. */
const mostProblems = 32;

function rejected(pod: Pod, all: readonly Problem[], { prefix }: InjectionContext): Outcome {
  const problems = all.slice(0, mostProblems);
  const text = problems.map(sentence).join('\n').slice(0, 8_192);
  return { kind: 'rejected', by: undefined, pod: annotate(pod, { [`${prefix}problems`]: text }), problems };
}
