import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import type { HardwareSettings } from '../../../src/controllers/hardware/snapshot.ts';
import type { Decision } from '../../../src/controllers/hardware/decision.ts';
import { jsonBytes } from '../../../src/controllers/hardware/json-bytes.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import { withMoves } from '../../../src/controllers/hardware/quarantines.ts';
import { mostOwnerBytes, mostOwners } from '../../../src/controllers/hardware/room.ts';
import { inTurns, lastingRoom, shareRefusal, reserveOf } from '../../../src/controllers/shares.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { nodes, nowMs, ownedBy, pod, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
/** A day, as the quarantines last, and no cap that would stop a namespace before its share does. */
const rules: HardwareSettings = { ...settings, ttlMs: 24 * 60 * minute, mostPerOwner: 10_000 };

type World = { readonly nodeCount: number; readonly quarantines: readonly NodeQuarantine[]; readonly atMs: number };

const decideAt = ({ nodeCount, quarantines, atMs }: World, pods: readonly HardwarePod[]): Decision[] =>
  decide(snapshot({ pods, quarantines, nodes: nodes(nodeCount) }), rules, atMs);

const isMoved = (decisions: readonly Decision[], uid: string): boolean =>
  decisions.some((each) => each.kind === 'move' && each.pod.uid === uid);

/** Writes what was decided, as the acts do; the words are as long as a sidecar can make them. */
function written(world: World, decisions: readonly Decision[]): World {
  const byNode = new Map(world.quarantines.map((each) => [each.spec.nodeName, each]));
  const now = new Date(world.atMs);
  const moves = decisions.filter((each) => each.kind === 'move');
  for (const [nodeName, ofNode] of Map.groupBy(moves, (each) => each.pod.node)) {
    const before = byNode.get(nodeName);
    const reading = { check: 'temperature', message: `its sidecar says "${'<'.repeat(40)}"` };
    const planned = ofNode.map((each) => ({ pod: each.pod, reading }));
    const created = { nodeName, bootId: 'boot', scope: 'Owner' } as const;
    const spec = withMoves(before?.spec, created, planned, { ttlMs: rules.ttlMs, now });
    const metadata = before?.metadata ?? { name: nodeName, creationTimestamp: now.toISOString() as unknown as Date };
    byNode.set(nodeName, { apiVersion: 'health.example.com/v1alpha1', kind: 'NodeQuarantine', metadata, spec });
  }
  return { ...world, quarantines: [...byNode.values()] };
}

const victim = (node: string, wish: object = {}): HardwarePod =>
  pod('victim', node, { namespace: 'neighbour', ownerText: 'web', failedMs: 2_000, ...wish });

/** Pods of one namespace, each with an owner of its own, which have failed for longer than any other. */
const evilPods = (count: number, nodeOf: (at: number) => string, round = 0): HardwarePod[] =>
  Array.from({ length: count }, (_, at) => {
    const uid = `evil-${round}-${at}`;
    return pod(uid, nodeOf(at), {
      namespace: 'evil',
      ownerText: `${uid}-${'x'.repeat(200)}`,
      failedMs: 30 * minute,
      ageMs: 120 * minute,
    });
  });

describe('what namespaces have in common', () => {
  it('has a first place for each namespace, and no more than half for one', () => {
    const room = lastingRoom(100);
    assert.deepEqual(room, { size: 100, mostOfOne: 50, reserve: 25 });
    assert.equal(shareRefusal(room, { taken: 0, own: 49, cost: 1 }), undefined);
    assert.equal(shareRefusal(room, { taken: 50, own: 50, cost: 1 }), 'share');
    assert.equal(shareRefusal(room, { taken: 75, own: 1, cost: 1 }), 'share');
    assert.equal(shareRefusal(room, { taken: 99, own: 0, cost: 1 }), undefined);
    assert.equal(shareRefusal(room, { taken: 100, own: 0, cost: 1 }), 'full');
    assert.deepEqual([0, 1, 2, 3, 4, 8].map(reserveOf), [0, 0, 1, 1, 1, 2]);
  });

  it('is served in turns, in which each keeps its order', () => {
    assert.deepEqual(
      inTurns(['a1', 'a2', 'a3', 'b1', 'c1', 'b2'], (each) => each.charAt(0)),
      ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'],
    );
    assert.deepEqual(
      inTurns([], () => ''),
      [],
    );
  });
});

describe('a namespace whose Pods fail without end', () => {
  it('never keeps the first failing Pod of another on a quarantined node from leaving it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.nat(3), fc.nat(90)), { minLength: 1, maxLength: 6 }),
        (nodeCount, rounds) => {
          let world: World = { nodeCount: nodeCount + 3, quarantines: [], atMs: nowMs };
          for (const [at, [count, spread, waitMinutes]] of rounds.entries()) {
            const pods = evilPods(count, (index) => `node-${index % (spread + 1)}`, at);
            world = written(world, decideAt(world, [...pods, victim('', { failedMs: 0 })]));
            for (const { spec } of world.quarantines) {
              assert(spec.owners.length <= mostOwners);
              assert(jsonBytes(spec.owners) <= mostOwnerBytes, `${jsonBytes(spec.owners)} bytes`);
              const decisions = decideAt(world, [...evilPods(50, () => spec.nodeName, -1), victim(spec.nodeName)]);
              assert(isMoved(decisions, 'victim'), spec.nodeName);
            }
            world = { ...world, atMs: world.atMs + waitMinutes * minute };
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('fills its half of a quarantine to the last byte, and a hundred others still find their first place', () => {
    let world: World = { nodeCount: 3, quarantines: [], atMs: nowMs };
    for (let round = 0, moved = 1; moved > 0; round += 1) {
      const decisions = decideAt(world, [
        ...evilPods(300, () => 'node-0', round).slice(0, round < 20 ? 300 : 1),
        pod(`e${round}`, 'node-0', { namespace: 'evil', ownerText: `e${round}` }),
      ]);
      moved = decisions.filter(({ kind }) => kind === 'move').length;
      world = written(world, decisions);
    }
    const taken = jsonBytes(world.quarantines[0]?.spec.owners);
    assert(
      taken > mostOwnerBytes / 2 - 4_096 || world.quarantines[0]?.spec.owners.length === mostOwners / 2,
      `${taken}`,
    );
    for (let at = 0; at < 100; at += 1) {
      const first = pod(`first-${at}`, 'node-0', { namespace: `ns-${at}`, ownerText: `web-${at}`, failedMs: 2_000 });
      const decisions = decideAt(world, [...evilPods(300, () => 'node-0', -1), first]);
      assert(isMoved(decisions, first.uid), `namespace ${at}`);
      world = written(world, decisions);
    }
    assert(jsonBytes(world.quarantines[0]?.spec.owners) <= mostOwnerBytes);
  });

  it('never takes all that the brake lets, and where that is one node gives way after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 100 }), fc.integer({ min: 1, max: 5 }), (nodeCount, windows) => {
        let world: World = { nodeCount: nodeCount + 1, quarantines: [], atMs: nowMs };
        const sick = `node-${nodeCount}`;
        const attack = (): HardwarePod[] => evilPods(nodeCount, (at) => `node-${at}`, world.quarantines.length);
        for (let window = 0; window < windows; window += 1) {
          world = written(world, decideAt(world, [...attack(), victim('', { failedMs: 0 })]));
          const isForOne = nodeCount + 1 < 20;
          const nextMs = world.atMs + rules.windowMs;
          const then = isForOne ? { ...world, atMs: nextMs } : world;
          assert(isMoved(decideAt(then, [...attack(), victim(sick)]), 'victim'), `window ${window}`);
          world = { ...world, atMs: nextMs };
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has all that the brake lets where no other namespace has such Pods, and is told of its share where one has', () => {
    const world: World = { nodeCount: 40, quarantines: [], atMs: nowMs };
    const pods = evilPods(40, (at) => `node-${at}`);
    const reasonsOf = (others: readonly HardwarePod[]): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const { reason } of decideAt(world, [...pods, ...others])) counts[reason] = (counts[reason] ?? 0) + 1;
      return counts;
    };
    assert.deepEqual(reasonsOf([]), { failed: 4, brake: 36 });
    assert.deepEqual(reasonsOf([victim('node-0', { failedMs: 0, ineligible: 'report' })]), { failed: 4, brake: 36 });
    assert.deepEqual(reasonsOf([victim('node-0', { failedMs: 0 })]), { failed: 3, 'brake-share': 37 });
  });

  it('has half of a quarantine, also in one pass, and is told so', () => {
    const world: World = { nodeCount: 3, quarantines: [], atMs: nowMs };
    const pods = Array.from({ length: 600 }, (_, at) => pod(`p${at}`, 'node-0'));
    const decisions = decideAt(world, pods);
    const moved = decisions.filter(({ kind }) => kind === 'move').length;
    assert(moved > 110 && moved <= mostOwners / 2, `${moved}`);
    assert(decisions.slice(moved).every(({ reason }) => reason === 'quarantine-share'));
    // What was written takes less than what it might have taken.
    const later = decideAt(written(world, decisions), pods.slice(moved));
    assert(later.some(({ kind }) => kind === 'move'));
  });
});

describe('the owner of a failing Pod', () => {
  const failing = [pod('a', 'node-0', { failedMs: 10 })];
  const decided = (owners: ReadonlyMap<string, any>, pods: readonly HardwarePod[] = failing): string[] =>
    decide(snapshot({ pods, owners }), settings, nowMs).map(({ kind, reason }) => `${kind} ${reason}`);

  it('is looked up as soon as the Pod fails, and anew where it is another', () => {
    assert.deepEqual(decided(new Map()), ['look-up-owner owner-unasked']);
    assert.deepEqual(decided(new Map([['a', { kind: 'present', ownerUid: 'other' }]])), [
      'look-up-owner owner-unasked',
    ]);
    assert.deepEqual(decided(new Map([['a', ownedBy(failing[0]!)]])), ['hold unstable']);
    assert.deepEqual(decided(new Map(), [pod('a', 'node-0', { ineligible: 'report' })]), ['refuse report']);
  });

  it('lets the Pod go where it exists, or is of a kind that cannot be read, and not where it does not', () => {
    const pods = [pod('a', 'node-0')];
    const { ownerUid } = ownedBy(pods[0]!);
    for (const [kind, said] of [
      ['present', 'move failed'],
      ['unreadable', 'move failed'],
      ['absent', 'refuse no-such-owner'],
    ] as const)
      assert.deepEqual(decided(new Map([['a', { kind, ownerUid }]]), pods), [said]);
    const unknown = { kind: 'unknown', ownerUid, detail: 'x', tries: 1 };
    assert.deepEqual(decided(new Map([['a', { ...unknown, untilMs: nowMs + 1 }]]), pods), ['hold owner-unknown']);
    assert.deepEqual(decided(new Map([['a', { ...unknown, untilMs: nowMs }]]), pods), ['look-up-owner owner-unknown']);
  });

  it('that does not exist takes no place under the brake, nor does one that is not known', () => {
    const pods = [
      pod('forged', 'node-1', { failedMs: 20 * minute }),
      pod('asked', 'node-2', { failedMs: 20 * minute }),
      pod('a', 'node-0'),
    ];
    const owners = new Map<string, any>([
      ['forged', { ...ownedBy(pods[0]!), kind: 'absent' }],
      ['a', ownedBy(pods[2]!)],
    ]);
    assert(decided(owners, pods).includes('move failed'));
  });
});
