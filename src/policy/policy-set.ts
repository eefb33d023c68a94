import type { V1Container } from '@kubernetes/client-node';
import { imageCharacters } from '../inject/pod/limits.ts';
import type { Policies } from '../inject/model/scope.ts';
import { readImage } from './match.ts';
import type { Match, Policy } from './policy.ts';

/** All policies, ready to be asked for a Pod. */
export type PolicySet = Policies & { readonly policies: readonly Policy[] };

/** A policy and its place in the order. */
type Ranked = { readonly policy: Policy; readonly rank: number };

/** How many images are remembered; the oldest go. */
const rememberedImages = 1_024;

/**
 * Puts policies in their order; those that are off are left out. A Pod is held against every policy in turn, but against
 * the globs of images only once for each image: 1,000 labels take some 30 microseconds, 1,000 globs ten times as long
 * (docs/decisions/0022).
 */
export function createPolicySet(all: readonly Policy[]): PolicySet {
  const policies = all
    .filter(({ mode }) => mode !== 'Off')
    .toSorted((one, other) => other.priority - one.priority || (one.name < other.name ? -1 : 1));
  const ranked = policies.map((policy, rank) => ({ policy, rank }));
  const ofAnyImage = ranked.filter(({ policy }) => !policy.match?.image);
  const ofImages = ranked.filter(({ policy }) => policy.match?.image);
  const matching = new Map<string, readonly Ranked[]>();

  const ofImage = (image: string): readonly Ranked[] => {
    const known = matching.get(image);
    if (known) return known;
    const forms = readImage(image);
    const found = ofImages.filter(({ policy }) => policy.match?.image?.(forms));
    if (matching.size >= rememberedImages) matching.delete(matching.keys().next().value ?? '');
    matching.set(image, found);
    return found;
  };

  return {
    policies,
    isEmpty: policies.length === 0,
    find(pod, namespace) {
      const labels = pod.metadata?.labels ?? {};
      // A longer image is no image, and it would be a key of what is remembered.
      const containers = pod.spec.containers.filter(({ image }) => (image ?? '').length <= imageCharacters);
      const selects = ({ policy }: Ranked): boolean =>
        policy.selectsPod(labels) && policy.selectsNamespace(namespace.labels);
      const candidates = [
        ofAnyImage.find((each) => selects(each) && containers.some((container) => declares(container, each.policy))),
        ...containers.map((container) =>
          ofImage(container.image ?? '').find((each) => declares(container, each.policy) && selects(each)),
        ),
      ];
      const [first] = candidates.flatMap((each) => each ?? []).toSorted((one, other) => one.rank - other.rank);
      return first && requestOf(first.policy, containers);
    },
  };
}

/** What a policy asks of a Pod that it selects, with the containers that it speaks of. */
function requestOf(policy: Policy, containers: readonly V1Container[]): ReturnType<Policies['find']> {
  const { name, mode, entries, match } = policy;
  const request = { name, isAudit: mode === 'Audit', entries };
  if (!match) return { ...request, containers: undefined };
  const matched = containers.filter(
    (container) => (match.image?.(readImage(container.image ?? '')) ?? true) && declares(container, policy),
  );
  return { ...request, containers: matched.map((container) => container.name) };
}

/** True where one port of the container is as the policy wants it, or the policy wants none. */
function declares({ ports = [] }: V1Container, { match }: { readonly match: Match | undefined }): boolean {
  const { ports: wanted = [], protocol } = match ?? {};
  if (wanted.length === 0 && protocol === undefined) return true;
  return ports.some(
    (port) =>
      (wanted.length === 0 || wanted.includes(port.containerPort)) &&
      (protocol === undefined || (port.protocol ?? 'TCP') === protocol),
  );
}
