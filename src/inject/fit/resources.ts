// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/component-helpers/resource/helpers.go
// https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
import type { V1Container, V1ResourceRequirements } from '@kubernetes/client-node';
import type { Pod } from '../pod/pod.ts';
import { type Amount, parseQuantity } from './quantity.ts';
import type { ResourceRules } from './rules.ts';

export type Amounts = ReadonlyMap<string, Amount>;

/** What one container asks for, with what it gets where it says nothing. */
export type ContainerResources = {
  readonly name: string;
  readonly role: 'main' | 'sidecar' | 'init';
  readonly requests: Amounts;
  readonly limits: Amounts;
};

/** What a Pod asks for. */
export type PodResources = {
  readonly containers: readonly ContainerResources[];
  /** What is said for the Pod as a whole; undefined where nothing is. */
  readonly level: { readonly requests: Amounts; readonly limits: Amounts } | undefined;
  readonly overhead: Amounts;
};

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The resources that the QoS class goes by, and that may be said for a Pod as a whole. */
export const computeResources = ['cpu', 'memory'] as const;

/** Reads these resources of a Pod. `container` reads one of it, so that the caller can put in another. */
export function readPod(
  pod: Pod,
  names: ReadonlySet<string>,
  container: (value: V1Container, role: ContainerResources['role']) => ContainerResources,
): PodResources {
  const { spec } = pod;
  const containers = [
    ...spec.containers.map((value) => container(value, 'main')),
    ...(spec.initContainers ?? []).map((value) => container(value, roleOf(value))),
  ];
  const overhead = readAmounts(spec.overhead, names);
  const written = spec.resources;
  if (typeof written !== 'object' || written === null) return { containers, level: undefined, overhead };
  const limits = readAmounts(written.limits, names);
  const requests = readAmounts(written.requests, names);
  return { containers, level: { requests, limits }, overhead };
}

const roleOf = ({ restartPolicy }: V1Container) => (restartPolicy === 'Always' ? 'sidecar' : 'init');

/** What one container asks for: a LimitRange fills what it leaves out, and a request that is missing is its limit. */
export function readContainer(
  { name, resources }: V1Container,
  role: ContainerResources['role'],
  { container }: Pick<ResourceRules, 'container'>,
  names: ReadonlySet<string>,
): ContainerResources {
  const written: V1ResourceRequirements = resources ?? {};
  const limits = readAmounts(written.limits, names);
  const requests = readAmounts(written.requests, names);
  for (const [resource, limit] of limits) if (!requests.has(resource)) requests.set(resource, limit);
  for (const [resource, bounds] of container) {
    if (bounds.defaultRequest !== undefined && !requests.has(resource)) requests.set(resource, bounds.defaultRequest);
    if (bounds.default !== undefined && !limits.has(resource)) limits.set(resource, bounds.default);
  }
  return { name, role, requests, limits };
}

function readAmounts(values: unknown, names: ReadonlySet<string>): Map<string, Amount> {
  const amounts = new Map<string, Amount>();
  if (typeof values !== 'object' || values === null) return amounts;
  for (const name of names) {
    if (!Object.hasOwn(values, name)) continue;
    const amount = parseQuantity((values as Readonly<Record<string, unknown>>)[name]);
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/**
 * What all containers ask for at the most loaded moment: those that run together are added, and an init container that
 * ends counts with the sidecars that were started before it.
 */
export function sumContainers(containers: readonly ContainerResources[], kind: 'requests' | 'limits'): Amounts {
  const running = new Map<string, Amount>();
  let sidecars: Map<string, Amount> | undefined;
  let peak: Map<string, Amount> | undefined;
  for (const { role, [kind]: amounts } of containers) {
    if (role === 'init') {
      peak ??= new Map();
      for (const name of new Set([...amounts.keys(), ...(sidecars?.keys() ?? [])])) {
        raise(peak, name, (amounts.get(name) ?? 0n) + (sidecars?.get(name) ?? 0n));
      }
      continue;
    }
    for (const [name, amount] of amounts) {
      running.set(name, (running.get(name) ?? 0n) + amount);
      if (role !== 'sidecar') continue;
      sidecars ??= new Map();
      sidecars.set(name, (sidecars.get(name) ?? 0n) + amount);
    }
  }
  for (const [name, amount] of peak ?? []) raise(running, name, amount);
  return running;
}

function raise(amounts: Map<string, Amount>, name: string, amount: Amount): void {
  const before = amounts.get(name);
  if (before === undefined || amount > before) amounts.set(name, amount);
}

/** What the Pod asks for as a LimitRange counts it: what is said for the Pod as a whole comes before the sum. */
export function sumPod({ containers, level }: PodResources, kind: 'requests' | 'limits'): Amounts {
  const sum = sumContainers(containers, kind);
  return level ? new Map([...sum, ...level[kind]]) : sum;
}

/** The same as a quota counts it, with what the Pod's runtime takes. */
export function chargeOf(pod: PodResources, kind: 'requests' | 'limits'): Amounts {
  const charge = new Map(sumPod(pod, kind));
  for (const [name, amount] of pod.overhead) {
    const before = charge.get(name) ?? 0n;
    if (kind === 'requests' || before > 0n) charge.set(name, before + amount);
  }
  return charge;
}

/** The QoS class that the apiserver gives the Pod. */
export function qosClassOf({ containers, level }: PodResources): QosClass {
  const judged = level ? [level] : containers;
  let [isNothing, isLimited, areEqual] = [true, true, true];
  for (const name of computeResources) {
    let [requested, limited] = [0n, 0n];
    for (const { requests, limits } of judged) {
      const [request, limit] = [requests.get(name) ?? 0n, limits.get(name) ?? 0n];
      if (request > 0n) requested += request;
      if (limit > 0n) limited += limit;
      else isLimited = false;
    }
    isNothing &&= requested === 0n && limited === 0n;
    areEqual &&= requested === limited;
  }
  if (isNothing) return 'BestEffort';
  return isLimited && areEqual ? 'Guaranteed' : 'Burstable';
}
