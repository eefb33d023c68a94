import assert from 'node:assert/strict';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import { node, nowMs, pod, quarantine, settings, snapshot } from './support/snapshot.ts';

describe('the brake of each pool of nodes', () => {
  it('lets a tenth of each be quarantined, whatever happens in the others', () => {
    const decisions = decide(
      snapshot({
        pods: ['node-0', 'node-1', 'node-10', 'node-11'].map((name, index) => pod(`pod-${index}`, name)),
        nodes: Array.from({ length: 20 }, (_, index) => node(`node-${index}`, { pool: index < 10 ? 'gpu' : 'cpu' })),
      }),
      settings,
      nowMs,
    );
    const moved = decisions.flatMap((each) => (each.kind === 'move' ? [each.pod.node] : []));
    assert.deepEqual(moved.toSorted(), ['node-0', 'node-10']);
    const details = decisions.flatMap((each) => (each.kind === 'hold' ? [each.detail ?? ''] : []));
    assert.match(details.join(' '), /1 of 1 nodes of pool gpu \(10% of 10, at least one\)/);
    assert.match(details.join(' '), /1 of 1 nodes of pool cpu \(10% of 10, at least one\)/);
  });

  it('counts a quarantined node that is gone for each of them: a sick pool may replace its nodes', () => {
    const decisions = decide(
      snapshot({
        pods: [pod('pod-0', 'node-0'), pod('pod-1', 'node-10')],
        nodes: Array.from({ length: 20 }, (_, index) => node(`node-${index}`, { pool: index < 10 ? 'gpu' : 'cpu' })),
        quarantines: [quarantine('gone')],
      }),
      settings,
      nowMs,
    );
    assert(!decisions.some(({ kind }) => kind === 'move'));
  });
});
