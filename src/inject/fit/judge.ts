// https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/limitranger/admission.go
// https://github.com/kubernetes/kubernetes/blob/master/pkg/quota/v1/evaluator/core/pods.go
import type { Pod } from '../pod/pod.ts';
import { type Amount, formatQuantity, millis, whole } from './quantity.ts';
import {
  type Amounts,
  type ContainerResources,
  type PodResources,
  computeResources,
  sumContainers,
} from './resources.ts';
import { matchesQuota } from './quota-scopes.ts';
import type { SummedPod } from './summed.ts';
import type { Bounds, Quota, ResourceRules } from './rules.ts';

/** Why our containers do not fit into a Pod or its namespace. */
export const fitReasons = ['limit-range', 'pod-resources', 'quota'] as const;

export type FitReason = (typeof fitReasons)[number];

export const isFitReason = (reason: string): reason is FitReason => fitReasons.some((each) => each === reason);

/** One rule that the Pod breaks with our containers and keeps without them, in a clause with the numbers. */
export type Violation = { readonly reason: FitReason; readonly why: string };

/** The Pod without our containers, with them, and as it came, which is with them where an earlier call added them. */
export type Compared = {
  readonly pod: Pod;
  readonly before: SummedPod;
  readonly after: SummedPod;
  readonly asItCame: SummedPod;
  /** Our containers. */
  readonly ours: readonly ContainerResources[];
};

/** The rules that the Pod breaks because of our containers; one that it breaks without them refuses it anyway. */
export function violationsOf(compared: Compared, rules: ResourceRules): readonly Violation[] {
  return [
    ...levelViolations(compared),
    ...compared.ours.flatMap((container) => containerViolations(container, rules)),
    ...podViolations(compared, rules),
    ...rules.quotas.flatMap((quota) => quotaViolations(quota, compared)),
  ];
}

/** True where something is said for the Pod as a whole: then no quota demands that each container says the same. */
export const hasLevel = ({ level }: PodResources): boolean =>
  level !== undefined && level.requests.size + level.limits.size > 0;

/**
 * All containers together may ask for what the Pod says for itself: for its request, or for its limit where it has no other.
 * What the apiserver completes by the containers must not make it a Pod of another class.
 */
function levelViolations({ before, after }: Compared): Violation[] {
  const { level } = after;
  if (!level) return [];
  const [without, sum] = [before, after].map(({ containers }) => sumContainers(containers, 'requests')) as [
    Amounts,
    Amounts,
  ];
  const violations = computeResources.flatMap((resource): Violation[] => {
    const [request, limit] = [level.requests.get(resource), level.limits.get(resource)];
    const most = request !== undefined && limit !== undefined && limit < request ? limit : request;
    const [least = 0n, asked = 0n] = [without.get(resource), sum.get(resource)];
    if (most === undefined || asked <= most || least > most) return [];
    const [room, all, ours] = [most, asked, asked - least].map((amount) => formatQuantity(resource, amount));
    const why = `spec.resources has room for ${room} of ${resource} for all containers, and they ask for ${all} with ${ours} for the agent`;
    return [{ reason: 'pod-resources', why }];
  });
  const [was, is] = [before, after].map((each) => each.qosClass());
  if (violations.length > 0 || was === is) return violations;
  return [{ reason: 'pod-resources', why: `with the agent the Pod would be ${is} instead of ${was}` }];
}

function containerViolations(
  { name, requests, limits }: ContainerResources,
  { container }: ResourceRules,
): Violation[] {
  const violations: Violation[] = [];
  for (const [resource, bounds] of container) {
    const why = brokenBound(resource, bounds, requests.get(resource), limits.get(resource));
    if (why !== undefined) violations.push({ reason: 'limit-range', why: `container ${name}: ${why}` });
  }
  return violations;
}

function podViolations({ before, after }: Compared, { pod }: ResourceRules): Violation[] {
  const violations: Violation[] = [];
  for (const [resource, bounds] of pod) {
    const broken = (each: SummedPod): string | undefined =>
      brokenBound(resource, bounds, each.sum('requests').get(resource), each.sum('limits').get(resource));
    const why = broken(after);
    if (why === undefined || broken(before) !== undefined) continue;
    violations.push({ reason: 'limit-range', why: `the Pod with the agent: ${why}` });
  }
  return violations;
}

/** The bound that a request and a limit break, in a clause; undefined where they keep all. */
function brokenBound(
  resource: string,
  { min, max, ratio }: Bounds,
  request: Amount | undefined,
  limit: Amount | undefined,
): string | undefined {
  const write = (amount: Amount | undefined): string =>
    amount === undefined ? 'nothing' : formatQuantity(resource, amount);
  // Written only for what breaks one: most break none, and a quantity takes as long to write as a Pod's bounds to compare.
  const asked = (): string => `it asks for ${write(request)} of ${resource} and is limited to ${write(limit)}`;
  if (min && (request === undefined || request < min.amount || (limit !== undefined && limit < min.amount))) {
    return `${asked()}, and LimitRange ${min.by} wants at least ${write(min.amount)}`;
  }
  if (max && (limit === undefined || limit > max.amount || (request !== undefined && request > max.amount))) {
    return `${asked()}, and LimitRange ${max.by} allows at most ${write(max.amount)}`;
  }
  if (ratio && !isWithinRatio(request ?? 0n, limit ?? 0n, ratio.amount)) {
    return `${asked()}, and LimitRange ${ratio.by} allows a limit of at most ${formatRatio(ratio.amount)} times the request`;
  }
  return undefined;
}

/** As the apiserver compares them: it divides floating-point numbers, and takes no zero. */
export const isWithinRatio = (request: Amount, limit: Amount, ratio: Amount): boolean =>
  request > 0n &&
  limit > 0n &&
  (Number(limit / millis(1)) / Number(request / millis(1))) * 1_000 <= Number(ratio / millis(1));

const formatRatio = (ratio: Amount): string => `${Number(ratio / millis(1)) / 1_000}`;

/** A quota on these demands that each container says them. */
const mandatory: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

function quotaViolations(quota: Quota, { pod, before, after, asItCame, ours }: Compared): Violation[] {
  const { rule, used } = quota;
  if (!matchesQuota(quota, pod, after)) return [];
  const wasCounted = matchesQuota(quota, pod, before);
  // A Pod that is there already is part of what is used. An apiserver before 1.34 writes null for one that is being created.
  const isCharged = Boolean(pod.metadata?.creationTimestamp) && matchesQuota(quota, pod, asItCame);
  const violations = hasLevel(after) ? [] : muteContainers(quota, wasCounted ? ours : after.containers);
  for (const [index, share] of rule.shares.entries()) {
    const asked = amountOf(share, after);
    const left = share.hard - (used[index] ?? 0n) + (isCharged ? amountOf(share, asItCame) : 0n);
    if (asked === 0n || asked <= left) continue;
    const without = wasCounted ? amountOf(share, before) : 0n;
    if (without === asked || without > left) continue;
    const write = (amount: Amount): string => formatQuantity(share.resource, amount);
    const why =
      `ResourceQuota ${rule.name} has ${write(left < 0n ? 0n : left)} of ${write(share.hard)} left for ${share.key}, ` +
      `and the Pod asks for ${write(without)} without the agent and for ${write(asked)} with it`;
    violations.push({ reason: 'quota', why });
  }
  return violations;
}

/** What a Pod takes of a share. */
const amountOf = ({ counts, resource }: Quota['rule']['shares'][number], pod: SummedPod): Amount =>
  counts === 'pods' ? whole : (pod.charge(counts).get(resource) ?? 0n);

function muteContainers(
  { rule: { name: quota, shares } }: Quota,
  containers: readonly ContainerResources[],
): Violation[] {
  return shares.flatMap(({ key, counts, resource }) => {
    if (counts === 'pods' || !mandatory.has(key)) return [];
    const mute = containers.find((container) => !container[counts].has(resource));
    if (!mute) return [];
    const why = `ResourceQuota ${quota} wants ${key} of each container that it counts, and ${mute.name} says none`;
    return [{ reason: 'quota' as const, why }];
  });
}
