import { type PlannedMove, withMoves } from '../../src/controllers/hardware/quarantines.ts';
import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';
import { hardwarePod, msOf, nameOf } from './objects.ts';
import type { Step, Turn } from './protocol.ts';
import { ownerOfSlot, recordEviction, recordWrite } from './record.ts';
import {
  type Flight,
  type Leader,
  type Stage,
  podAt,
  podTable,
  put,
  quarantineAt,
  quarantineTable,
  uidOf,
} from './state.ts';

const atStage = (flight: Flight, stage: Stage, quarantineUid = flight.quarantineUid): Flight => ({
  ...flight,
  stage,
  quarantineUid,
});

/** A quarantine with another spec. */
export const edited = (before: NodeQuarantine, spec: NodeQuarantine['spec']): NodeQuarantine => ({
  ...before,
  metadata: { ...before.metadata, generation: (before.metadata.generation ?? 0) + 1 },
  spec,
});

/** Whether a move off this node is at this stage. */
export const isAt = ({ pod, stage }: Flight, node: number, wanted: Stage): boolean =>
  stage === wanted && podTable.get(pod).node === node;

/** The nodes that moves of this stage are off. */
export const nodesInFlight = (leader: Leader, stage: Stage): number[] => [
  ...new Set(leader.flights.flatMap((flight) => (flight.stage === stage ? podTable.get(flight.pod).node : []))),
];

/** The quarantine of a node is written for the moves of a stage, or what may become of that call. */
export function writes(turn: Turn, node: number, stage: Stage): Step[] {
  const { state, leader, scenario, rules, withLeader, who } = turn;
  const mine = leader.flights.filter((flight) => isAt(flight, node, stage));
  const others = leader.flights.filter((flight) => !mine.includes(flight));
  const name = nameOf(node);
  const cached = quarantineAt(leader.quarantines, node);
  const stored = quarantineAt(state.quarantines, node);
  if (leader.releasedTick[node] === state.tick) {
    return [
      {
        words: `${who} drops its moves off ${name}, which a person has released`,
        next: withLeader({ ...leader, flights: others }),
      },
    ];
  }
  if (cached && !stored) {
    const next = {
      ...leader,
      flights: others,
      quarantines: put(leader.quarantines, node, 0),
      releasedTick: put(leader.releasedTick, node, state.tick),
    };
    return [{ words: `${who} learns by its write that the quarantine of ${name} is gone`, next: withLeader(next) }];
  }
  const moved = mine.map(({ pod }): PlannedMove => ({
    pod: hardwarePod(pod),
    reading: { check: 'temperature', message: '95 C' },
  }));
  const created = { nodeName: name, bootId: `boot-${state.boots[node]}`, scope: scenario.settings.scope };
  const spec = withMoves(stored?.spec, created, moved, {
    ttlMs: scenario.settings.ttlMs,
    now: new Date(msOf(state.tick)),
  });
  const isNew = stored === undefined;
  const metadata = { name, uid: `q${state.nextUid}`, generation: 1, creationTimestamp: new Date(msOf(state.tick)) };
  const object: NodeQuarantine = !isNew
    ? spec === stored.spec
      ? stored
      : edited(stored, spec)
    : { apiVersion: 'health.example.com/v1alpha1', kind: 'NodeQuarantine', metadata, spec };
  const number = quarantineTable.put(object);
  const written = recordWrite(
    { ...state, quarantines: put(state.quarantines, node, number), nextUid: state.nextUid + (isNew ? 1 : 0) },
    stored,
    object,
  );
  const what = `the quarantine of ${name} for ${mine.map(({ uid }) => uid).join(', ')}`;
  const known = withLeader(
    {
      ...leader,
      quarantines: put(leader.quarantines, node, number),
      flights: [
        ...others,
        ...mine.map((flight): Flight => ({ ...flight, stage: 'see', quarantineUid: object.metadata.uid ?? '' })),
      ],
    },
    written,
  );
  const steps: Step[] = [{ words: `${who} writes ${what}`, next: known }];
  if (stage === 'unanswered' && rules.afterNoAnswer === 'forgotten') return steps;
  const backingOff = [...new Set([...leader.backingOff, ...mine.map(({ uid }) => uid)])].toSorted();
  const lost: Leader = {
    ...leader,
    backingOff,
    flights: [...others, ...mine.map((flight) => atStage(flight, 'unanswered'))],
  };
  const { left } = state;
  // A refusal says nothing of an earlier try: what stands is read.
  const standing = stage === 'unanswered' ? state.quarantines[node]! : leader.quarantines[node]!;
  if (left.lostAnswer > 0)
    steps.push({
      words: `${who} writes ${what}, and the answer is lost`,
      next: withLeader(lost, { ...written, left: { ...left, lostAnswer: left.lostAnswer - 1 } }),
    });
  if (left.lostCall > 0)
    steps.push({
      words: `the call of ${who} that writes ${what} is lost`,
      next: withLeader(lost, { ...state, left: { ...left, lostCall: left.lostCall - 1 } }),
    });
  if (left.refusal > 0)
    steps.push({
      words: `the apiserver refuses to write ${what} for ${who}`,
      next: withLeader(
        { ...leader, backingOff, flights: others, quarantines: put(leader.quarantines, node, standing) },
        { ...state, left: { ...left, refusal: left.refusal - 1 } },
      ),
    });
  return steps;
}

/** The quarantine is in force, or was waited for long enough. */
export function sees(turn: Turn, node: number): Step {
  const { state, leader, withLeader, who } = turn;
  const uid = quarantineAt(leader.quarantines, node)?.metadata.uid;
  const flights = leader.flights.flatMap((flight): Flight[] => {
    if (!isAt(flight, node, 'see')) return [flight];
    return flight.quarantineUid === uid ? [{ ...flight, stage: 'evict' }] : [];
  });
  const isObserved = state.observed[node] === leader.quarantines[node];
  const words = isObserved ? "has the webhook's acknowledgement" : 'waits no longer for the webhook';
  return { words: `${who} ${words} about ${nameOf(node)}`, next: withLeader({ ...leader, flights }) };
}

/** A Pod is evicted, or what may become of that call. */
export function evictions(turn: Turn, flight: Flight): Step[] {
  const { state, leader, withLeader, who } = turn;
  const { uid } = flight;
  const flights = leader.flights.filter((each) => each !== flight);
  const { slot } = podTable.get(flight.pod);
  const now = podAt(leader.pods, slot);
  const cached = uidOf(now) === uid ? now : undefined;
  const standing =
    cached && (quarantineAt(leader.quarantines, cached.node)?.metadata.uid ?? '') === flight.quarantineUid;
  if (!cached || cached.failsSinceTick < 0 || cached.isDeleting || !standing) {
    return [{ words: `${who} drops the eviction of Pod ${uid}`, next: withLeader({ ...leader, flights }) }];
  }
  const backingOff = [...new Set([...leader.backingOff, uid])].toSorted();
  const waiting: Leader = { ...leader, flights, backingOff };
  const there = podAt(state.pods, slot);
  const { left } = state;
  const steps: Step[] = [];
  if (uidOf(there) === uid) {
    const evicted = recordEviction(
      { ...state, pods: put(state.pods, slot, podTable.put({ ...there, isDeleting: true })) },
      there,
      ownerOfSlot(slot),
    );
    const marked = put(leader.pods, slot, podTable.put({ ...cached, isDeleting: true }));
    const told: Leader = {
      ...leader,
      flights,
      pods: marked,
      backingOff: leader.backingOff.filter((each) => each !== uid),
    };
    steps.push({ words: `${who} evicts Pod ${uid}`, next: withLeader(told, evicted) });
    if (left.lostAnswer > 0)
      steps.push({
        words: `${who} evicts Pod ${uid}, and the answer is lost`,
        next: withLeader(waiting, { ...evicted, left: { ...left, lostAnswer: left.lostAnswer - 1 } }),
      });
  } else steps.push({ words: `${who} is answered that Pod ${uid} is gone`, next: withLeader(waiting) });
  if (left.lostCall > 0)
    steps.push({
      words: `the call of ${who} that evicts Pod ${uid} is lost`,
      next: withLeader(waiting, { ...state, left: { ...left, lostCall: left.lostCall - 1 } }),
    });
  if (left.refusal > 0)
    steps.push({
      words: `a PodDisruptionBudget refuses ${who} the eviction of Pod ${uid}`,
      next: withLeader(waiting, { ...state, left: { ...left, refusal: left.refusal - 1 } }),
    });
  return steps;
}
