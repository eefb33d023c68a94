import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { decide } from '../../src/controllers/hardware/decide.ts';
import { nodeRecordOf } from '../../src/controllers/hardware/node-record.ts';
import { recordOf } from '../../src/controllers/hardware/record.ts';
import { readControllerSettings } from '../../src/config/controller.ts';
import { podStatus } from './fleet-objects.ts';
import { median } from './measure.ts';

/** What it costs to decide about just these Pods and nodes in the moment in which a tenth fails. */
export function timeDecide(pods: readonly V1Pod[], all: readonly V1Node[], sick: ReadonlySet<string>): string {
  const read = readControllerSettings(['--hardware=move', '--hardware-minimum-age-seconds=0'], {});
  if ('problems' in read || !read.values.hardware) throw new Error('no settings');
  const { hardware } = read.values;
  const prefix = 'health.example.com/';
  const situation = {
    pods: pods.map((pod) => {
      const isSick = sick.has(pod.spec?.nodeName ?? '');
      const now = { ...pod, status: { ...pod.status, ...podStatus(pod, !isSick).status } } as unknown as V1Pod;
      return recordOf(now, prefix, undefined, Date.now());
    }),
    nodes: all.map((node) => nodeRecordOf(node, prefix)),
    quarantines: [],
    releasedByHand: new Map(),
    backOff: new Map(),
    passing: new Map(),
    letBack: new Map(),
    underWay: new Set<string>(),
    volumes: new Map(),
  };
  const nowMs = Date.now() + 60_000;
  let moves = 0;
  const times = Array.from({ length: 21 }, () => {
    const startMs = performance.now();
    moves = decide(situation, hardware, nowMs).filter(({ kind }) => kind === 'move').length;
    return performance.now() - startMs;
  });
  return `decide() over ${pods.length} Pods on ${all.length} nodes: first ${times[0]?.toFixed(1)} ms, median ${median(times).toFixed(1)} ms, most ${Math.max(...times).toFixed(1)} ms, ${moves} moves`;
}
