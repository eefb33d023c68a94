import type { V1Pod } from '@kubernetes/client-node';
import { isHardware } from '../../check/check.ts';
import type { InjectionContext } from '../../inject/decide.ts';
import { type IndexFunctions, type Indexer } from '../../kube/informer.ts';
import { type Owner, controllerOf } from '../../kube/owners.ts';
import { agentsWithScheme, guessPorts, isOnTrial, sidecarPorts } from '../../inject/model/guesses.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { ownerKeyOf, ownerText } from '../../quarantine/quarantine.ts';
import type { TrialStatus } from '../../trial/sums.ts';
import type { PolicyScope } from '../../inject/model/scope.ts';
import { type Verdict, evaluateCoverage } from './evaluate.ts';

/** Where the sidecars of a Pod listen. */
export type Sidecars = { readonly ip: string; readonly ports: readonly number[] };

/** What is held of a Pod: some hundred bytes, whatever the Pod's size. */
export type PodSummary = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  readonly isReady: boolean;
  /** Its controller, such as a ReplicaSet; undefined for a bare Pod. */
  readonly owner: Owner | undefined;
  readonly verdict: Verdict;
  /** Where the sidecars listen that have guesses; undefined where the Pod has none, or no address yet. */
  readonly guessing: Sidecars | undefined;
  /** Where the sidecars listen of a Pod that is not ready, and since when it is not; undefined for one that is ready. */
  readonly failing: (Sidecars & { readonly sinceMs: number }) | undefined;
  /** Where the sidecars listen that check hardware, and when the last of them started; undefined where none does. */
  readonly hardware: (Sidecars & { readonly startedMs: number }) | undefined;
  /** The sidecars of a Pod on trial, if it has an address, and its workload, such as `shop/Deployment/web`. */
  readonly trial: { readonly sidecars: Sidecars | undefined; readonly workload: string } | undefined;
};

/** A Pod's author may write the uid of any owner into it, also one of another namespace: alone it is no key. */
export const controllerKeyOf = ({ namespace, owner, uid }: PodSummary): string => `${namespace}/${owner?.uid ?? uid}`;

/** What Pods are evaluated by. */
export type CoverageContext = InjectionContext & {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Whether the webhook is asked only about Pods with an annotation of ours: then no other was missed. */
  readonly annotatedOnly: boolean;
};

/**
 * Takes from a Pod what is held of it. Undefined for a Pod that is terminated or being deleted, and for one that nothing
 * asks a check for.
 */
export function summarizePod(
  pod: V1Pod,
  context: CoverageContext,
  scopeFor: (namespace: string) => PolicyScope,
): PodSummary | undefined {
  const { metadata = {}, spec, status } = pod;
  const { namespace = '', name = '', uid = '', creationTimestamp, deletionTimestamp, annotations = {} } = metadata;
  const isOver = deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (isOver || !spec || context.excludedNamespaces.has(namespace)) return undefined;
  const isAnnotated = Object.keys(annotations).some((key) => key.startsWith(context.prefix));
  if (context.annotatedOnly && !isAnnotated) return undefined;
  const verdict = evaluateCoverage(pod as Pod, context, scopeFor(namespace));
  if (!verdict) return undefined;
  const trial = onTrial(pod, context.prefix);
  return {
    uid,
    namespace,
    name,
    createdMs: Date.parse(String(creationTimestamp)),
    isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    owner: controllerOf(metadata),
    verdict: { ...verdict, notes: shortened(verdict.notes) },
    // A Pod on trial says in one answer which of its guesses are unproven, and no probe of ours makes it not ready.
    guessing: trial ? undefined : guessingOf(pod, context.prefix),
    failing: trial ? undefined : failingOf(pod, context.prefix),
    hardware: hardwareOf(pod, context.prefix),
    trial,
  };
}

function guessingOf(pod: V1Pod, prefix: string): PodSummary['guessing'] {
  const ip = pod.status?.podIP;
  const ports = ip === undefined ? [] : guessPorts(pod as Pod, prefix);
  return ip === undefined || ports.length === 0 ? undefined : { ip, ports };
}

function failingOf(pod: V1Pod, prefix: string): PodSummary['failing'] {
  const { podIP: ip, conditions, phase } = pod.status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready');
  if (ip === undefined || phase !== 'Running' || ready?.status !== 'False') return undefined;
  const ports = sidecarPorts(pod as Pod, prefix);
  return ports.length === 0 ? undefined : { ip, ports, sinceMs: Date.parse(String(ready.lastTransitionTime)) };
}

function hardwareOf(pod: V1Pod, prefix: string): PodSummary['hardware'] {
  const { podIP: ip, initContainerStatuses = [] } = pod.status ?? {};
  const agents = ip === undefined ? [] : agentsWithScheme(pod as Pod, prefix, (scheme) => isHardware({ scheme }));
  const startsMs = agents.map(({ name }) =>
    Date.parse(String(initContainerStatuses.find((status) => status.name === name)?.state?.running?.startedAt)),
  );
  // One that does not run cannot be asked.
  if (ip === undefined || startsMs.length === 0 || startsMs.some(Number.isNaN)) return undefined;
  return { ip, ports: agents.map(({ port }) => port), startedMs: Math.max(...startsMs) };
}

function onTrial(pod: V1Pod, prefix: string): PodSummary['trial'] {
  if (!isOnTrial(pod as Pod, prefix)) return undefined;
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const workload = ownerText(ownerKeyOf(namespace, pod.metadata) ?? { namespace, kind: 'Pod', name });
  const ip = pod.status?.podIP;
  const ports = ip === undefined ? [] : sidecarPorts(pod as Pod, prefix);
  return { sidecars: ip === undefined || ports.length === 0 ? undefined : { ip, ports }, workload };
}

/** An Event has room for no more. */
const mostCharacters = 1_024;

/** The first notes, the last of them cut. */
function shortened(notes: readonly string[]): readonly string[] {
  let left = mostCharacters;
  return notes.flatMap((note) => {
    const shown = note.slice(0, Math.max(left, 0));
    left -= note.length;
    return shown === '' ? [] : [shown];
  });
}

/** The Pods that something asks a check for, by the policy that asks and by what became of them. */
export type PodIndex = Indexer<PodSummary, 'policy' | 'state'>;

export const podIndexFunctions: IndexFunctions<PodSummary, 'policy' | 'state'> = {
  policy: ({ verdict }) => verdict.policy,
  state: ({ verdict }) => verdict.state,
};

/** What became of the Pods that one policy selects; `lastSeenMs` is when the youngest was created, 0 where there is none. */
export type PolicyCount = {
  readonly matched: number;
  readonly injected: number;
  readonly missed: number;
  readonly skipped: ReadonlyMap<string, number>;
  readonly unproven: number;
  readonly trial: TrialStatus | undefined;
  readonly lastSeenMs: number;
};

/** What the sidecars of Pods have answered. */
type AnswersOfSidecars = {
  /** Whether the Pod of a uid has a guess that has not passed. */
  readonly isUnproven: (uid: string) => boolean;
  readonly trialOf: (pods: readonly PodSummary[]) => TrialStatus | undefined;
};

/** Counts the Pods that a policy selects. */
export function countOfPolicy(pods: PodIndex, policy: string, { isUnproven, trialOf }: AnswersOfSidecars): PolicyCount {
  const skipped = new Map<string, number>();
  const selected = pods.byIndex('policy', policy);
  const count = { matched: selected.length, injected: 0, missed: 0, unproven: 0, lastSeenMs: 0 };
  for (const { uid, verdict, createdMs } of selected) {
    const { state } = verdict;
    if (isUnproven(uid)) count.unproven += 1;
    count.lastSeenMs = Math.max(count.lastSeenMs, createdMs);
    if (state === 'injected' || state === 'missed') count[state] += 1;
    else skipped.set(state, (skipped.get(state) ?? 0) + 1);
  }
  return { ...count, skipped, trial: trialOf(selected) };
}
