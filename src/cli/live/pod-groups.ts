import type { V1Pod } from '@kubernetes/client-node';
import { evaluateCoverage } from '../../controllers/coverage/evaluate.ts';
import { guessPorts } from '../../inject/model/guesses.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { type OwnerKey, ownerText } from '../../quarantine/quarantine.ts';
import type { PodCount } from '../../report/facts.ts';
import type { EvaluationContext } from '../evaluate.ts';

/** The Pods of one owner: their counts, and the youngest of them. */
export type PodGroup = {
  /** Undefined for a bare Pod, which is a group of its own. */
  readonly owner: OwnerKey | undefined;
  readonly newest: V1Pod;
  readonly count: Omit<PodCount, 'unproven'>;
};

/** A Pod that has a guess, and where its sidecars listen. */
export type GuessingPod = {
  readonly owner: string;
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly number[];
};

/** Counts Pods by owner, one after the other, and holds one of each owner. */
export function createPodGroups(context: EvaluationContext, ownerOf: (pod: V1Pod) => OwnerKey | undefined) {
  const groups = new Map<string, PodGroup>();
  const guessing: GuessingPod[] = [];
  return {
    all: (): ReadonlyMap<string, PodGroup> => groups,
    guessing: (): readonly GuessingPod[] => guessing,
    take(pod: V1Pod): void {
      const { metadata, spec, status } = pod;
      const { namespace = '', name = '' } = metadata ?? {};
      const isOver = metadata?.deletionTimestamp || status?.phase === 'Succeeded' || status?.phase === 'Failed';
      if (isOver || !spec) return;
      const owner = ownerOf(pod);
      const key = ownerText(owner ?? { namespace, kind: 'Pod', name });
      const before = groups.get(key);
      const isYounger = !before || madeMs(pod) >= madeMs(before.newest);
      groups.set(key, { owner, newest: isYounger ? pod : before.newest, count: added(before, pod, context) });
      const ports = guessPorts(pod as Pod, context.prefix);
      if (ports.length > 0) guessing.push({ owner: key, namespace, name, ports });
    },
  };
}

const madeMs = ({ metadata }: V1Pod): number => Date.parse(String(metadata?.creationTimestamp));

function added(before: PodGroup | undefined, pod: V1Pod, context: EvaluationContext): PodGroup['count'] {
  const namespace = pod.metadata?.namespace ?? '';
  const isExcluded = context.excludedNamespaces.has(namespace);
  const verdict = isExcluded ? undefined : evaluateCoverage(pod as Pod, context, context.scopeFor(namespace));
  const { total = 0, ready = 0, injected = 0, missed = 0, restarts = 0 } = before?.count ?? {};
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  const statuses = pod.status?.containerStatuses ?? [];
  return {
    total: total + 1,
    ready: ready + Number(isReady),
    injected: injected + Number(verdict?.state === 'injected'),
    missed: missed + Number(verdict?.state === 'missed'),
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, restarts),
  };
}
