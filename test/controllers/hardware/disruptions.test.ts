import assert from 'node:assert/strict';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import { disruptionOf, trackDisruption } from '../../../src/controllers/hardware/disruptions.ts';
import { node, nodes, nowMs, pod, quarantine, settings, snapshot } from './support/snapshot.ts';

const minute = 60_000;
const taint = (key: string, effect = 'NoSchedule'): object => ({ spec: { taints: [{ key, effect }] } });

describe('the signs by which others take Pods off a node', () => {
  const signs: Readonly<Record<string, readonly [object, string | undefined]>> = {
    'the taint of Karpenter': [taint('karpenter.sh/disrupted'), 'it has the taint karpenter.sh/disrupted of Karpenter'],
    'the taint of Cluster Autoscaler': [
      taint('ToBeDeletedByClusterAutoscaler'),
      'it has the taint ToBeDeletedByClusterAutoscaler of Cluster Autoscaler',
    ],
    'the taint of medik8s': [
      taint('medik8s.io/remediation', 'NoExecute'),
      'it has the taint medik8s.io/remediation of Node Health Check of medik8s',
    ],
    'the state of NVSentinel': [
      { metadata: { labels: { 'dgxc.nvidia.com/nvsentinel-state': 'draining' } } },
      'it has the label dgxc.nvidia.com/nvsentinel-state of NVSentinel',
    ],
    'a drain of KEP-5683': [
      { status: { conditions: [{ type: 'DrainInProgress', status: 'True' }] } },
      'it has the condition DrainInProgress of the node lifecycle of Kubernetes (KEP-5683)',
    ],
    'a node that is cordoned': [{ spec: { unschedulable: true } }, 'it is cordoned'],
    'a node that is being deleted': [{ metadata: { deletionTimestamp: new Date() } }, 'it is being deleted'],
    'no node that may be next only': [taint('ToBeDeletedByClusterAutoscaler', 'PreferNoSchedule'), undefined],
    'no drain that is over': [{ status: { conditions: [{ type: 'DrainInProgress', status: 'False' }] } }, undefined],
    'no taint of a GPU': [taint('nvidia.com/gpu'), undefined],
  };
  for (const [what, [object, sign]] of Object.entries(signs)) {
    it(`are ${what}`, () => assert.equal(disruptionOf(object as any), sign));
  }

  it('count from the first of them, and anew once the node had none', () => {
    const cordoned = trackDisruption('it is cordoned', undefined, nowMs);
    const tainted = trackDisruption('it has a taint', cordoned, nowMs + minute);
    assert.deepEqual(tainted, { sign: 'it has a taint', sinceMs: nowMs });
    assert.equal(trackDisruption(undefined, tainted, nowMs + minute), undefined);
  });
});

const decisionsOn = (sinceMs: number, quarantines = [] as ReturnType<typeof quarantine>[]) => {
  const disrupted = node('node-0', { isSchedulable: false, disruption: { sign: 'it is cordoned', sinceMs } });
  const world = snapshot({ pods: [pod('a', 'node-0')], nodes: [disrupted, ...nodes(10).slice(1)], quarantines });
  return decide(world, settings, nowMs).map((decision) => [
    decision.kind,
    decision.reason,
    decision.kind === 'hold' ? decision.detail : undefined,
    decision.kind === 'hold' ? decision.untilMs : undefined,
  ]);
};

describe('a Pod whose hardware fails on a node that others take Pods off', () => {
  const left = ['hold', 'node-disrupted', 'it is cordoned', nowMs + 9 * minute];

  it('is left to them for ten minutes', () => assert.deepEqual(decisionsOn(nowMs - minute), [left]));

  it('is left to them also where its move was begun', () => {
    const begun = quarantine('node-0', { owners: ['a-owner'], moves: ['a'] });
    assert.deepEqual(decisionsOn(nowMs - minute, [begun]), [left]);
  });

  it('is moved when it is there for longer: who has cordoned the node drains it no more', () => {
    assert.deepEqual(decisionsOn(nowMs - 10 * minute), [['move', 'failed', undefined, undefined]]);
  });
});
