import { readAnnotations } from './intent/annotations.ts';
import { type Assignment, assign, withoutForbidden } from './assign.ts';
import { isHoldName } from '../hold/volume.ts';
import { fit } from './fit/fit.ts';
import type { Given } from './fit/given.ts';
import { readIntent } from './intent/read.ts';
import { type KubernetesSettings, hasFeature, featureState } from './model/features.ts';
import { holdWarnings } from './model/hold-warnings.ts';
import type { AnnotationSet, HealthIntent, ReadingContext } from './model/intent.ts';
import { type Outcome, type Reasoning, undecided } from './outcome.ts';
import { patternOf } from './patterns/index.ts';
import { planTrial } from './patterns/trial.ts';
import type { PatternPlan } from './patterns/pattern.ts';
import { type Addition, nameOf } from './pod/additions.ts';
import type { Pod } from './pod/pod.ts';
import { type Problem, type SkippedItem, createCollector, existsAlready } from './model/problems.ts';
import { type InjectionRequest, findRequest } from './request.ts';
import type { PolicyScope } from './model/scope.ts';
import type { SkipReason } from './skip-reasons.ts';
import { type RecordedStatus, type Status, configHash } from './model/status.ts';

/** What injection needs to know besides the Pod and its scope: fixed for the life of the process. */
export type InjectionContext = ReadingContext & {
  readonly version: string;
  /** Leave the uid of our containers to the namespace, also where it does not say a range. */
  readonly leaveUid: boolean;
  readonly kubernetes: KubernetesSettings;
};

/** What is decided on. */
export type Call = {
  /** The Pod without anything of ours. */
  readonly pod: Pod;
  /** The Pod as it came in. */
  readonly arrived: Pod;
  readonly context: InjectionContext;
  readonly scope: PolicyScope;
  /** What an earlier call wrote. */
  readonly earlier: RecordedStatus | undefined;
};

/** What is decided on a Pod before anything is done to it. */
export type InjectionDecision = Reasoning &
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

/** The decision to add nothing. */
export const skip = (reason: SkipReason, notes: Partial<InjectionDecision> = {}): InjectionDecision => ({
  ...undecided,
  ...notes,
  kind: 'skipped',
  reason,
  added: [],
});

const reject = (problems: readonly Problem[], reasoning: Partial<Reasoning> = {}): InjectionDecision => ({
  ...undecided,
  ...reasoning,
  kind: 'rejected',
  problems,
});

/** Decides on a Pod that exceeds a limit, without reading its annotations or looking for its policies. */
export function decideUnread({ pod, context, scope: { namespace, policies } }: Call, why: string): InjectionDecision {
  const isAnnotated = Object.keys(pod.metadata?.annotations ?? {}).some((key) => key.startsWith(context.prefix));
  const isSelected = namespace?.inject !== 'disabled' && (namespace?.inject === 'enabled' || !policies.isEmpty);
  if (!isAnnotated && !isSelected) return skip('not-asked');
  return skip('too-large', { by: isAnnotated ? undefined : 'policies', skippedItems: [{ what: 'Pod', why }] });
}

/** Decides on a Pod; `findExclusion` is asked only where something asks for a check, since most Pods are not asked for. */
export function decideInjection(call: Call, findExclusion: () => SkipReason | undefined): InjectionDecision {
  const { pod, context, scope } = call;
  const { written, problems } = readAnnotations(pod.metadata?.annotations ?? {}, context.prefix);
  const found = findRequest(written, pod, scope);
  if (found.request) {
    const { request } = found;
    const excluded = findExclusion();
    return excluded ? skip(excluded, { by: request.by, request }) : injectRequested(call, request, problems);
  }
  // An unknown key is a mistake of the user's, also where nothing else asks for a check.
  if (found.reason === 'namespace-disabled' && isAnnotated(written, problems)) {
    return skip(found.reason, { skippedItems: [{ what: 'Pod', why: 'its annotations count for nothing there' }] });
  }
  if (found.reason !== 'not-asked' || problems.length === 0) return skip(found.reason);
  const excluded = findExclusion();
  return excluded ? skip(excluded) : reject(problems);
}

const isAnnotated = ({ pod, containers }: AnnotationSet, problems: readonly Problem[]): boolean =>
  pod.size > 0 || containers.size > 0 || problems.length > 0;

function injectRequested(call: Call, request: InjectionRequest, misread: readonly Problem[]): InjectionDecision {
  const { pod, arrived, context, scope, earlier } = call;
  const { by } = request;
  const read = createCollector();
  const intent = readIntent(request.written, {
    pod,
    context,
    isByDefault: by !== undefined,
    chosenContainer: chosenBefore(earlier),
    collector: read,
  });
  const assigned = assign(intent, pod);
  const { assignment, reason } = withoutForbidden(assigned, intent, scope.namespace);
  const plan = planAll(assignment, intent, pod, context.prefix);
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
  const listens =
    intent.isTrial ||
    [...assignment.byPattern].some(([name, list]) => patternOf(name).listens?.(intent.options.get(name), list));
  if (by !== undefined && pod.spec.hostNetwork && listens) return skip('host-network', notes);
  if (names.length === 0) {
    return skip(reason ?? reasonForNothing(intent, read.skippedItems, afterReading), notes);
  }
  if (intent.isTrial && plan.additions.length === 0) return skip('trial-asks-nothing', notes);
  const { kubernetes } = context;
  if (plan.additions.some(isImageVolume) && !hasFeature('ImageVolume', kubernetes, scope.apiserverMinor)) {
    return skip('no-image-volumes', notes);
  }
  const hasLevel = hasFeature('PodLevelResources', kubernetes, scope.apiserverMinor);
  const fitted = fit(plan.additions, {
    pod: hasLevel ? pod : withoutLevel(pod),
    arrived: hasLevel ? arrived : withoutLevel(arrived),
    completesLate: featureState('PodLevelResourcesFixDefaulting', kubernetes, scope.apiserverMinor),
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
  const status = statusOf(reasoned, { added, given: fitted.given }, call);
  // On trial nothing is restarted, and the keys are for what comes after it.
  const idleKeys = intent.isTrial ? [] : holdWarnings({ pod, written: request.written.pod }, status, context);
  return {
    ...reasoned,
    kind: 'injected',
    additions: fitted.additions,
    status,
    warnings: [...read.warnings, ...assignment.warnings, ...plan.warnings, ...idleKeys],
  };
}

const isImageVolume = (addition: Addition): boolean => addition.kind === 'volume' && addition.value.image !== undefined;

/** The Pod as an apiserver keeps it that knows no resources of a Pod as a whole. */
function withoutLevel(pod: Pod): Pod {
  const { resources, ...spec } = pod.spec;
  return resources === undefined ? pod : { ...pod, spec };
}

/** What all patterns add for their assignments, each addition once: two patterns may bring the same agent. */
function planAll(
  { byPattern }: Assignment,
  intent: HealthIntent,
  pod: Pod,
  prefix: string,
): PatternPlan & { readonly skippedItems: readonly SkippedItem[] } {
  if (intent.isTrial) {
    const { skippedItems = [], ...plan } = planTrial(byPattern, { pod, intent });
    return { ...plan, skippedItems };
  }
  const plans = [...byPattern].map(([name, assignments]) =>
    patternOf(name).plan(assignments, { pod, intent, options: intent.options.get(name) }),
  );
  const labels = [...byPattern.keys()].flatMap((name) =>
    Object.entries(patternOf(name).labels?.(intent.options.get(name), prefix) ?? {}),
  );
  const isFree = ([key]: readonly [string, string]): boolean => pod.metadata?.labels?.[key] === undefined;
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
  { added, given }: { readonly added: readonly string[]; readonly given: Given | undefined },
  { context, earlier }: Call,
): Status {
  const holds = added.some(isHoldName) ? intent.holds : undefined;
  const found = intent.containers.flatMap(({ container, found: text }) =>
    text === undefined ? [] : [[container, text]],
  );
  const ofPatterns = [...assignment.byPattern].flatMap(([name, assignments]) => {
    const part = patternOf(name).status?.(intent.options.get(name), assignments);
    return part ? [[name, part]] : [];
  });
  return {
    version: context.version,
    ...(by === undefined ? {} : { by }),
    patterns: [...assignment.byPattern.keys()],
    ...containersOf(intent),
    added,
    kept: skippedItems,
    ...(intent.isTrial ? { trial: true } : {}),
    ...Object.fromEntries(ofPatterns),
    ...(found.length > 0 ? { found: Object.fromEntries(found) } : {}),
    ...(given && { fitted: given }),
    ...(holds && holds.restartBudgetPercent > 0 ? { restartBudget: `${holds.restartBudgetPercent}%` } : {}),
    config: configHash(request.written, {
      version: context.version,
      image: intent.image,
      longestHoldMs: holds?.longestMs,
    }),
    ...(earlier && Object.keys(earlier.source).length > 0 ? { source: earlier.source } : {}),
  };
}

/** The container that was chosen for its place comes first, so that the next call knows it. */
function containersOf({ containers, chosenContainer }: HealthIntent): Pick<Status, 'containers' | 'named'> {
  const names = containers.map(({ container }) => container);
  if (chosenContainer === undefined) return { containers: names, named: true };
  return { containers: [chosenContainer, ...names.filter((name) => name !== chosenContainer)] };
}

/** The container that an earlier call chose for its place. */
const chosenBefore = (earlier: RecordedStatus | undefined): string | undefined =>
  earlier?.fields['named'] === undefined ? earlier?.containers[0] : undefined;

function reasonForNothing(
  { containers }: HealthIntent,
  whileReading: readonly SkippedItem[],
  afterReading: readonly SkippedItem[],
): SkipReason {
  if (containers.length === 0) return whileReading.length > 0 ? 'nothing-detected' : 'opted-out';
  const areAllPresent = afterReading.length > 0 && afterReading.every(({ why }) => why === existsAlready);
  return areAllPresent ? 'probes-exist' : 'nothing-to-add';
}
