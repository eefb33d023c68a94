import type { HardwareSettings, Snapshot } from '../../../../src/controllers/hardware/snapshot.ts';
import type { HardwareNode } from '../../../../src/controllers/hardware/nodes.ts';
import type { HardwarePod } from '../../../../src/controllers/hardware/pod.ts';
import type { OwnerFact } from '../../../../src/controllers/hardware/owner-facts.ts';
import type { ReadingFact } from '../../../../src/controllers/hardware/readings.ts';
import type { NodeQuarantine } from '../../../../src/quarantine/quarantine.ts';

export const nowMs = Date.parse('2030-01-01T12:00:00Z');
const minute = 60_000;

export const settings: HardwareSettings = {
  mode: 'move',
  scope: 'Owner',
  taintsDevices: false,
  stableMs: 1_000,
  minimumAgeMs: 30_000,
  poolLabel: '',
  percent: 10,
  windowMs: 10 * minute,
  mostPerOwner: 2,
  ownerWindowMs: 30 * minute,
  ttlMs: 60 * minute,
  byHandMs: 60 * minute,
  softenMs: minute,
  degradedNamespaces: 0,
};

type Wish = Partial<HardwarePod> & { readonly kind?: string; readonly ageMs?: number; readonly failedMs?: number };

/** A Pod of a Deployment of its own that has failed for 5 s on its node; `failedMs: 0` is one that does not fail. */
export function pod(
  uid: string,
  node: string,
  { kind = 'Deployment', ageMs = 60 * minute, failedMs = 5_000, ...wish }: Wish = {},
): HardwarePod {
  const owner = wish.ownerText ?? `${uid}-owner`;
  return {
    uid,
    namespace: 'shop',
    name: uid,
    node,
    ip: '198.51.100.7',
    createdMs: nowMs - ageMs,
    isReady: failedMs === 0,
    isDeleting: false,
    isEvicted: false,
    isChecked: true,
    owner: { apiVersion: 'apps/v1', kind, name: owner, uid: owner },
    ownerKey: { namespace: wish.namespace ?? 'shop', kind, name: owner },
    gang: undefined,
    nodeShare: undefined,
    isMovedAlone: false,
    moveWindowMs: undefined,
    moveUntilMs: undefined,
    ineligible: undefined,
    isPinnedByKueue: false,
    claims: [],
    target: { mode: 'sidecar', containers: ['health-probe-hardware'], port: 9441 },
    conditions: [],
    startedAtWhenReady: {},
    failing:
      failedMs === 0
        ? undefined
        : { container: 'health-probe-hardware', sinceMs: nowMs - failedMs, input: 'probe', message: '' },
    unschedulableSinceMs: undefined,
    excludedNodes: [],
    ...wish,
    ownerText: kind === '' ? '' : `${wish.namespace ?? 'shop'}/${kind}/${owner}`,
  };
}

export const node = (name: string, wish: Partial<HardwareNode> = {}): HardwareNode => ({
  name,
  bootId: 'boot',
  pool: '',
  isReady: true,
  isSchedulable: true,
  taint: '',
  conditions: [],
  allocatable: new Map(),
  kubelet: 'v1.37.2',
  deviceResources: [],
  disruption: undefined,
  ...wish,
});

export const nodes = (count: number): HardwareNode[] =>
  Array.from({ length: count }, (_, index) => node(`node-${index}`));

type Kept = {
  readonly owners?: readonly string[];
  readonly moves?: readonly string[];
  readonly agoMs?: number;
  readonly untilMs?: number;
  readonly affinity?: 'Required' | 'Preferred';
  readonly bootId?: string;
  readonly scope?: 'Owner' | 'Node';
};

/** A quarantine for these owners, each with the same moves. */
export function quarantine(
  nodeName: string,
  {
    owners = ['other'],
    moves = [],
    agoMs = minute,
    untilMs = 59 * minute,
    affinity = 'Required',
    bootId = 'boot',
    scope = 'Owner',
  }: Kept = {},
): NodeQuarantine {
  const since = new Date(nowMs - agoMs).toISOString();
  return {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'NodeQuarantine',
    metadata: { name: nodeName, creationTimestamp: since as unknown as Date },
    spec: {
      nodeName,
      bootId,
      scope,
      owners: owners.map((name) => ({
        owner: { namespace: 'shop', kind: 'Deployment', name },
        check: 'temperature',
        message: '95 C',
        since,
        until: new Date(nowMs + untilMs).toISOString(),
        affinity,
        moves: moves.map((podUid) => ({ podUid, podName: podUid, at: since })),
      })),
    },
  };
}

/** A reading that is of this moment, whenever that is. */
export const failsNow = {
  kind: 'fails',
  reading: { check: 'temperature', message: '95 C' },
  atMs: Number.POSITIVE_INFINITY,
} as const satisfies ReadingFact;

/** Its owner was found. */
export const ownedBy = ({ owner }: HardwarePod): OwnerFact => ({ kind: 'present', ownerUid: owner?.uid ?? '' });

/** A snapshot in which the sensors of all Pods have just said that their hardware fails, and all owners exist. */
export const snapshot = (wish: Partial<Snapshot>): Snapshot => ({
  pods: [],
  quarantines: [],
  nodes: nodes(10),
  manualReleases: new Map(),
  retries: new Map(),
  readings: new Map((wish.pods ?? []).map(({ uid }) => [uid, failsNow])),
  owners: new Map((wish.pods ?? []).map((each) => [each.uid, ownedBy(each)])),
  softened: new Map(),
  inFlight: new Set(),
  volumes: new Map(),
  ready: new Map(),
  reported: new Map(),
  ...wish,
});
