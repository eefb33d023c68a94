import type { V1Container } from '@kubernetes/client-node';
import type { Pod } from '../pod/pod.ts';
import type { Match, Policy } from './policy.ts';
import type { Labels } from './selector.ts';

/** The policy for a Pod, and the containers that it speaks of; undefined where it speaks of the whole Pod. */
export type Found = { readonly policy: Policy; readonly containers: readonly string[] | undefined };

/** All policies, ready to be asked for a Pod; what was found out about a namespace or an image is remembered. */
export type PolicySet = {
  readonly policies: readonly Policy[];
  /** The first policy by priority, then by name, that selects the Pod. */
  readonly find: (pod: Pod, namespace: { readonly name: string; readonly labels: Labels }) => Found | undefined;
};

/** As many namespaces and images as are remembered; the oldest go. */
const mostRemembered = 16_384;

/** Puts policies in their order; those that are off are left out. */
export function createPolicySet(all: readonly Policy[]): PolicySet {
  const policies = all
    .filter(({ mode }) => mode !== 'Off')
    .toSorted((one, other) => other.priority - one.priority || (one.name < other.name ? -1 : 1));
  const byNamespace = remembered(policies, ({ selectsNamespace }, labels: Labels) => selectsNamespace(labels));
  const byImage = remembered(policies, ({ match }, image: string) => !match?.image || match.image(image));
  return {
    policies,
    find(pod, { name, labels }) {
      const candidates = byNamespace(name, labels);
      if (candidates.size === 0) return undefined;
      const images = pod.spec.containers.map(({ image = '' }) => byImage(image, image));
      const podLabels = pod.metadata?.labels ?? {};
      for (const policy of candidates) {
        if (!images.some((matching) => matching.has(policy)) || !policy.selectsPod(podLabels)) continue;
        const { match } = policy;
        if (!match) return { policy, containers: undefined };
        const meant = pod.spec.containers.filter(
          (container, index) => images[index]?.has(policy) && declares(container, match),
        );
        if (meant.length > 0) return { policy, containers: meant.map((container) => container.name) };
      }
      return undefined;
    },
  };
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

/**
 * Remembers which policies hold for a key, as long as the argument is the same. Most keys give one of a few sets, which
 * are kept once: ten thousand namespaces under a thousand policies must not cost ten million entries.
 */
function remembered<A>(policies: readonly Policy[], holds: (policy: Policy, argument: A) => boolean) {
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
