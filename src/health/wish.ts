import type { Pod } from '../pod/pod.ts';
import type { Namespace, PolicyScope } from '../policies/scope.ts';
import { type Key, keys } from './annotations.ts';
import type { SkipReason } from './skip-reason.ts';
import type { Entry, Written } from './written.ts';

/** Who asks for a check, and in which words. */
export type Wish = {
  readonly written: Written;
  /** Undefined where the Pod's own annotations ask, else the policy or the namespace, as `status` names it. */
  readonly by: string | undefined;
  /** Tell what would be done, and do nothing. */
  readonly isAudit: boolean;
};

/** The keys that say what is checked or how, rather than how often: who writes one of them has decided. */
const decisive: readonly Key[] = ['pattern', 'check', 'liveness', 'readiness', 'startup', 'port', 'path', 'scheme'];

/**
 * Finds who speaks for a Pod: its own annotations, else the first policy, else its namespace. Where a policy or the
 * namespace does, annotations that only say how (`period`, `memory`) still come before the policy's own.
 */
export function findWish(
  written: Written,
  pod: Pod,
  { namespace, policies }: PolicyScope,
): { readonly request: Wish } | { readonly request?: undefined; readonly reason: SkipReason } {
  if (namespace?.inject === 'disabled') return { reason: 'namespace-disabled' };
  const hasDecided = [written.pod, ...written.containers.values()].some((entries) =>
    decisive.some((key) => entries.has(key)),
  );
  const found = hasDecided || !namespace ? undefined : policies.find(pod, namespace);
  if (found) {
    const { policy, containers } = found;
    const by = `HealthPolicy ${policy.name}`;
    const words = overlay(writtenBy(policy.entries, containers), written);
    return { request: { written: words, by, isAudit: policy.mode === 'Audit' } };
  }
  if (hasDecided || namespace?.inject !== 'enabled') {
    const isSilent = written.pod.size === 0 && written.containers.size === 0;
    return isSilent ? { reason: 'not-asked' } : { request: { written, by: undefined, isAudit: false } };
  }
  const entries = new Map<Key, Entry>([['pattern', { annotation: annotationOf(namespace), value: 'auto' }]]);
  const words = overlay(writtenBy(entries, undefined), written);
  return { request: { written: words, by: `Namespace ${namespace.name}`, isAudit: false } };
}

const annotationOf = ({ name }: Namespace): string => `Namespace/${name}/inject`;

/** The words of a policy as if they stood on the Pod; those that speak of one container, on each that is meant. */
function writtenBy(entries: ReadonlyMap<Key, Entry>, containers: readonly string[] | undefined): Written {
  if (!containers) return { pod: entries, containers: new Map() };
  const podWide = new Map([...entries].filter(isPodWide));
  const own = new Map([...entries].filter((entry) => !isPodWide(entry)));
  return { pod: podWide, containers: new Map(containers.map((name) => [name, own])) };
}

const isPodWide = ([key]: readonly [Key, Entry]): boolean => keys[key].reach === 'pod' && key !== 'container';

/** What the Pod says comes before what the policy says. */
function overlay(policy: Written, pod: Written): Written {
  const names = new Set([...policy.containers.keys(), ...pod.containers.keys()]);
  const ofContainer = (name: string): ReadonlyMap<Key, Entry> => {
    const inherited = policy.containers.has(name) ? pod.pod : new Map<Key, Entry>();
    return new Map([...(policy.containers.get(name) ?? []), ...inherited, ...(pod.containers.get(name) ?? [])]);
  };
  // Where the policy says which containers it means, the annotation `container` has nothing to choose.
  const podWide = [...pod.pod].filter(([key]) => key !== 'container' || policy.containers.size === 0);
  return {
    pod: new Map([...policy.pod, ...podWide]),
    containers: new Map([...names].map((name) => [name, ofContainer(name)])),
  };
}
