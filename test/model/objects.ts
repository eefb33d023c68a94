import { decide } from '../../src/controllers/hardware/decide.ts';
import type { Snapshot } from '../../src/controllers/hardware/snapshot.ts';
import type { Decision } from '../../src/controllers/hardware/decision.ts';
import type { HardwareNode } from '../../src/controllers/hardware/nodes.ts';
import type { OwnerFact } from '../../src/controllers/hardware/owner-facts.ts';
import { type HardwarePod, withDeparted } from '../../src/controllers/hardware/pod.ts';
import type { ReadingFact } from '../../src/controllers/hardware/readings.ts';
import { ownerText } from '../../src/quarantine/quarantine.ts';
import { type Scenario, nodeCount, slots, startMs, tickMs } from './scenario.ts';
import { type Leader, type ModelPod, type State, podTable, quarantineTable, uidOf } from './state.ts';

export const msOf = (tick: number): number => startMs + tick * tickMs;
export const nameOf = (node: number): string => `node-${node}`;
export const numberOf = (name: string): number => Number(name.slice('node-'.length));

const podsByNumber = new Map<number, HardwarePod>();

/** A Pod as the controller's cache has it. */
export function hardwarePod(number: number): HardwarePod {
  const known = podsByNumber.get(number);
  if (known) return known;
  const made = toHardwarePod(podTable.get(number));
  podsByNumber.set(number, made);
  return made;
}

function toHardwarePod(model: ModelPod): HardwarePod {
  const { slot, life, node, bornTick, failsSinceTick, wasReady, isDeleting } = model;
  const { owner, namespace, isGang } = slots[slot]!;
  const kind = isGang ? 'JobSet' : 'Deployment';
  const ownerKey = { namespace, kind, name: owner };
  const controller = isGang ? `${owner}-${slot}` : owner;
  return {
    uid: uidOf(model),
    namespace,
    name: `${owner}-${slot}-${life}`,
    node: nameOf(node),
    ip: '198.51.100.7',
    createdMs: msOf(bornTick),
    isReady: failsSinceTick < 0 && wasReady,
    isDeleting,
    isEvicted: isDeleting,
    isChecked: true,
    owner: { apiVersion: 'apps/v1', kind: isGang ? 'Job' : 'ReplicaSet', name: controller, uid: controller },
    gang: isGang ? { namespace, kind, name: owner, onEviction: 'setting' } : undefined,
    nodeShare: undefined,
    isMovedAlone: false,
    moveWindowMs: undefined,
    moveUntilMs: undefined,
    isPinnedByKueue: false,
    ownerKey,
    ownerText: ownerText(ownerKey),
    ineligible: undefined,
    claims: [],
    target: { mode: 'sidecar', containers: ['health-probe-hardware'], port: 9441 },
    startedAtWhenReady: wasReady ? { 'health-probe-hardware': msOf(bornTick) } : {},
    failing:
      failsSinceTick < 0
        ? undefined
        : { container: 'health-probe-hardware', sinceMs: msOf(failsSinceTick), input: 'probe', message: '' },
    conditions: [],
    unschedulableSinceMs: undefined,
    excludedNodes: [],
  };
}

/** Every sensor has just said that its hardware fails. */
const readings = {
  get: (): ReadingFact => ({ kind: 'fails', reading: { check: 'temperature', message: '95 C' }, atMs: Infinity }),
};

const restarts = {
  whole: { kind: 'whole' },
  half: { kind: 'half', why: 'its policy says so', mend: 'another policy' },
} as const;

const nothing = new Map<string, never>();

/** What one pass of this controller decides, by the decision of the source over what the controller has in memory. */
export function decideAs(leader: Leader, state: State, scenario: Scenario): Decision[] {
  const nowMs = msOf(state.tick);
  const cached = new Map(leader.pods.map((number) => [uidOf(podTable.get(number)), hardwarePod(number)]));
  const pods = withDeparted(
    cached,
    leader.flights.map(({ pod }) => ({ pod: hardwarePod(pod) })),
  );
  const owners = new Map<string, OwnerFact>();
  for (const { uid, owner, gang } of pods) {
    const fact = { kind: 'present', ownerUid: owner?.uid ?? '' } as const;
    owners.set(
      uid,
      gang && scenario.gang !== 'none' ? { ...fact, restart: restarts[scenario.gang], untilMs: Infinity } : fact,
    );
  }
  const nodes = Array.from({ length: nodeCount }, (_, node): HardwareNode => ({
    name: nameOf(node),
    bootId: `boot-${state.boots[node]}`,
    pool: '',
    isReady: true,
    isSchedulable: true,
    taint: '',
    conditions: [],
    disruption: undefined,
    allocatable: new Map(),
    kubelet: 'v1.37.2',
    deviceResources: [],
  }));
  const manualReleases = new Map<string, number>();
  leader.releasedTick.forEach((tick, node) => tick >= 0 && manualReleases.set(nameOf(node), msOf(tick)));
  const snapshot: Snapshot = {
    pods,
    quarantines: leader.quarantines.filter(Boolean).map((number) => quarantineTable.get(number)),
    nodes,
    manualReleases,
    inFlight: new Set(leader.flights.map(({ uid }) => uid)),
    retries: new Map(leader.backingOff.map((uid) => [uid, { untilMs: Infinity }])),
    readings,
    owners,
    ready: nothing,
    volumes: nothing,
    softened: nothing,
    reported: nothing,
  };
  return decide(snapshot, scenario.settings, nowMs);
}
