import { type GenericKey, keys } from './intent/annotations.ts';
import type { AnnotationMap, AnnotationSet, AnnotationValue } from './model/intent.ts';
import type { Namespace, PolicyScope } from './model/scope.ts';
import type { Pod } from './pod/pod.ts';
import type { SkipReason } from './skip-reasons.ts';
import { isForWindows } from './windows.ts';

/** Who asks for a check, and in which words. */
export type InjectionRequest = {
  readonly written: AnnotationSet;
  /** Undefined where the Pod's own annotations ask, else the policy or the namespace, as `status` names it. */
  readonly by: string | undefined;
  /** Report what would be added, and add nothing. */
  readonly isAudit: boolean;
};

/** The keys that choose a check. Where a Pod has one of them, policies and the namespace do not apply to it. */
const decisive: readonly GenericKey[] = [
  'pattern',
  'check',
  'liveness',
  'readiness',
  'startup',
  'port',
  'path',
  'scheme',
];

/**
 * Finds what asks for a check of a Pod: its own annotations, else the first policy, else its namespace. Where a policy or
 * the namespace asks, annotations that only say how (`period`, `memory`) still come before the words of the policy.
 */
export function findRequest(
  written: AnnotationSet,
  pod: Pod,
  { namespace, policies }: PolicyScope,
): { readonly request: InjectionRequest } | { readonly request?: undefined; readonly reason: SkipReason } {
  if (namespace?.inject === 'disabled') return { reason: 'namespace-disabled' };
  const hasDecided = [written.pod, ...written.containers.values()].some((entries) =>
    decisive.some((key) => entries.has(key)),
  );
  const found = hasDecided || !namespace ? undefined : policies.find(pod, namespace);
  if (found) {
    const { name, entries, containers, isAudit } = found;
    const words = overlay(writtenBy(entries, containers), written);
    return { request: { written: words, by: `HealthPolicy ${name}`, isAudit } };
  }
  if (hasDecided || namespace?.inject !== 'enabled') {
    const isSilent = written.pod.size === 0 && written.containers.size === 0;
    return isSilent ? { reason: 'not-asked' } : { request: { written, by: undefined, isAudit: false } };
  }
  const entries = new Map<string, AnnotationValue>([
    ['pattern', { annotation: annotationOf(namespace), value: 'auto' }],
  ]);
  const words = overlay(writtenBy(entries, undefined), written);
  return { request: { written: words, by: `Namespace ${namespace.name}`, isAudit: false } };
}

const annotationOf = ({ name }: Namespace): string => `Namespace/${name}/inject`;

/** The words of a policy as if they stood on the Pod; those of a container stand on each container that it selects. */
function writtenBy(entries: AnnotationMap, containers: readonly string[] | undefined): AnnotationSet {
  if (!containers) return { pod: entries, containers: new Map() };
  const podWide = new Map([...entries].filter(isPodWide));
  const own = new Map([...entries].filter((entry) => !isPodWide(entry)));
  return { pod: podWide, containers: new Map(containers.map((name) => [name, own])) };
}

const isPodWide = ([key]: readonly [string, AnnotationValue]): boolean =>
  keys[key]?.reach === 'pod' && key !== 'container';

/** What the Pod says comes before what the policy says. */
function overlay(policy: AnnotationSet, pod: AnnotationSet): AnnotationSet {
  const names = new Set([...policy.containers.keys(), ...pod.containers.keys()]);
  const ofContainer = (name: string): AnnotationMap => {
    const inherited = policy.containers.has(name) ? pod.pod : new Map<string, AnnotationValue>();
    return new Map([...(policy.containers.get(name) ?? []), ...inherited, ...(pod.containers.get(name) ?? [])]);
  };
  // Where the policy selects containers, the annotation `container` has nothing to choose.
  const podWide = [...pod.pod].filter(([key]) => key !== 'container' || policy.containers.size === 0);
  return {
    pod: new Map([...policy.pod, ...podWide]),
    containers: new Map([...names].map((name) => [name, ofContainer(name)])),
  };
}

/** The reason for which nothing is added to a Pod whatever its annotations say; undefined for most. */
export function exclusionReason(pod: Pod): SkipReason | undefined {
  const { annotations, labels } = pod.metadata ?? {};
  if (annotations && Object.hasOwn(annotations, 'kubernetes.io/config.mirror')) return 'mirror-pod';
  if (isForWindows(pod)) return 'windows-pod';
  if (labels?.['app.kubernetes.io/part-of'] === 'health-injector') return 'own-pod';
  return undefined;
}

/** True for a Pod from which nothing is taken out either: it cannot be changed, or what looks like ours in it is not. */
export const isUntouchable = (reason: SkipReason | undefined, { namespace }: PolicyScope): boolean =>
  reason === 'mirror-pod' || reason === 'own-pod' || namespace?.inject === 'disabled';
