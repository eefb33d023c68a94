import { isDeepStrictEqual } from 'node:util';
import { readAnnotations } from './annotations.ts';
import { assign } from './assign.ts';
import { excludeNodes, exclusionsFor } from './exclude-nodes.ts';
import { readIntent } from './intent/read.ts';
import type { HealthIntent, ReadingContext } from './intent/types.ts';
import { type Kept, type Outcome, type Reasoning, existsAlready, undecided } from './outcome.ts';
import { hardwareLabel, hardwareStatus } from './patterns/hardware/index.ts';
import { holdToPodSecurity } from './patterns/hardware/pod-security.ts';
import { patterns } from './patterns/index.ts';
import type { Plan } from './patterns/pattern.ts';
import { type Addition, annotate, apply, keepEvictable, nameOf } from './pod/additions.ts';
import { exceededLimit } from './pod/limits.ts';
import type { Pod } from './pod/pod.ts';
import { type Problem, sentence } from './problems.ts';
import { type PolicyScope, type Wish, annotationsOnly, exclusionReason, findWish } from './request.ts';
import type { SkipReason } from './skip-reasons.ts';
import { type RecordedStatus, type Status, configHash, readStatus, statusWith } from './status.ts';

/** What injection needs to know besides the Pod and its scope: fixed for the life of the process. */
export type InjectionContext = ReadingContext & { readonly version: string };

/** What is decided on a Pod before anything is done to it. */
type Decision = Reasoning &
  Pick<Outcome, 'by' | 'kept'> & { readonly problems: readonly Problem[] } & (
    | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly added: readonly string[] }
    | { readonly kind: 'rejected' }
    | {
        readonly kind: 'injected';
        readonly additions: readonly Addition[];
        readonly status: Status;
        readonly warnings: readonly string[];
      }
  );

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
 * owner is quarantined on. The Pod that comes in is never changed; the one that goes out holds all that was in it, and
 * gives itself when it comes in again.
 */
export function inject(pod: Pod, context: InjectionContext, scope: PolicyScope = annotationsOnly): Outcome {
  const excess = exceededLimit(pod, context.prefix);
  if (excess !== undefined)
    return finish({ pod, context, scope, earlier: undefined }, tooLarge(excess, pod, context, scope), []);
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

/** A Pod that is not looked at, whoever asks: its policies are not looked for either. */
function tooLarge(why: string, { metadata }: Pod, { prefix }: InjectionContext, scope: PolicyScope): Decision {
  const isAnnotated = Object.keys(metadata?.annotations ?? {}).some((key) => key.startsWith(prefix));
  const { namespace, policies } = scope;
  const isSelected = namespace?.inject !== 'disabled' && (namespace?.inject === 'enabled' || !policies.isEmpty);
  if (!isAnnotated && !isSelected) return skip('not-asked');
  return skip('too-large', { by: isAnnotated ? undefined : 'policies', kept: [{ what: 'Pod', why }] });
}

function decide(call: Call, excluded: SkipReason | undefined): Decision {
  const { pod, context, scope } = call;
  const { written, problems } = readAnnotations(pod.metadata?.annotations ?? {}, context.prefix);
  const found = findWish(written, pod, scope);
  if (found.request) {
    const { request } = found;
    return excluded ? skip(excluded, { by: request.by, request }) : injectRequested(call, request, problems);
  }
  // A key that nobody knows is a mistake of the user's, whoever else speaks for the Pod.
  if (found.reason !== 'not-asked' || problems.length === 0) return skip(found.reason);
  return excluded ? skip(excluded) : reject(problems);
}

function injectRequested(call: Call, request: Wish, misread: readonly Problem[]): Decision {
  const { pod, context, scope, earlier } = call;
  const { written, by } = request;
  const problems: Problem[] = [...misread];
  const ours = new Set(earlier?.added);
  const left: Kept[] = [];
  const intent = readIntent(written, { pod, context, isByDefault: by !== undefined, ours, problems, kept: left });
  const assigned = assign(intent, pod, ours, problems);
  const { assignment, isBarred } = holdToPodSecurity(assigned, intent.hardware, scope.namespace);
  const { wishes, warnings } = assignment;
  const plans: readonly Plan[] = [...wishes].map(([name, list]) => patterns[name].plan(list, { pod, intent, ours }));
  problems.push(...plans.flatMap((plan) => plan.problems));
  const label = hardwareLabel(wishes, intent, { pod, ours, prefix: context.prefix });
  const kept = [...assignment.kept, ...label.kept];
  const notes = { request, intent, assignment, by, kept: [...left, ...kept], problems };
  if (problems.length > 0) {
    const isOurs = by !== undefined && misread.length === 0;
    return isOurs ? skip('policy-mistaken', notes) : reject(problems, { request, intent, assignment });
  }
  // A sidecar's port is taken on the whole node: nobody who did not ask for one should find it there.
  const hasSidecar = wishes.has('sidecar') || (wishes.has('hardware') && intent.hardware.mode === 'sidecar');
  if (by !== undefined && pod.spec.hostNetwork && hasSidecar) return skip('host-network', notes);
  if (wishes.size === 0) return skip(isBarred ? 'pod-security' : reasonForNothing(intent, left, kept), notes);
  const additions = distinct([...plans.flatMap((plan) => plan.additions), ...label.additions]);
  const added = additions.map(nameOf);
  if (request.isAudit) return { ...notes, kind: 'skipped', reason: 'audit', added };
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
    ...notes,
    kind: 'injected',
    additions,
    status,
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

/** Makes the Pod that was decided on, and says by comparing it with the one that came in what became of it. */
function finish(call: Call, decision: Decision, exclusions: Outcome['exclusions']): Outcome {
  const { pod, earlier, context } = call;
  const { prefix, version } = context;
  const { request, intent, assignment, by, kept, problems } = decision;
  const about = { request, intent, assignment, by, kept, exclusions };
  const additions = decision.kind === 'injected' ? decision.additions : [];
  const names = new Set(earlier?.added);
  const excluding = excludeNodes(additions.reduce(apply, pod), exclusions, { before: pod, earlier: names, prefix });
  const [statusKey, problemsKey] = [`${prefix}status`, `${prefix}problems`];
  if (decision.kind === 'injected') {
    const { status, warnings } = decision;
    const added = [...new Set([...status.added, ...excluding.added])];
    const values = { [statusKey]: JSON.stringify({ ...status, added }), [problemsKey]: undefined };
    const wanted = annotate(keepEvictable(excluding.pod, emptiedVolumes(additions)), values);
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
    const wanted = annotate(excluding.pod, { [problemsKey]: textOf(problems), ...values });
    const added = excluding.added;
    return { ...about, kind: 'rejected', result: 'invalid-annotations', pod: wanted, added, problems: few(problems) };
  }
  const { kind, reason } = decision;
  const wanted = status === undefined ? excluding.pod : annotate(excluding.pod, values);
  const added = [...decision.added, ...excluding.added];
  return { ...about, kind, reason, result: wanted === pod ? reason : 'kept-off', pod: wanted, added, problems };
}

/** The volumes whose content the cluster autoscaler need not care for. */
const emptiedVolumes = (additions: readonly Addition[]): string[] =>
  additions.flatMap((addition) =>
    addition.kind === 'volume' && (addition.value.emptyDir ?? addition.value.hostPath) ? [addition.value.name] : [],
  );

/** Nobody reads more, and a hostile Pod must not fill the log. */
const few = (problems: readonly Problem[]): readonly Problem[] => problems.slice(0, 32);

const textOf = (problems: readonly Problem[]): string => few(problems).map(sentence).join('\n').slice(0, 8_192);
