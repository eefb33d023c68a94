import type { V1Container } from '@kubernetes/client-node';
import { type Addition, apply } from '../pod/additions.ts';
import type { Pod } from '../pod/pod.ts';
import { type Given, givenBy, isUsuallyGiven } from './given.ts';
import { type FitReason, type Violation, hasLevel, violationsOf } from './judge.ts';
import { type Amount, parseQuantity } from './quantity.ts';
import {
  type ContainerResources,
  type PodResources,
  computeResources,
  readContainer,
  readPod,
  sumContainers,
} from './resources.ts';
import { type ResourceRules, noRules } from './rules.ts';
import { type Frame, type Size, resourcesOf, sizesFor } from './sizes.ts';
import { summed } from './summed.ts';

/** What our containers are fitted to. */
export type Surroundings = {
  /** The Pod without anything of ours, and as it came in. */
  readonly pod: Pod;
  readonly arrived: Pod;
  readonly rules: ResourceRules;
  /**
   * The apiserver completes what is said for the Pod as a whole after the webhooks and LimitRanges, not before them.
   * Undefined: it may do either, and what fits has to fit both.
   */
  readonly completesLate: boolean | undefined;
  /** What the annotations `cpu` and `memory` say. */
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  /** The namespace gives each container its uid, and refuses others. */
  readonly hasOwnUid: boolean;
};

/** The additions with the resources and the user of our containers, or why the Pod cannot take them. */
export type Fit =
  | {
      readonly kind: 'fitted';
      readonly additions: readonly Addition[];
      readonly notes: readonly string[];
      /** Undefined where it is what is usual. */
      readonly given: Given | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: FitReason; readonly whys: readonly string[] };

type AgentAddition = Extract<Addition, { readonly kind: 'initContainer' }>;

/**
 * Gives our containers requests and limits with which the Pod is as valid as without them, and of the same QoS class;
 * only a BestEffort Pod becomes Burstable, unless a quota has no room for that.
 */
export function fit(additions: readonly Addition[], surroundings: Surroundings): Fit {
  const agents = additions.filter((addition): addition is AgentAddition => addition.kind === 'initContainer');
  if (agents.length === 0) return { kind: 'fitted', additions, notes: [], given: undefined };
  const { pod, rules, completesLate } = surroundings;
  const isEither = completesLate === undefined && pod.spec.resources !== undefined;
  const model = modelOf(agents, surroundings, completesLate ?? true);
  const other = isEither ? modelOf(agents, surroundings, false) : undefined;
  const { qosClass, isLevelSet, compare } = model;
  const frame = other
    ? { ...model.frame, unnamed: new Set([...model.frame.unnamed, ...other.frame.unnamed]) }
    : model.frame;
  const asked = { cpu: parseQuantity(surroundings.cpu), memory: parseQuantity(surroundings.memory) };
  const sizes = sizesFor(asked, { qosClass, hasLevel: isLevelSet, hasDefaults: rules.container.size > 0 });
  let refusal: readonly Violation[] = [];
  let index = -1;
  for (const size of sizes) {
    index += 1;
    const resources = resourcesOf(size, frame);
    const sized = agents.map(({ value }) => withResources(value, resources));
    const compared = compare(sized);
    const violations = [compared, other?.compare(sized)].flatMap((each) => (each ? violationsOf(each, rules) : []));
    // A size without any resources is for a quota: why the others did not fit says more.
    if (size !== undefined) refusal = violations;
    if (violations.length > 0) continue;
    const notes = notesOf({ size, index, agent: sized[0] as V1Container }, qosClass, compared.after.qosClass());
    const byName = new Map(sized.map((value) => [value.name, withUser(value, surroundings)]));
    const fitted = additions.map((addition) =>
      addition.kind === 'initContainer'
        ? { ...addition, value: byName.get(addition.value.name) as V1Container }
        : addition,
    );
    const given = givenBy(resources, leavesUser(surroundings));
    return { kind: 'fitted', additions: fitted, notes, given: isUsuallyGiven(given, asked) ? undefined : given };
  }
  const [first] = refusal;
  if (!first) throw new Error('a size was refused for no reason');
  return { kind: 'refused', reason: first.reason, whys: [...new Set(refusal.map(({ why }) => why))] };
}

const computeOnly: ReadonlySet<string> = new Set(computeResources);

/** The resources that count: those of the QoS class, and what the rules speak of. */
function resourcesIn({ container, pod, quotas }: ResourceRules): ReadonlySet<string> {
  if (container.size + pod.size + quotas.length === 0) return computeOnly;
  const names = new Set<string>(computeOnly);
  for (const bounds of [container, pod]) for (const name of bounds.keys()) names.add(name);
  for (const { rule } of quotas) {
    for (const { counts, resource } of rule.shares) if (counts !== 'pods') names.add(resource);
  }
  return names;
}

/** Reads the Pod once for all sizes. */
function modelOf(agents: readonly AgentAddition[], { pod, arrived, rules }: Surroundings, completesLate: boolean) {
  const names = resourcesIn(rules);
  const read = (value: V1Container, role: ContainerResources['role']) => readContainer(value, role, rules, names);
  const written = readPod(pod, names, read);
  const asItCame = summed(arrived === pod ? written : readPod(arrived, names, read));
  const completeOf = (complete: PodResources): PodResources['level'] =>
    completesLate ? withLimits(complete, withRequests(complete)) : withRequests(complete);
  // Early, no LimitRange has given anything to a container yet.
  const explicit =
    written.level &&
    (completesLate ? written : readPod(pod, names, (value, role) => readContainer(value, role, noRules, names)));
  const before = summed({ ...written, level: explicit && completeOf(explicit) });
  const wanted = agents.reduce<Pod>(apply, pod);
  const known = new Map(before.containers.map((container) => [container.name, container]));
  const frame: Frame = {
    rules,
    isGuaranteed: before.qosClass() === 'Guaranteed' && !hasLevel(before),
    leastLimit(resource) {
      const least = rules.pod.get(resource)?.min?.amount;
      return least === undefined || before.sum('limits').has(resource) ? 0n : least;
    },
    mostLimit: (resource) =>
      written.level?.limits.get(resource) ??
      (before.qosClass() === 'Guaranteed' ? roomIn(before, resource) : undefined),
    limited: new Set(computeResources.filter((resource) => isLimitOfContainers(resource, written.level, before))),
    unnamed: new Set(computeResources.filter((resource) => explicit && isOfLevelAlone(resource, explicit, rules))),
  };
  return {
    qosClass: before.qosClass(),
    isLevelSet: hasLevel(before),
    frame,
    compare(sized: readonly V1Container[]) {
      const ours = new Map(sized.map((value) => [value.name, value]));
      const after = readPod(wanted, names, (value, role) => {
        const agent = ours.get(value.name);
        return agent ? read(agent, role) : (known.get(value.name) ?? read(value, role));
      });
      return {
        pod,
        before,
        after: summed({ ...after, level: completesLate ? completeOf(after) : before.level }),
        asItCame,
        ours: after.containers.filter(({ name }) => ours.has(name)),
      };
    },
  };
}

/** A request that is missing for the Pod as a whole is the sum of its containers', or else its limit. */
function withRequests(pod: PodResources): PodResources['level'] {
  const { level } = pod;
  if (!level || !hasLevel(pod)) return level;
  const sum = sumContainers(pod.containers, 'requests');
  const missing = computeResources.flatMap((resource): (readonly [string, Amount])[] => {
    const amount = sum.get(resource) ?? level.limits.get(resource);
    return amount === undefined || level.requests.has(resource) ? [] : [[resource, amount]];
  });
  return { ...level, requests: new Map([...level.requests, ...missing]) };
}

/** A limit that is missing is the sum of the containers', where each has one, and at least the request. */
function withLimits({ containers }: PodResources, level: PodResources['level']): PodResources['level'] {
  if (!level) return level;
  const sum = sumContainers(containers, 'limits');
  const missing = computeResources.flatMap((resource): (readonly [string, Amount])[] => {
    const [request, limit] = [level.requests.get(resource), sum.get(resource)];
    const isSaid = level.limits.has(resource) || !containers.every(({ limits }) => limits.has(resource));
    if (isSaid || request === undefined || limit === undefined) return [];
    return [[resource, limit > request ? limit : request]];
  });
  return { ...level, limits: new Map([...level.limits, ...missing]) };
}

/** Whether the Pod as a whole has a limit of this resource only because each container has one. */
const isLimitOfContainers = (resource: string, written: PodResources['level'], { level }: PodResources): boolean =>
  level?.limits.has(resource) === true && !written?.limits.has(resource);

/** What a limit of ours may be so that the limits of the containers are not more than the request of the whole Pod. */
function roomIn({ containers, level }: PodResources, resource: string): Amount | undefined {
  const [request, limit] = [level?.requests.get(resource), level?.limits.get(resource)];
  if (request === undefined || request !== limit) return undefined;
  const room = request - (sumContainers(containers, 'limits').get(resource) ?? 0n);
  return room > 0n ? room : 0n;
}

/**
 * True where ours would be the only container that says a request. The apiserver would take it for the request of the
 * whole Pod: in place of the Pod's limit, or before a LimitRange gives the other containers more than that.
 */
const isOfLevelAlone = (resource: string, pod: PodResources, { container }: ResourceRules): boolean =>
  pod.level !== undefined &&
  hasLevel(pod) &&
  !pod.level.requests.has(resource) &&
  (pod.level.limits.has(resource) || container.get(resource)?.defaultRequest !== undefined) &&
  pod.containers.every(({ requests }) => !requests.has(resource));

/** Claims stay: they come from the pattern. */
function withResources(container: V1Container, resources: V1Container['resources']): V1Container {
  const all = { ...resources, ...container.resources };
  return { ...container, resources: all };
}

/** A Pod that runs as root would give that uid to our container too, which must not have it. */
const leavesUser = ({ pod, hasOwnUid }: Surroundings): boolean =>
  hasOwnUid && pod.spec.securityContext?.runAsUser !== 0;

/** Leaves the uid to the namespace. */
function withUser(container: V1Container, surroundings: Surroundings): V1Container {
  if (!leavesUser(surroundings)) return container;
  const { runAsUser: _, ...securityContext } = container.securityContext ?? {};
  return { ...container, securityContext };
}

function notesOf(
  { size, index, agent }: { readonly size: Size; readonly index: number; readonly agent: V1Container },
  before: string,
  after: string,
): string[] {
  return [
    ...(index > 0 ? [fittedNote(size, agent)] : []),
    ...(before === after ? [] : [`The QoS class of the Pod becomes ${after}: it is ${before} without the agent.`]),
  ];
}

function fittedNote(size: Size, { resources: { requests = {}, limits = {} } = {} }: V1Container): string {
  return size === undefined
    ? 'The agent asks for no resources: a quota counts the Pod as BestEffort.'
    : `The agent asks for ${list(requests)} and is limited to ${list(limits)}, which is what the Pod and its namespace have room for.`;
}

const list = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
