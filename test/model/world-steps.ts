import { jobSetKey } from '../../src/gang/kinds.ts';
import { type NodeExclusion, exclusionsIn, exclusionsOfPod } from '../../src/quarantine/node-exclusion.ts';
import type { Step } from './protocol.ts';
import { msOf, nameOf, numberOf } from './objects.ts';
import { forgetOld, recordReleaseByHand } from './record.ts';
import { type Scenario, nodeCount, slots } from './scenario.ts';
import { type Faults, type ModelPod, type State, podAt, podTable, put, quarantineTable } from './state.ts';
import { sayPod } from './controller-steps.ts';

const nodes = Array.from({ length: nodeCount }, (_, node) => node);

/** Everything that may happen around the controllers: nodes, persons, the webhook, and the controllers of the workloads. */
export function stepsOfWorld(state: State, scenario: Scenario): Step[] {
  return [...healing(state, scenario), ...breaking(state), ...ticks(state, scenario)];
}

/** What mends itself: the webhook observes, Pods are created anew and start. */
export function healing(state: State, scenario: Scenario): Step[] {
  const steps: Step[] = [];
  for (const node of nodes) {
    if (state.observed[node] === state.quarantines[node]) continue;
    const observed = put(state.observed, node, state.quarantines[node]!);
    steps.push({ words: `the webhook observes the quarantine of ${nameOf(node)}`, next: { ...state, observed } });
  }
  const members = slots.flatMap(({ isGang }, slot) => (isGang ? [podAt(state.pods, slot)] : []));
  const isFalling = scenario.gang === 'whole' && members.some(({ isDeleting }) => isDeleting);
  const oldest = Math.min(...members.map(({ life }) => life));
  const left = isFalling ? members.filter(({ life, isDeleting }) => life === oldest && !isDeleting) : [];
  const isDown = members.some(({ life, isDeleting }) => life === oldest && isDeleting);
  if (isDown && left.length > 0) {
    const pods = left.reduce((all, pod) => put(all, pod.slot, podTable.put({ ...pod, isDeleting: true })), state.pods);
    steps.push({ words: 'the gang starts anew: its other Pods go', next: { ...state, pods } });
  }
  slots.forEach(({ isGang }, slot) => {
    const pod = podAt(state.pods, slot);
    if (pod.isDeleting && !(isGang && isDown && left.length > 0)) steps.push(...creations(state, pod));
    else if (!pod.isDeleting && pod.failsSinceTick < 0 && !pod.wasReady) {
      const ready = { ...pod, wasReady: true };
      steps.push({
        words: `${sayPod(pod)}, becomes ready`,
        next: { ...state, pods: put(state.pods, slot, podTable.put(ready)) },
      });
    }
  });
  return steps;
}

/** What the webhook reads of a Pod under admission. */
const admitted = slots.map(({ owner, isGang }, slot) => {
  const controller = isGang
    ? { apiVersion: 'batch/v1', kind: 'Job', name: `${owner}-${slot}` }
    : { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${owner}-f00` };
  const labels = isGang ? { [jobSetKey]: owner } : { 'pod-template-hash': 'f00' };
  return { metadata: { labels, ownerReferences: [{ ...controller, uid: 'uid', controller: true }] } };
});

/** The nodes where the scheduler may put it: those that the webhook, by what it observes, does not keep it off. */
function creations(state: State, { slot, life }: ModelPod): Step[] {
  const byOwner = new Map<string, NodeExclusion[]>();
  for (const number of state.observed) {
    if (number === 0) continue;
    for (const [owner, exclusion] of exclusionsIn(quarantineTable.get(number)))
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), exclusion]);
  }
  const inForce = exclusionsOfPod(byOwner, slots[slot]!.namespace, admitted[slot]!, msOf(state.tick));
  const excluded = new Set(inForce.map(({ node }) => numberOf(node)));
  const free = nodes.filter((node) => !excluded.has(node));
  return free.slice(0, 2).map((node) => {
    const failsSinceTick = state.sick[node] ? state.tick : -1;
    const made: ModelPod = {
      slot,
      life: life + 1,
      node,
      bornTick: state.tick,
      failsSinceTick,
      wasReady: false,
      isDeleting: false,
    };
    return {
      words: `${sayPod(made)}, is created`,
      next: { ...state, pods: put(state.pods, slot, podTable.put(made)) },
    };
  });
}

const spend = (left: Faults, what: keyof Faults): Faults => ({ ...left, [what]: left[what] - 1 });

const withPodsOn = (state: State, node: number, change: (pod: ModelPod) => ModelPod): readonly number[] =>
  state.pods.map((number) =>
    podTable.get(number).node === node ? podTable.put(change(podTable.get(number))) : number,
  );

/** What breaks, as often as the scenario lets it. */
function breaking(state: State): Step[] {
  const { left, tick } = state;
  const steps: Step[] = [];
  const recover = (node: number): State => ({
    ...state,
    sick: put(state.sick, node, false),
    pods: withPodsOn(state, node, (pod) => ({ ...pod, failsSinceTick: -1, wasReady: true })),
  });
  for (const node of nodes) {
    const isUsed = state.pods.some((number) => podTable.get(number).node === node);
    if (!state.sick[node] && isUsed && left.sick > 0) {
      const pods = withPodsOn(state, node, (pod) => ({ ...pod, failsSinceTick: tick }));
      steps.push({
        words: `the hardware of ${nameOf(node)} fails`,
        next: { ...state, pods, sick: put(state.sick, node, true), left: spend(left, 'sick') },
      });
    }
    if (state.sick[node] && left.heal > 0) {
      steps.push({
        words: `the hardware of ${nameOf(node)} recovers`,
        next: { ...recover(node), left: spend(left, 'heal') },
      });
    }
    if (state.sick[node] && left.reboot > 0) {
      const boots = put(state.boots, node, state.boots[node]! + 1);
      steps.push({
        words: `${nameOf(node)} is booted anew, and its hardware works`,
        next: { ...recover(node), boots, left: spend(left, 'reboot') },
      });
    }
    if (state.quarantines[node] !== 0 && left.person > 0) {
      const released = recordReleaseByHand(state, state.quarantines[node]!);
      const quarantines = put(state.quarantines, node, 0);
      steps.push({
        words: `a person deletes the quarantine of ${nameOf(node)}`,
        next: { ...released, quarantines, left: spend(left, 'person') },
      });
    }
  }
  return steps;
}

/** Minutes pass only where no controller is in the middle of a call, which takes seconds. */
export function ticks(state: State, scenario: Scenario, lastTick: number = scenario.lastTick): Step[] {
  const isBusy = state.leaders.some(({ leads, flights }) => leads && flights.length > 0);
  if (isBusy || state.tick >= lastTick) return [];
  return [{ words: 'five minutes pass', next: forgetOld({ ...state, tick: state.tick + 1 }, scenario) }];
}
