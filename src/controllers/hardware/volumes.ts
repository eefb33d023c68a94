// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity
import type { V1NodeSelectorTerm, V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { type FactCache, createFactCache } from './facts.ts';
import { type HardwarePod, mostClaims } from './pod.ts';
import { backoffMs } from './retries.ts';

/** Where the volumes behind the claims of a Pod can be used. */
export type VolumesFact =
  | { readonly kind: 'anywhere' }
  /** On the Pod's node alone; the detail names claim and volume. */
  | { readonly kind: 'here'; readonly detail: string }
  /** The look-up failed; `untilMs`: when it is due again. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly tries: number; readonly untilMs: number };

const timeoutMs = 2_000;

export type VolumesOptions = {
  readonly client: Client;
  readonly retryMs: number;
  readonly onChange: () => void;
  readonly onError: (sentence: string) => void;
  readonly clock?: Clock;
};

/** The volumes of Pods that are about to be moved. A claim is bound to its volume for good, so one answer is for the Pod's life. */
export function createVolumes(
  { client, retryMs, onChange, onError, clock = systemClock }: VolumesOptions,
  signal: AbortSignal,
): FactCache<VolumesFact> {
  const fetch = async (pod: HardwarePod, before: VolumesFact | undefined): Promise<VolumesFact> => {
    try {
      const here = await volumesOnlyHere(client, pod, signal);
      return here.length > 0 ? { kind: 'here', detail: here.join(', ') } : { kind: 'anywhere' };
    } catch (error) {
      signal.throwIfAborted();
      const { message: detail } = error as Error;
      const tries = before?.kind === 'unknown' ? before.tries + 1 : 1;
      if (tries === 1) onError(`Where the volumes of Pod ${pod.namespace}/${pod.name} are is not known: ${detail}.`);
      return { kind: 'unknown', detail, tries, untilMs: clock.date().getTime() + backoffMs(tries, retryMs) };
    }
  };
  return createFactCache({ fetch, onChange }, signal);
}

/** The volumes of a Pod that are on its node alone, each with its claim, by two reads for each claim. */
async function volumesOnlyHere(
  client: Client,
  { namespace, node, claims }: HardwarePod,
  signal: AbortSignal,
): Promise<string[]> {
  if (claims.length > mostClaims) throw new Error(`it has more than ${mostClaims} claims`);
  const read = async <T>(path: string, what: string): Promise<T> => {
    try {
      return await client.get<T>(path, { signal, timeoutMs });
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };
  const lookUp = async (name: string): Promise<string[]> => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    const { spec } = await read<V1PersistentVolumeClaim>(path, `claim ${name}`);
    // A claim that is not bound yet is bound to no node.
    if (!spec?.volumeName) return [];
    const what = `volume ${spec.volumeName} of claim ${name}`;
    const volume = await read<V1PersistentVolume>(`/api/v1/persistentvolumes/${spec.volumeName}`, what);
    return isOnlyOn(volume, node) ? [what] : [];
  };
  return (await Promise.all(claims.map(lookUp))).flat();
}

/** The keys that name a node, in an expression and in a field. */
const nodeNameKeys = new Set(['kubernetes.io/hostname', 'metadata.name']);

/** Whether a volume that a Pod on this node uses is of no use on any other: by its affinity, which also says where a path is shared. */
export function isOnlyOn({ metadata, spec }: V1PersistentVolume, node: string): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  // A path of the node then, which on another node is other data.
  if (terms.length === 0) return Boolean(spec?.hostPath ?? spec?.local ?? metadata?.labels?.['kubernetes.io/hostname']);
  const nodes = new Set(terms.map((term) => onlyNodeOf(term, node)));
  return nodes.size === 1 && !nodes.has(undefined);
}

/** The one node that a term admits; drivers have keys of their own for it, whose value is the node's name. */
function onlyNodeOf({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, node: string): string | undefined {
  const only = [...matchExpressions, ...matchFields].find(
    ({ key, operator, values = [] }) =>
      operator === 'In' && values.length === 1 && (nodeNameKeys.has(key) || values[0] === node),
  );
  return only?.values?.[0];
}
