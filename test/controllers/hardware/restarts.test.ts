import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import { withMoves, withoutOwners } from '../../../src/controllers/hardware/quarantines.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { nodes, nowMs, pod, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
const stepMs = 30_000;
const steps = 140;
const nodeNames = nodes(12).map(({ name }) => name);

/** What is broken from when on, and what breaks off when. */
type History = {
  /** From when to when a PodDisruptionBudget lets nobody go. */
  readonly refused?: readonly [step: number, step: number];
  readonly owners: number;
  readonly podsEach?: number;
  readonly ttlMs?: number;
  readonly sick: readonly { readonly node: number; readonly step: number }[];
  /** At these steps the controller dies after the quarantine was written, before the eviction. */
  readonly deaths: ReadonlySet<number>;
};

/**
 * Plays a cluster: sick nodes fail their Pods, decisions are done at once, owners make Pods anew where they may. Nothing
 * is kept between two steps but what the apiserver has, as if each were a new leader's.
 */
function play({ owners, sick, deaths, refused = [0, 0], podsEach = 3, ttlMs = 30 * minute }: History) {
  let pods: HardwarePod[] = Array.from({ length: owners * podsEach }, (_, index) =>
    pod(`p${index}`, nodeNames[index % 12]!, { ownerText: `o${index % owners}`, failedMs: 0 }),
  );
  const quarantines = new Map<string, NodeQuarantine>();
  const evictions: { readonly uid: string; readonly owner: string; readonly atMs: number }[] = [];
  const opened: number[] = [];
  let made = 0;
  for (let step = 0; step < steps; step++) {
    const atMs = nowMs + step * stepMs;
    const isSick = (node: string): boolean => sick.some((each) => nodeNames[each.node] === node && each.step <= step);
    pods = pods.map((each) => {
      if (!isSick(each.node)) return { ...each, failing: undefined };
      const sinceMs = each.failing?.sinceMs ?? atMs - 5_000;
      return { ...each, failing: { container: 'x', sinceMs, input: 'probe', message: '' } };
    });
    const known = snapshot({ pods, quarantines: [...quarantines.values()], nodes: nodes(12) });
    const byNode = new Map<string, HardwarePod[]>();
    for (const decision of decide(known, { ...settings, ttlMs }, atMs)) {
      if (decision.kind === 'move')
        byNode.set(decision.pod.node, [...(byNode.get(decision.pod.node) ?? []), decision.pod]);
      if (decision.kind !== 'release') continue;
      const held = quarantines.get(decision.node)!;
      if (decision.owners) quarantines.set(decision.node, { ...held, spec: withoutOwners(held.spec, decision.owners) });
      else quarantines.delete(decision.node);
    }
    for (const [nodeName, moved] of byNode) {
      const held = quarantines.get(nodeName);
      if (!held) opened.push(atMs);
      const spec = withMoves(
        held?.spec,
        { nodeName, bootId: 'boot', scope: 'Owner' },
        moved.map((each) => ({ pod: each, reading: { check: 'c', message: 'm' } })),
        { ttlMs, now: new Date(atMs) },
      );
      const metadata = held?.metadata ?? { name: nodeName, creationTimestamp: new Date(atMs) };
      quarantines.set(nodeName, { apiVersion: 'health.example.com/v1alpha1', kind: 'NodeQuarantine', metadata, spec });
      if (deaths.has(step) || (step >= refused[0] && step < refused[1])) continue;
      for (const { uid, ownerText } of moved) {
        evictions.push({ uid, owner: ownerText, atMs });
        const closed = [...quarantines.values()].filter(({ spec: { owners: entries } }) =>
          entries.some(({ owner }) => `shop/Deployment/${owner.name}` === ownerText),
        );
        const free = nodeNames.filter((name) => !closed.some((each) => each.spec.nodeName === name));
        const old = pods.find((each) => each.uid === uid)!;
        const next = {
          ...old,
          uid: `r${made++}`,
          node: free[made % free.length]!,
          createdMs: atMs,
          failing: undefined,
        };
        pods = [...pods.filter((each) => each.uid !== uid), next];
      }
    }
  }
  return { evictions, opened };
}

/** The most of these times that lie within any window of this length. */
const most = (times: readonly number[], windowMs: number): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));

describe('moves over hours, by leaders that remember nothing', () => {
  const sick = fc.array(fc.record({ node: fc.nat(11), step: fc.nat(80) }), { maxLength: 6 });
  const owners = fc.integer({ min: 1, max: 6 });

  it('keep to the brake and the caps in every window of time, and move no Pod twice', () => {
    fc.assert(
      fc.property(owners, sick, fc.array(fc.nat(steps)), (count, broken, deaths) => {
        const { evictions, opened } = play({ owners: count, sick: broken, deaths: new Set(deaths) });
        assert(most(opened, settings.windowMs) <= 1);
        assert.equal(new Set(evictions.map(({ uid }) => uid)).size, evictions.length);
        for (const owner of new Set(evictions.map((each) => each.owner))) {
          const times = evictions.filter((each) => each.owner === owner).map(({ atMs }) => atMs);
          // A death puts an eviction off; the move is then counted by the minute in which it is gone on with.
          assert(most(times, settings.ownerWindowMs - minute) <= settings.mostPerOwner);
        }
      }),
      { examples: [[6, [1, 0, 7, 8].map((node, index) => ({ node, step: index < 2 ? 1 : 0 })), []]] },
    );
  });

  it('keep to the caps also when a PodDisruptionBudget lets go after hours', () => {
    const refused = fc.tuple(fc.nat(20), fc.integer({ min: 60, max: 110 }));
    fc.assert(
      fc.property(refused, (span) => {
        const { evictions } = play({
          owners: 1,
          sick: [{ node: 0, step: 0 }],
          deaths: new Set(),
          refused: span,
          podsEach: 96,
          ttlMs: 600 * minute,
        });
        const times = evictions.map(({ atMs }) => atMs);
        assert(most(times, settings.ownerWindowMs - minute) <= settings.mostPerOwner);
      }),
    );
  });

  it('are as many in the end, wherever a controller dies', () => {
    const soon = fc.array(fc.record({ node: fc.nat(11), step: fc.nat(20) }), { maxLength: 1 });
    fc.assert(
      fc.property(owners, soon, fc.array(fc.nat(steps - 20), { maxLength: 10 }), (count, broken, deaths) => {
        const uids = (died: readonly number[]) =>
          play({ owners: count, sick: broken, deaths: new Set(died) })
            .evictions.filter(({ uid }) => uid.startsWith('p'))
            .map(({ uid }) => uid)
            .toSorted();
        assert.deepEqual(uids(deaths), uids([]));
      }),
    );
  });
});
