import { isDeepStrictEqual } from 'node:util';
import {
  type Call,
  type InjectionDecision,
  type InjectionContext,
  decideInjection,
  decideUnread,
  skip,
} from './decide.ts';
import { keysOfController } from './model/move-window.ts';
import { isDebugCopy } from './debug-copy.ts';
import { excludeNodes, exclusionsFor } from './exclude-nodes.ts';
import { readGiven } from './fit/given.ts';
import type { Outcome } from './outcome.ts';
import { type Addition, annotate, keepEvictable } from './pod/additions.ts';
import { areAnnotationsTaken, exceededLimit } from './pod/limits.ts';
import type { Pod } from './pod/pod.ts';
import { type Standing, inOldOrder, putBack } from './put-back.ts';
import { type Problem, sentence, spelledOut } from './model/problems.ts';
import { exclusionReason, isUntouchable } from './request.ts';
import { type PolicyScope, annotationsOnly } from './model/scope.ts';
import { type RecordedStatus, readStatus, statusNaming } from './model/status.ts';
import { takeOut } from './take-out.ts';

/** A Pod as it came in, and what is ours in it. */
type Arrival = Pick<Standing, 'pod' | 'taken'> & {
  /** The Pod without what is ours; the very same where nothing is. */
  readonly clean: Pod;
  readonly earlier: RecordedStatus | undefined;
};

/**
 * Turns a Pod into the Pod that its annotations, a policy or its namespace ask for, and keeps it off the nodes that its
 * owner is quarantined on. What an earlier call added is taken out first, so that a call gives what a first call would give.
 * The input is never changed. The output holds all that the user wrote, and a second call with the output changes nothing.
 */
export function inject(pod: Pod, context: InjectionContext, scope: PolicyScope = annotationsOnly): Outcome {
  const { prefix } = context;
  const asItIs = { pod, clean: pod, taken: nothing, earlier: undefined };
  const excess = exceededLimit(pod, prefix);
  if (excess !== undefined) {
    const call = { ...asItIs, arrived: pod, context, scope };
    return finish(asItIs, call, decideUnread(call, excess), []);
  }
  const excluded = exclusionReason(pod);
  const arrival = isUntouchable(excluded, scope) ? asItIs : arrivalOf(pod, prefix);
  const call = { pod: arrival.clean, arrived: pod, context, scope, earlier: arrival.earlier };
  const decision = decideInjection(call, () => excluded ?? (isDebugCopy(pod, prefix) ? 'debug-copy' : undefined));
  if (isUnknown(decision, call)) return finish(asItIs, call, decision, []);
  return finish(arrival, call, decision, excluded ? [] : exclusionsFor(pod, scope));
}

const nothing: ReadonlySet<string> = new Set();

function arrivalOf(pod: Pod, prefix: string): Arrival {
  const annotations = pod.metadata?.annotations;
  const earlier = readStatus(pod, prefix);
  const isWritten = (earlier?.added ?? []).length > 0 || annotations?.[`${prefix}problems`] !== undefined;
  if (!isWritten) return { pod, clean: pod, taken: nothing, earlier };
  const { template: clean, taken } = takeOut(pod, prefix, earlier);
  return { pod, clean, taken, earlier };
}

/** True where a policy or namespace asked in an earlier call, and this call knows of none: it may only not have heard of them yet. */
const isUnknown = (decision: InjectionDecision, { earlier, scope }: Call): boolean =>
  decision.kind === 'skipped' &&
  decision.reason === 'not-asked' &&
  scope.namespace === undefined &&
  earlier?.fields['by'] !== undefined;

/** Makes the Pod that was decided on. The result comes from comparing it with the Pod that came in. */
function finish(arrival: Arrival, call: Call, decision: InjectionDecision, exclusions: Outcome['exclusions']): Outcome {
  const { pod, clean, taken, earlier } = arrival;
  const { prefix, version, parseCheck } = call.context;
  const { request, intent, assignment, fitting, by, skippedItems, problems } = decision;
  const about = { request, intent, assignment, fitting, by, skippedItems, exclusions, carried: taken };
  const additions = decision.kind === 'injected' ? decision.additions : [];
  const isSameWish = decision.kind === 'injected' && decision.status.config === earlier?.fields['config'];
  const fitted = earlier?.fields['fitted'];
  const isSameFit = isSameWish && isDeepStrictEqual(decision.status.fitted, fitted);
  const given = readGiven(fitted);
  const filled = putBack(clean, additions, { pod, taken, isSameWish, isSameFit, given, parseCheck });
  const excluding = excludeNodes(filled, exclusions, { clean, prefix });
  const [statusKey, problemsKey] = [`${prefix}status`, `${prefix}problems`];
  /** The Pod that came in where nothing has changed. */
  const settle = (annotated: Pod): Pod => {
    if (annotated === pod) return pod;
    const wanted = clean === pod ? annotated : inOldOrder(annotated, pod);
    const isSameSpec = clean === pod ? wanted.spec === pod.spec : isDeepStrictEqual(wanted.spec, pod.spec);
    return isSameSpec && isDeepStrictEqual(wanted.metadata, pod.metadata) ? pod : wanted;
  };
  if (decision.kind === 'injected') {
    const { status, warnings } = decision;
    const added = [...new Set([...status.added, ...excluding.added])];
    // A Pod that is held now is held on, by what stands in it, and one that is to be moved is moved.
    const stands = keysOfController
      .map((key) => `${prefix}${key}`)
      .map((key) => [key, pod.metadata?.annotations?.[key]]);
    const values = {
      ...Object.fromEntries(stands),
      [statusKey]: JSON.stringify({ ...status, added }),
      [problemsKey]: undefined,
    };
    const annotated = annotate(keepEvictable(excluding.pod, emptiedVolumes(additions)), values);
    // The status may be what is too much: the apiserver would refuse the Pod, and not because of its author.
    if (!areAnnotationsTaken(annotated.metadata?.annotations)) {
      const why = 'its annotations leave no room for the status, which says what was added';
      const refused = skip('too-large', { request, by, skippedItems: [{ what: 'Pod', why }] });
      return finish(arrival, call, refused, exclusions);
    }
    const wanted = settle(annotated);
    const result = wanted === pod ? 'already-injected' : 'injected';
    return { ...about, kind: decision.kind, patterns: status.patterns, added, warnings, result, pod: wanted };
  }
  const status = statusNaming(excluding.added, version);
  const values = status === undefined ? {} : { [statusKey]: status };
  if (decision.kind === 'rejected') {
    const wanted = settle(annotateWithinRoom(excluding.pod, { [problemsKey]: textOf(problems), ...values }));
    const added = excluding.added;
    return { ...about, kind: 'rejected', result: 'invalid-annotations', pod: wanted, added, problems: few(problems) };
  }
  const { kind, reason } = decision;
  const wanted = settle(status === undefined ? excluding.pod : annotateWithinRoom(excluding.pod, values));
  const added = [...decision.added, ...excluding.added];
  const changed = excluding.added.length > 0 ? 'excluded' : 'removed';
  return {
    ...about,
    kind,
    reason,
    result: wanted === pod ? reason : changed,
    pod: wanted,
    added,
    problems: few(problems),
  };
}

/** Annotates a Pod where the apiserver takes so much, and leaves it where it does not. */
function annotateWithinRoom(pod: Pod, values: Readonly<Record<string, string | undefined>>): Pod {
  const annotated = annotate(pod, values);
  return areAnnotationsTaken(annotated.metadata?.annotations) ? annotated : pod;
}

/** The volumes that hold nothing for which the cluster autoscaler has to keep a node. */
const emptiedVolumes = (additions: readonly Addition[]): string[] =>
  additions.flatMap((addition) =>
    addition.kind === 'volume' && (addition.value.emptyDir ?? addition.value.hostPath) ? [addition.value.name] : [],
  );

/** A clause of a problem may list the names of all containers or ports, and before validation a name has any length. */
const longestClause = 2_048;

/** A hostile Pod must not fill the log. */
function few(problems: readonly Problem[]): readonly Problem[] {
  const shown = problems
    .slice(0, 32)
    .map(spelledOut)
    .map(({ annotation, received, expected }) => ({
      annotation,
      received: shortened(received),
      expected: shortened(expected),
    }));
  // What is wrong in a key of all containers is found for each of them.
  return [...new Map(shown.map((problem) => [sentence(problem), problem])).values()];
}

const shortened = (clause: string): string =>
  clause.length > longestClause ? `${clause.slice(0, longestClause)}…` : clause;

const textOf = (problems: readonly Problem[]): string => few(problems).map(sentence).join('\n').slice(0, 8_192);
