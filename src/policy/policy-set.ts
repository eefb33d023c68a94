import type { V1Container } from '@kubernetes/client-node';
import { imageCharacters } from '../inject/pod/limits.ts';
import type { Labels, Policies } from '../inject/request.ts';
import type { Match, Policy } from './policy.ts';

/** All policies, ready to be asked for a Pod. */
export type PolicySet = Policies & { readonly policies: readonly Policy[] };

/** A policy and its place in the order. */
type Ranked = { readonly policy: Policy; readonly rank: number };

/** Policies by a label that a Pod must have to be selected, and those that ask for none; each list in order. */
type ByLabel = { readonly asking: ReadonlyMap<string, readonly Ranked[]>; readonly others: readonly Ranked[] };

/** Puts policies in their order; those that are off are left out. */
export function createPolicySet(all: readonly Policy[]): PolicySet {
  const policies = all
    .filter(({ mode }) => mode !== 'Off')
    .toSorted((one, other) => other.priority - one.priority || (one.name < other.name ? -1 : 1));
  const ofNamespace = memoize(policies, ({ selectsNamespace }, labels: Labels) => selectsNamespace(labels));
  const ofImage = memoize(policies, ({ match }, image: string) => !match?.image || match.image(image));
  const indexes = new WeakMap<ReadonlySet<Policy>, WeakMap<ReadonlySet<Policy>, ByLabel>>();

  const indexOf = (selecting: ReadonlySet<Policy>, matching: ReadonlySet<Policy>): ByLabel => {
    const ofSelecting = indexes.get(selecting) ?? new WeakMap<ReadonlySet<Policy>, ByLabel>();
    indexes.set(selecting, ofSelecting);
    const known = ofSelecting.get(matching);
    if (known) return known;
    const both = policies.flatMap((policy, rank) =>
      selecting.has(policy) && matching.has(policy) ? { policy, rank } : [],
    );
    const index = indexByLabel(both);
    ofSelecting.set(matching, index);
    return index;
  };

  return {
    policies,
    isEmpty: policies.length === 0,
    find(pod, { name, labels }) {
      const selecting = ofNamespace(name, labels);
      if (selecting.size === 0) return undefined;
      const podLabels = pod.metadata?.labels ?? {};
      let best: Ranked | undefined;
      for (const container of pod.spec.containers) {
        const { image = '' } = container;
        // It is a key of what is remembered, and a stranger's text.
        if (image.length > imageCharacters) continue;
        const index = indexOf(selecting, ofImage(image, image));
        const accepts = ({ match, selectsPod }: Policy): boolean =>
          selectsPod(podLabels) && (!match || declares(container, match));
        best = firstOf(index, podLabels, accepts, best);
      }
      if (!best) return undefined;
      const { policy } = best;
      const { match } = policy;
      const request = { name: policy.name, isAudit: policy.mode === 'Audit', entries: policy.entries };
      if (!match) return { ...request, containers: undefined };
      const meant = pod.spec.containers.filter(
        (container) => imageFits(container, match) && declares(container, match),
      );
      return { ...request, containers: meant.map((container) => container.name) };
    },
  };
}

function indexByLabel(ranked: readonly Ranked[]): ByLabel {
  const asking = new Map<string, Ranked[]>();
  const others: Ranked[] = [];
  for (const each of ranked) {
    const { label } = each.policy;
    if (label === undefined) others.push(each);
    else asking.set(label, [...(asking.get(label) ?? []), each]);
  }
  return { asking, others };
}

/** The first in order that is accepted, unless `best` comes before it. */
function firstOf(
  { asking, others }: ByLabel,
  labels: Labels,
  accepts: (policy: Policy) => boolean,
  best: Ranked | undefined,
): Ranked | undefined {
  let first = best;
  const look = (list: readonly Ranked[]): void => {
    for (const each of list) {
      if (first && each.rank >= first.rank) return;
      if (accepts(each.policy)) first = each;
    }
  };
  look(others);
  if (asking.size > 0) for (const [key, value] of Object.entries(labels)) look(asking.get(`${key}=${value}`) ?? []);
  return first;
}

function imageFits({ image = '' }: V1Container, match: Match): boolean {
  return image.length <= imageCharacters && (match.image?.(image) ?? true);
}

/** True where one port of the container is as the policy wants it. */
function declares({ ports = [] }: V1Container, { ports: wanted, protocol }: Match): boolean {
  if (wanted.length === 0 && protocol === undefined) return true;
  return ports.some(
    (port) =>
      (wanted.length === 0 || wanted.includes(port.containerPort)) &&
      (protocol === undefined || (port.protocol ?? 'TCP') === protocol),
  );
}

/** As many namespaces and images as are remembered; the oldest go. */
const mostRemembered = 16_384;

/**
 * Remembers which policies hold for a key, as long as the argument is the same. Most keys give one of a few sets, which
 * are kept once: ten thousand namespaces under a thousand policies must not cost ten million entries.
 */
function memoize<A>(policies: readonly Policy[], holds: (policy: Policy, argument: A) => boolean) {
  const known = new Map<string, { readonly argument: A; readonly result: ReadonlySet<Policy> }>();
  const sets = new Map<string, ReadonlySet<Policy>>();
  return (key: string, argument: A): ReadonlySet<Policy> => {
    const found = known.get(key);
    if (found && found.argument === argument) return found.result;
    if (known.size >= mostRemembered) known.delete(known.keys().next().value ?? '');
    const holding = policies.filter((policy) => holds(policy, argument));
    const name = holding.map((policy) => policy.name).join(' ');
    const result = sets.get(name) ?? new Set(holding);
    if (sets.size < mostRemembered) sets.set(name, result);
    known.set(key, { argument, result });
    return result;
  };
}
