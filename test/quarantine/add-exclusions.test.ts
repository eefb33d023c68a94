import assert from 'node:assert/strict';
import type { V1NodeSelectorTerm, V1PodSpec } from '@kubernetes/client-node';
import fc from 'fast-check';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { type NodeExclusion, addNodeExclusions } from '../../src/quarantine/node-exclusion.ts';
import { createJsonPatch } from '../../src/webhook/json-patch.ts';
import { assertOnlyAdds, assertUserKept, deepFreeze } from '../support/invariants.ts';

type Node = { readonly name: string; readonly zone: string };

const names = ['node-a', 'node-b', 'node-c'];
const nodes: readonly Node[] = names.flatMap((name) => ['x', 'y'].map((zone) => ({ name, zone })));

const operator = fc.constantFrom('In', 'NotIn');
const expression = fc.record({
  key: fc.constant('zone'),
  operator,
  values: fc.subarray(['x', 'y'], { minLength: 1 }),
});
const field = fc.record({
  key: fc.constant('metadata.name'),
  operator,
  values: fc.constantFrom(...names).map((name) => [name]),
});
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const term = fc.record({
  matchExpressions: optional(fc.array(expression, { maxLength: 2 })),
  matchFields: optional(fc.array(field, { maxLength: 2 })),
});
const affinity = fc.record({
  requiredDuringSchedulingIgnoredDuringExecution: optional(
    fc.array(term, { minLength: 1, maxLength: 3 }).map((nodeSelectorTerms) => ({ nodeSelectorTerms })),
  ),
  preferredDuringSchedulingIgnoredDuringExecution: optional(
    fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: term }), { maxLength: 2 }),
  ),
});
const avoided: fc.Arbitrary<NodeExclusion[]> = fc.uniqueArray(
  fc.record({
    node: fc.constantFrom(...names),
    affinity: fc.constantFrom('Required' as const, 'Preferred' as const),
    untilMs: fc.constant(0),
  }),
  { selector: ({ node }) => node },
);
const pod = fc
  .record({ nodeAffinity: optional(affinity), podAffinity: optional(fc.constant({})) })
  .map((written): Pod => JSON.parse(JSON.stringify({ spec: { containers: [], affinity: written } })));

/** As the scheduler reads it: the terms are ORed, what is in one is ANDed, and an empty one matches nothing. */
const matches = ({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, { name, zone }: Node): boolean =>
  matchExpressions.length + matchFields.length > 0 &&
  [...matchExpressions, ...matchFields].every(({ key, operator: how, values }) => {
    const isIn = (values ?? []).includes(key === 'zone' ? zone : name);
    return how === 'In' ? isIn : !isIn;
  });

const admits = ({ affinity: written }: V1PodSpec, node: Node): boolean =>
  written?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.some((each) =>
    matches(each, node),
  ) ?? true;

const score = ({ affinity: written }: V1PodSpec, node: Node): number =>
  (written?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ preference }) => matches(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0);

const keepOff = (before: Pod, list: readonly NodeExclusion[]): Pod => ({
  ...before,
  spec: addNodeExclusions(before.spec, list),
});

const property = (name: string, hold: (before: Pod, after: Pod, list: readonly NodeExclusion[]) => void): void => {
  it(name, () => {
    fc.assert(
      fc.property(pod, avoided, (before, list) => hold(before, keepOff(deepFreeze(before), list), list)),
      { numRuns: 1_000 },
    );
  });
};

describe('a Pod that is kept off nodes', () => {
  property('runs where it ran before, but on none that it has to keep off', (before, after, list) => {
    const barred = list.filter((each) => each.affinity === 'Required').map(({ node }) => node);
    for (const node of nodes) {
      assert.equal(admits(after.spec, node), admits(before.spec, node) && !barred.includes(node.name), node.name);
    }
  });

  property('likes every node more than before but those that it should keep off', (before, after, list) => {
    const disliked = list.filter((each) => each.affinity === 'Preferred').map(({ node }) => node);
    for (const node of nodes) {
      const gain = score(after.spec, node) - score(before.spec, node);
      const wishes = disliked.filter((name) => name !== node.name).length;
      // A wish that the user had already is not made again.
      assert(gain <= 100 * wishes && gain % 100 === 0, `${node.name} gains ${gain}`);
    }
  });

  property('keeps all that was in it, and is the same when it comes again', (before, after, list) => {
    assertOnlyAdds(structuredClone(createJsonPatch(before, after)) as Parameters<typeof assertOnlyAdds>[0], before);
    assertUserKept(before, after);
    assert.equal(keepOff(after, list).spec, after.spec);
  });
});
