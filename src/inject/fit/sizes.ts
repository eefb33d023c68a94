import type { V1ResourceRequirements } from '@kubernetes/client-node';
import { type Amount, divideUp, formatQuantity, mebibytes, millis, roundDown, roundUp, whole } from './quantity.ts';
import { isWithinRatio } from './judge.ts';
import type { QosClass } from './resources.ts';
import type { Bounds, ResourceRules } from './rules.ts';

/** A request, and a limit where one is wanted or asked for. */
type Demand = { readonly request: Amount; readonly limit: Amount };

/** What an agent is to get, before it is fitted to the rules; undefined where it says nothing at all. */
export type Size = { readonly cpu: Demand; readonly memory: Demand; readonly storage: Demand } | undefined;

/** What the annotations `cpu` and `memory` say. */
export type AskedSize = { readonly cpu: Amount | undefined; readonly memory: Amount | undefined };

/** How the kind of Pod decides what is said of an agent. */
export type Manner = {
  readonly qosClass: QosClass;
  /** Something is said for the Pod as a whole. */
  readonly hasLevel: boolean;
  /** A LimitRange gives something to a container that says nothing. */
  readonly hasDefaults: boolean;
};

/** One check takes 1.5 ms of CPU, and a server with ten checks has 2 MiB resident. */
const cpuRequest = millis(20);
/** With a limit of its request the kernel would stop an agent for most of the time when many ask it at once. */
const cpuLimit = millis(100);
const memory = mebibytes(16);
const middleCpu = millis(50);
const small = { cpu: millis(10), memory: mebibytes(8) };
const least = { cpu: millis(1), memory: mebibytes(4) };
/** The kubelet keeps five logs of 10 MiB of a container. */
const storage: Demand = { request: mebibytes(16), limit: mebibytes(64) };
const lean: Demand = { request: mebibytes(1), limit: mebibytes(64) };

/** The sizes to try, the best first, which mostly fits; the last ones are what an agent can just live with. */
export function* sizesFor(asked: AskedSize, { qosClass, hasLevel, hasDefaults }: Manner): Generator<Size> {
  const request = asked.cpu ?? cpuRequest;
  const limit = greater(cpuLimit, request);
  const full = asked.memory ?? memory;
  if (hasLevel) {
    for (const cpu of [request, 0n]) {
      for (const bytes of [full, 0n]) yield sizeOf({ request: cpu, limit }, { request: bytes, limit: full });
    }
    return;
  }
  const [smallCpu, leastCpu] = [lesser(request, small.cpu), lesser(request, least.cpu)];
  const [smallMemory, leastMemory] = [lesser(full, small.memory), lesser(full, least.memory)];
  if (qosClass === 'Guaranteed') {
    if (asked.cpu === undefined) yield* [equal(cpuLimit, full), equal(middleCpu, full)];
    yield* [equal(request, full), equal(smallCpu, full), equal(smallCpu, smallMemory, lean)];
    return;
  }
  const both = { request: full, limit: full };
  yield sizeOf({ request, limit }, both);
  yield sizeOf({ request, limit: greater(middleCpu, request) }, both);
  yield sizeOf({ request, limit: request }, both);
  yield sizeOf({ request: smallCpu, limit: smallCpu }, { request: smallMemory, limit: full });
  yield sizeOf({ request: leastCpu, limit: smallCpu }, { request: leastMemory, limit: full }, lean);
  yield sizeOf({ request: leastCpu, limit: smallCpu }, { request: leastMemory, limit: smallMemory }, lean);
  if (qosClass === 'BestEffort' && !hasDefaults) yield undefined;
}

const sizeOf = (cpu: Demand, bytes: Demand, space = storage): Size => ({ cpu, memory: bytes, storage: space });

/** Requests that are limits, as a Guaranteed Pod has them. */
const equal = (cpu: Amount, bytes: Amount, space = storage): Size =>
  sizeOf({ request: cpu, limit: cpu }, { request: bytes, limit: bytes }, space);

const greater = (one: Amount, other: Amount): Amount => (one > other ? one : other);
const lesser = (one: Amount, other: Amount): Amount => (one < other ? one : other);

/** What the Pod and its namespace have to say on one resource of an agent. */
export type Frame = {
  readonly rules: ResourceRules;
  /** Request and limit have to be equal. */
  readonly isGuaranteed: boolean;
  /** The least limit of the whole Pod, where our limit would be the only one. */
  readonly leastLimit: (resource: string) => Amount;
  /** The limit of the whole Pod, or what is left of it. */
  readonly mostLimit: (resource: string) => Amount | undefined;
  /** The resources of which the whole Pod has a limit only as long as each container has one. */
  readonly limited: ReadonlySet<string>;
  /** The resources that must not be named. */
  readonly unnamed: ReadonlySet<string>;
};

/** The requests and limits of an agent of this size, in the bounds of the LimitRanges as far as that is possible. */
export function resourcesOf(size: Size, frame: Frame): V1ResourceRequirements | undefined {
  if (size === undefined) return undefined;
  const { rules, unnamed } = frame;
  const others = [...rules.container.keys()].filter((name) => name !== 'cpu' && name !== 'memory');
  const none = { request: 0n, limit: 0n };
  const demands: readonly (readonly [string, Demand])[] = [
    ['cpu', size.cpu],
    ['memory', size.memory],
    // What a LimitRange would give to a container that says nothing is meant for the user's.
    ...others.map((name) => [name, name === 'ephemeral-storage' ? size.storage : none] as const),
  ];
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const [resource, demand] of demands) {
    if (unnamed.has(resource)) continue;
    const { request, limit } = within(resource, demand, frame);
    requests[resource] = formatQuantity(resource, request);
    if (limit !== undefined) limits[resource] = formatQuantity(resource, limit);
  }
  return {
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}

/** A request and a limit within the bounds of a resource, where there are such. */
function within(
  resource: string,
  demand: Demand,
  { rules, isGuaranteed, leastLimit, mostLimit, limited }: Frame,
): { readonly request: Amount; readonly limit: Amount | undefined } {
  const bounds = rules.container.get(resource) ?? {};
  // A device or a huge page is never asked for, not even where each container has to.
  if (demand.limit === 0n) return { request: 0n, limit: isLimited(resource, bounds, rules) ? 0n : undefined };
  const [max, room] = [bounds.max?.amount, mostLimit(resource)];
  const tightest = max === undefined || (room !== undefined && room < max) ? room : max;
  const most = tightest === undefined ? undefined : roundDown(resource, tightest);
  const capped = (amount: Amount): Amount => (most === undefined ? amount : lesser(amount, most));
  const min = bounds.min?.amount;
  const request = capped(min === undefined ? demand.request : greater(demand.request, roundUp(resource, min)));
  const isCompute = resource === 'cpu' || resource === 'memory';
  if (isGuaranteed && isCompute) {
    const both = capped(greater(request, leastLimit(resource)));
    return { request: both, limit: both };
  }
  if (!limited.has(resource) && !isLimited(resource, bounds, rules)) return { request, limit: undefined };
  const limit = capped(greater(greater(demand.limit, request), leastLimit(resource)));
  const { ratio } = bounds;
  return ratio ? withinRatio(resource, { request, limit }, ratio.amount) : { request, limit };
}

/** Memory always has a limit; anything else where a rule asks for one, or would give one that was meant for others. */
const isLimited = (resource: string, bounds: Bounds, { quotas }: ResourceRules): boolean =>
  resource === 'memory' ||
  bounds.max !== undefined ||
  bounds.ratio !== undefined ||
  bounds.default !== undefined ||
  quotas.some(({ rule }) => rule.shares.some((share) => share.counts === 'limits' && share.resource === resource));

/** Lowers the limit to the ratio, and raises the request where the limit would be below a tenth of a core or a mebibyte. */
function withinRatio(resource: string, { request, limit }: Demand, ratio: Amount): Demand {
  if (isWithinRatio(request, limit, ratio)) return { request, limit };
  const floor = lesser(limit, resource === 'cpu' ? millis(10) : memory);
  const lowered = roundDown(resource, (request * ratio) / whole);
  const step = resource === 'cpu' ? millis(1) : whole;
  // A ratio such as 1.1 is no number that a processor has, and the quotient may be a trifle above it.
  const fitting = lowered > 0n && !isWithinRatio(request, lowered, ratio) ? lowered - step : lowered;
  if (fitting >= floor) return { request, limit: fitting };
  return { request: lesser(floor, roundUp(resource, divideUp(floor * whole, ratio)) + step), limit: floor };
}
