import { isDeepStrictEqual } from 'node:util';
import { readAnnotations } from './intent/annotations.ts';
import { type Assignment, assign, withoutForbidden } from './assign.ts';
import { fit } from './fit/fit.ts';
import { excludeNodes, exclusionsFor } from './exclude-nodes.ts';
import { readIntent } from './intent/read.ts';
import type { HealthIntent, ReadingContext } from './model/intent.ts';
import { type Outcome, type Reasoning, undecided } from './outcome.ts';
import { patternOf } from './patterns/index.ts';
import type { PatternPlan } from './patterns/pattern.ts';
import { type Addition, annotate, apply, keepEvictable, nameOf } from './pod/additions.ts';
import { areAnnotationsTaken, exceededLimit } from './pod/limits.ts';
import type { Pod } from './pod/pod.ts';
import { type Problem, type SkippedItem, createCollector, existsAlready, sentence } from './model/problems.ts';
import { type InjectionRequest, exclusionReason, findRequest } from './request.ts';
import { type PolicyScope, annotationsOnly } from './model/scope.ts';
import type { SkipReason } from './skip-reasons.ts';
import { type RecordedStatus, type Status, configHash, readStatus, statusWith } from './model/status.ts';

/** What injection needs to know besides the Pod and its scope: fixed for the life of the process. */
export type InjectionContext = ReadingContext & {
  readonly version: string;
  /** Leave the uid of our containers to the namespace, also where it does not say a range. */
  readonly leaveUid: boolean;
};

/** What is decided on a Pod before anything is done to it. */
type Decision = Reasoning &
  Pick<Outcome, 'by' | 'skippedItems'> & { readonly problems: readonly Problem[] } & (
    | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly added: readonly string[] }
    | { readonly kind: 'rejected' }
    | {
        readonly kind: 'injected';
        readonly additions: readonly Addition[];
        readonly status: Status;
        readonly warnings: readonly string[];
      }
  );

/** The reasoning once every step has been taken. */
type Reasoned = { readonly [K in keyof Reasoning]: NonNullable<Reasoning[K]> } & Pick<Outcome, 'by' | 'skippedItems'>;

/** What the steps of one call go by. */
type Call = {
  readonly pod: Pod;
  readonly context: InjectionContext;
  readonly scope: PolicyScope;
  /** What an earlier call wrote. */
  readonly earlier: RecordedStatus | undefined;
};

/**
 * Turns a Pod into the Pod that its annotations, a policy or its namespace ask for, and keeps it off the nodes that its
 * owner is quarantined on. The input is never changed. The output holds all that was in the input, and a second call
 * with the output changes nothing.
 */
export function inject(pod: Pod, context: InjectionContext, scope: PolicyScope = annotationsOnly): Outcome {
  const excess = exceededLimit(pod, context.prefix);
  if (excess !== undefined) {
    const call = { pod, context, scope, earlier: undefined };
    return finish(call, tooLarge(call, excess), []);
  }
  const call = { pod, context, scope, earlier: readStatus(pod, context.prefix) };
  const excluded = exclusionReason(pod);
  return finish(call, decide(call, excluded), excluded ? [] : exclusionsFor(pod, scope));
}

const skip = (reason: SkipReason, notes: Partial<Decision> = {}): Decision => ({
  ...undecided,
  ...notes,
  kind: 'skipped',
  reason,
  added: [],
});

const reject = (problems: readonly Problem[], reasoning: Partial<Reasoning> = {}): Decision => ({
  ...undecided,
  ...reasoning,
  kind: 'rejected',
  problems,
});

/** Decides on a Pod that exceeds a limit, without reading its annotations or looking for its policies. */
function tooLarge({ pod, context, scope: { namespace, policies } }: Call, why: string): Decision {
  const isAnnotated = Object.keys(pod.metadata?.annotations ?? {}).some((key) => key.startsWith(context.prefix));
  const isSelected = namespace?.inject !== 'disabled' && (namespace?.inject === 'enabled' || !policies.isEmpty);
  if (!isAnnotated && !isSelected) return skip('not-asked');
  return skip('too-large', { by: isAnnotated ? undefined : 'policies', skippedItems: [{ what: 'Pod', why }] });
}

function decide(call: Call, excluded: SkipReason | undefined): Decision {
  const { pod, context, scope } = call;
  const { written, problems } = readAnnotations(pod.metadata?.annotations ?? {}, context.prefix);
  const found = findRequest(written, pod, scope);
  if (found.request) {
    const { request } = found;
    return excluded ? skip(excluded, { by: request.by, request }) : injectRequested(call, request, problems);
  }
  // An unknown key is a mistake of the user's, also where nothing else asks for a check.
  if (found.reason !== 'not-asked' || problems.length === 0) return skip(found.reason);
  return excluded ? skip(excluded) : reject(problems);
}

function injectRequested(call: Call, request: InjectionRequest, misread: readonly Problem[]): Decision {
  const { pod, context, scope, earlier } = call;
  const { by } = request;
  const previouslyAdded = new Set(earlier?.added);
  const read = createCollector();
  const intent = readIntent(request.written, {
    pod,
    context,
    isByDefault: by !== undefined,
    previouslyAdded,
    collector: read,
  });
  const assigned = assign(intent, pod, previouslyAdded);
  const { assignment, reason } = withoutForbidden(assigned, intent, scope.namespace);
  const plan = planAll(assignment, intent, { pod, previouslyAdded, prefix: context.prefix });
  const afterReading = [...assignment.skippedItems, ...plan.skippedItems];
  const skippedItems = [...read.skippedItems, ...afterReading];
  const problems = [...misread, ...read.problems, ...assigned.problems, ...plan.problems];
  const notes = { request, intent, assignment, by, skippedItems, problems };
  if (problems.length > 0) {
    const isOfPolicy = by !== undefined && misread.length === 0;
    return isOfPolicy ? skip('invalid-policy', notes) : reject(problems, { request, intent, assignment });
  }
  const names = [...assignment.byPattern.keys()];
  // On the node's network a sidecar takes a port of the whole node: only an annotation may ask for that.
  const listens = names.some((name) => patternOf(name).listens?.(intent.options.get(name)));
  if (by !== undefined && pod.spec.hostNetwork && listens) return skip('host-network', notes);
  if (names.length === 0) {
    return skip(reason ?? reasonForNothing(intent, read.skippedItems, afterReading), notes);
  }
  const fitted = fit(plan.additions, {
    pod,
    previouslyAdded,
    rules: scope.resourceRules(),
    cpu: intent.cpu,
    memory: intent.memory,
    hasOwnUid: context.leaveUid || scope.namespace?.hasUidRange === true,
  });
  if (fitted.kind === 'refused') {
    const refused = fitted.whys.map((why) => ({ what: 'Pod', why }));
    return skip(fitted.reason, { ...notes, skippedItems: [...skippedItems, ...refused] });
  }
  const added = plan.additions.map(nameOf);
  const reasoned = { ...notes, fitting: fitted.notes };
  if (request.isAudit) return { ...reasoned, kind: 'skipped', reason: 'audit', added };
  const status = statusOf(reasoned, added, call);
  return {
    ...reasoned,
    kind: 'injected',
    additions: fitted.additions,
    status,
    warnings: [...assignment.warnings, ...plan.warnings],
  };
}

/** What all patterns add for their assignments, each addition once: two patterns may bring the same agent. */
function planAll(
  { byPattern }: Assignment,
  intent: HealthIntent,
  {
    pod,
    previouslyAdded,
    prefix,
  }: { readonly pod: Pod; readonly previouslyAdded: ReadonlySet<string>; readonly prefix: string },
): PatternPlan & { readonly skippedItems: readonly SkippedItem[] } {
  const plans = [...byPattern].map(([name, assignments]) =>
    patternOf(name).plan(assignments, { pod, intent, options: intent.options.get(name), previouslyAdded }),
  );
  const labels = [...byPattern.keys()].flatMap((name) =>
    Object.entries(patternOf(name).labels?.(intent.options.get(name), prefix) ?? {}),
  );
  const isFree = ([key]: readonly [string, string]): boolean =>
    pod.metadata?.labels?.[key] === undefined || previouslyAdded.has(`labels/${key}`);
  const additions: readonly Addition[] = [
    ...plans.flatMap((plan) => plan.additions),
    ...labels.filter(isFree).map(([key, value]) => ({ kind: 'label' as const, key, value })),
  ];
  const present = labels.filter((label) => !isFree(label));
  return {
    additions: [...new Map(additions.map((addition) => [nameOf(addition), addition])).values()],
    warnings: plans.flatMap((plan) => plan.warnings),
    problems: plans.flatMap((plan) => plan.problems),
    skippedItems: present.map(([key]) => ({ what: `labels/${key}`, why: 'the Pod has this label already' })),
  };
}

function statusOf(
  { request, intent, assignment, by, skippedItems }: Reasoned,
  added: readonly string[],
  { context, earlier }: Call,
): Status {
  const found = intent.containers.flatMap(({ container, found: text }) =>
    text === undefined ? [] : [[container, text]],
  );
  const ofPatterns = [...assignment.byPattern].flatMap(([name, assignments]) => {
    const containers = assignments.map(({ container }) => container);
    const part = patternOf(name).status?.(intent.options.get(name), containers);
    return part ? [[name, part]] : [];
  });
  return {
    version: context.version,
    ...(by === undefined ? {} : { by }),
    patterns: [...assignment.byPattern.keys()],
    containers: intent.containers.map(({ container }) => container),
    added,
    kept: skippedItems,
    ...Object.fromEntries(ofPatterns),
    ...(found.length > 0 ? { found: Object.fromEntries(found) } : {}),
    config: configHash(request.written, context.version, intent.image),
    ...(earlier && Object.keys(earlier.source).length > 0 ? { source: earlier.source } : {}),
  };
}

function reasonForNothing(
  { containers }: HealthIntent,
  whileReading: readonly SkippedItem[],
  afterReading: readonly SkippedItem[],
): SkipReason {
  if (containers.length === 0) return whileReading.length > 0 ? 'nothing-detected' : 'opted-out';
  const areAllPresent = afterReading.length > 0 && afterReading.every(({ why }) => why === existsAlready);
  return areAllPresent ? 'probes-exist' : 'nothing-to-add';
}

/** Makes the Pod that was decided on. The result comes from comparing it with the Pod that came in. */
function finish(call: Call, decision: Decision, exclusions: Outcome['exclusions']): Outcome {
  const { pod, earlier, context } = call;
  const { prefix, version } = context;
  const { request, intent, assignment, fitting, by, skippedItems, problems } = decision;
  const about = { request, intent, assignment, fitting, by, skippedItems, exclusions };
  const additions = decision.kind === 'injected' ? decision.additions : [];
  const excluding = excludeNodes(additions.reduce(apply, pod), exclusions, {
    before: pod,
    previouslyAdded: new Set(earlier?.added),
    prefix,
  });
  const [statusKey, problemsKey] = [`${prefix}status`, `${prefix}problems`];
  if (decision.kind === 'injected') {
    const { status, warnings } = decision;
    const added = [...new Set([...status.added, ...excluding.added])];
    const values = { [statusKey]: JSON.stringify({ ...status, added }), [problemsKey]: undefined };
    const wanted = annotate(keepEvictable(excluding.pod, emptiedVolumes(additions)), values);
    // The status may be what is too much: the apiserver would refuse the Pod, and not because of its author.
    if (!areAnnotationsTaken(wanted.metadata?.annotations)) {
      const why = 'its annotations leave no room for the status, which says what was added';
      return finish(call, skip('too-large', { request, by, skippedItems: [{ what: 'Pod', why }] }), exclusions);
    }
    const isSame = wanted.spec === pod.spec && isDeepStrictEqual(wanted.metadata, pod.metadata);
    const rest = { kind: decision.kind, patterns: status.patterns, added, warnings };
    return {
      ...about,
      ...rest,
      ...(isSame ? { result: 'already-injected', pod } : { result: 'injected', pod: wanted }),
    };
  }
  const status = statusWith(excluding.added, earlier, version);
  const values = status === undefined ? {} : { [statusKey]: status };
  if (decision.kind === 'rejected') {
    const wanted = annotateWithinRoom(excluding.pod, { [problemsKey]: textOf(problems), ...values });
    const added = excluding.added;
    return { ...about, kind: 'rejected', result: 'invalid-annotations', pod: wanted, added, problems: few(problems) };
  }
  const { kind, reason } = decision;
  const wanted = status === undefined ? excluding.pod : annotateWithinRoom(excluding.pod, values);
  const added = [...decision.added, ...excluding.added];
  const result = wanted === pod ? reason : 'excluded';
  return { ...about, kind, reason, result, pod: wanted, added, problems: few(problems) };
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
const few = (problems: readonly Problem[]): readonly Problem[] =>
  problems.slice(0, 32).map(({ annotation, received, expected }) => ({
    annotation,
    received: shortened(received),
    expected: shortened(expected),
  }));

const shortened = (clause: string): string =>
  clause.length > longestClause ? `${clause.slice(0, longestClause)}…` : clause;

const textOf = (problems: readonly Problem[]): string => few(problems).map(sentence).join('\n').slice(0, 8_192);
