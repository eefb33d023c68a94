import assert from 'node:assert/strict';
import { addNodeExclusions, removeNodeExclusions } from '../../src/quarantine/node-exclusion.ts';

const containers = [{ name: 'app' }];
const zone = { key: 'zone', operator: 'In', values: ['a'] };
const kept = (affinity: 'Required' | 'Preferred') => ({ node: 'node-a', affinity, untilMs: 0 });

describe('what kept a Pod off a node', () => {
  for (const affinity of ['Required', 'Preferred'] as const) {
    it(`is taken out again, and nothing else (${affinity})`, () => {
      for (const spec of [
        { containers },
        { containers, affinity: { podAffinity: {} } },
        {
          containers,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [zone] },
                  { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['node-b'] }] },
                ],
              },
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 1, preference: { matchExpressions: [zone] } },
              ],
            },
          },
        },
      ]) {
        const off = addNodeExclusions(spec, [kept(affinity)]);
        assert.notDeepEqual(off, spec);
        assert.deepEqual(removeNodeExclusions(off, ['node-a']), spec);
        assert.deepEqual(removeNodeExclusions(spec, ['node-a']), spec);
      }
    });
  }
});
