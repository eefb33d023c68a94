import { withoutOwners } from '../../src/controllers/hardware/quarantines.ts';
import type { HardwarePod } from '../../src/controllers/hardware/pod.ts';
import { edited, evictions, isAt, nodesInFlight, sees, writes } from './call-steps.ts';
import { nameOf, numberOf } from './objects.ts';
import type { Protocol, Step, Turn } from './protocol.ts';
import { type Scenario, idle, slots } from './scenario.ts';
import {
  type Flight,
  type Leader,
  type ModelPod,
  type Stage,
  type State,
  podTable,
  put,
  quarantineAt,
  quarantineTable,
  uidOf,
} from './state.ts';

const letters = ['A', 'B'];

/** Everything that this controller may do next, and what may happen to its calls. */
export function stepsOfController(state: State, index: number, scenario: Scenario, rules: Protocol): Step[] {
  const leader = state.leaders[index]!;
  const who = `controller ${letters[index]}`;
  if (!leader.leads) return elections(state, index, rules, who);
  const steps: Step[] = [];
  const withLeader = (next: Leader, base: State = state): State => ({
    ...base,
    leaders: put(base.leaders, index, next),
  });
  if (state.left.death > 0) {
    const left = { ...state.left, death: state.left.death - 1 };
    const dead = withLeader({ ...idle, releasedTick: leader.releasedTick }, { ...state, left });
    steps.push({ words: `${who} dies`, next: dead });
  }
  const turn: Turn = { state, leader, scenario, rules, withLeader, who };
  steps.push(...deliveries(turn));
  steps.push(...passes(turn));
  for (const node of nodesInFlight(leader, 'write')) steps.push(...writes(turn, node, 'write'));
  for (const node of nodesInFlight(leader, 'unanswered')) {
    if (rules.afterNoAnswer === 'written again') steps.push(...writes(turn, node, 'unanswered'));
    else {
      const flights = leader.flights.filter((flight) => !isAt(flight, node, 'unanswered'));
      steps.push({
        words: `${who} waits no longer for the answer about ${nameOf(node)}`,
        next: withLeader({ ...leader, flights }),
      });
    }
  }
  for (const node of nodesInFlight(leader, 'see')) steps.push(sees(turn, node));
  for (const flight of leader.flights) if (flight.stage === 'evict') steps.push(...evictions(turn, flight));
  for (const uid of leader.backingOff) {
    const backingOff = leader.backingOff.filter((each) => each !== uid);
    steps.push({ words: `the wait of ${who} for Pod ${uid} is over`, next: withLeader({ ...leader, backingOff }) });
  }
  return steps;
}

function elections(state: State, index: number, rules: Protocol, who: string): Step[] {
  const isFree = !state.leaders.some(({ leads }) => leads);
  if (!isFree && state.left.overlap === 0) return [];
  const left = isFree ? state.left : { ...state.left, overlap: state.left.overlap - 1 };
  // Releases by hand are recorded in Events, which the next leader reads.
  const releasedTick = idle.releasedTick.map((_, node) =>
    Math.max(...state.leaders.map((each) => each.releasedTick[node]!)),
  );
  const quarantines = rules.listsFirst ? state.quarantines : idle.quarantines;
  const next: Leader = { ...idle, leads: true, pods: state.pods, quarantines, releasedTick };
  return [
    { words: `${who} leads, and lists everything`, next: { ...state, left, leaders: put(state.leaders, index, next) } },
  ];
}

function deliveries({ state, leader, withLeader, who }: Turn): Step[] {
  const steps: Step[] = [];
  leader.pods.forEach((cached, slot) => {
    const current = state.pods[slot]!;
    if (cached === current) return;
    const next = {
      ...leader,
      pods: put(leader.pods, slot, current),
      backingOff: withoutGone(leader.backingOff, podTable.get(current)),
    };
    steps.push({ words: `the watch brings ${who} ${sayPod(podTable.get(current))}`, next: withLeader(next) });
  });
  leader.quarantines.forEach((cached, node) => {
    const current = state.quarantines[node]!;
    if (cached === current) return;
    const isReleased = current === 0;
    const releasedTick = isReleased ? put(leader.releasedTick, node, state.tick) : leader.releasedTick;
    const next = { ...leader, quarantines: put(leader.quarantines, node, current), releasedTick };
    const what = isReleased ? `that the quarantine of ${nameOf(node)} is gone` : `the quarantine of ${nameOf(node)}`;
    steps.push({ words: `the watch brings ${who} ${what}`, next: withLeader(next) });
  });
  return steps;
}

const withoutGone = (uids: readonly string[], pod: ModelPod): readonly string[] =>
  uids.filter((uid) => !uid.startsWith(`p${pod.slot}.`) || uid === uidOf(pod));

export const sayPod = (pod: ModelPod): string => {
  const how = pod.isDeleting
    ? 'on its way out'
    : pod.failsSinceTick >= 0
      ? 'failing'
      : pod.wasReady
        ? 'ready'
        : 'starting';
  return `Pod ${uidOf(pod)} of ${slots[pod.slot]!.owner} on ${nameOf(pod.node)}, ${how}`;
};

function passes(turn: Turn): Step[] {
  const { state, leader, scenario, rules, withLeader, who } = turn;
  const decisions = rules.decide(leader, state, scenario);
  const steps: Step[] = [];
  const moves = decisions.flatMap((each) => (each.kind === 'move' ? [each.pod] : []));
  if (moves.length > 0) {
    const stage: Stage = rules.order === 'quarantine first' ? 'write' : 'evict';
    const flights = [...leader.flights, ...moves.map((pod): Flight => flightOf(pod, leader, stage))];
    const names = moves.map(({ uid, node }) => `${uid} off ${node}`).join(', ');
    steps.push({ words: `${who} decides to move ${names}`, next: withLeader({ ...leader, flights }) });
  }
  for (const decision of decisions) {
    if (decision.kind !== 'release') continue;
    const node = numberOf(decision.node);
    const cached = leader.quarantines[node]!;
    // The apiserver compares uid and resourceVersion; the next pass has the newer one.
    if (cached === 0 || cached !== state.quarantines[node]) continue;
    const { owners } = decision;
    const before = quarantineTable.get(cached);
    const number = owners ? quarantineTable.put(edited(before, withoutOwners(before.spec, owners))) : 0;
    const next = withLeader(
      { ...leader, quarantines: put(leader.quarantines, node, number) },
      { ...state, quarantines: put(state.quarantines, node, number) },
    );
    steps.push({ words: `${who} releases ${decision.node}: ${decision.reason}`, next });
  }
  return steps;
}

const flightOf = ({ uid, node }: HardwarePod, leader: Leader, stage: Stage): Flight => ({
  uid,
  pod: leader.pods.find((number) => uidOf(podTable.get(number)) === uid) ?? 0,
  stage,
  quarantineUid: quarantineAt(leader.quarantines, numberOf(node))?.metadata.uid ?? '',
});
