import { patterns } from '../patterns/index.ts';
import type { Plan } from '../patterns/pattern.ts';
import { type Addition, nameOf } from '../pod/addition.ts';
import { annotate, keepEvictable } from '../pod/annotate.ts';
import { apply } from '../pod/apply.ts';
import type { Pod } from '../pod/pod.ts';
import { assign, existsAlready } from './assign.ts';
import { gate } from './gate.ts';
import { type Outcome, skipped } from './outcome.ts';
import { type Problem, sentence } from './problem.ts';
import { readIntent } from './read-intent.ts';
import type { ReadingContext } from './reading-context.ts';
import { type Status, addedEarlier, configHash } from './status.ts';
import { readAnnotations } from './written.ts';

/** What injection needs to know besides the Pod: fixed for the life of the process. */
export type InjectionContext = ReadingContext & { readonly version: string };

/**
 * Turns a Pod into the Pod that its annotations ask for. The Pod that comes in is never changed; the one that goes
 * out holds all that was in it, and gives itself when it comes in again.
 */
export function inject(pod: Pod, context: InjectionContext): Outcome {
  const { written, problems: misread } = readAnnotations(pod.metadata?.annotations ?? {}, context.prefix);
  if (written.pod.size === 0 && written.containers.size === 0 && misread.length === 0) return skipped('not-asked');
  const barred = gate(pod);
  if (barred) return skipped(barred);

  const problems: Problem[] = [...misread];
  const ours = addedEarlier(pod, context.prefix);
  const intent = readIntent(written, pod, context, problems);
  const { wishes, kept, warnings } = assign(intent.containers, pod, ours, problems);
  const plans: readonly Plan[] = [...wishes].map(([name, list]) => patterns[name].plan(list, { pod, intent, ours }));
  problems.push(...plans.flatMap((plan) => plan.problems));
  if (problems.length > 0) return rejected(pod, problems, context);
  if (intent.containers.length === 0) return skipped('opted-out');
  if (wishes.size === 0) {
    const doesExist = kept.length > 0 && kept.every(({ why }) => why === existsAlready);
    return skipped(doesExist ? 'probes-exist' : 'nothing-to-add', kept);
  }

  const additions = plans.flatMap((plan) => plan.additions);
  const added = additions.map(nameOf);
  const found = intent.containers.flatMap(({ container, found: by }) => (by === undefined ? [] : [[container, by]]));
  const status: Status = {
    version: context.version,
    patterns: [...wishes.keys()],
    containers: intent.containers.map(({ container }) => container),
    added,
    kept,
    ...(found.length > 0 ? { found: Object.fromEntries(found) } : {}),
    config: configHash(written, context.version, intent.image),
  };
  return {
    kind: 'injected',
    pod: build(pod, additions, status, context),
    patterns: status.patterns,
    added,
    kept,
    warnings: [...warnings, ...plans.flatMap((plan) => plan.warnings)],
  };
}

function build(pod: Pod, additions: readonly Addition[], status: Status, { prefix }: InjectionContext): Pod {
  const volumes = additions.flatMap((addition) =>
    addition.kind === 'volume' && addition.value.emptyDir ? [addition.value.name] : [],
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
  return { kind: 'rejected', pod: annotate(pod, { [`${prefix}problems`]: text }), problems };
}
