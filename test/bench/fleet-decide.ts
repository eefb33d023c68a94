import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { decide } from '../../src/controllers/hardware/decide.ts';
import { toHardwareNode } from '../../src/controllers/hardware/nodes.ts';
import { toObservedPod, trackPod } from '../../src/controllers/hardware/pod.ts';
import { failsNow, ownedBy } from '../controllers/hardware/support/snapshot.ts';
import { readControllerSettings } from '../../src/config/controller.ts';
import { podStatus } from './fleet-objects.ts';
import { median } from './measure.ts';

/** What it costs to decide about just these Pods and nodes in the moment in which a tenth fails. */
export function timeDecide(pods: readonly V1Pod[], all: readonly V1Node[], sick: ReadonlySet<string>): string {
  const read = readControllerSettings(['--hardware=move', '--hardware-minimum-age-seconds=0'], {});
  if ('problems' in read || !read.values.hardware) throw new Error('no settings');
  const { hardware } = read.values;
  const prefix = 'health.example.com/';
  const hardwarePods = pods.map((pod) => {
    const isSick = sick.has(pod.spec?.nodeName ?? '');
    const now = { ...pod, status: { ...pod.status, ...podStatus(pod, !isSick).status } } as unknown as V1Pod;
    return trackPod(toObservedPod(now, prefix), undefined, Date.now());
  });
  const snapshot = {
    pods: hardwarePods,
    nodes: all.map((node) => Object.assign(toHardwareNode(node, prefix), { disruption: undefined })),
    quarantines: [],
    manualReleases: new Map(),
    retries: new Map(),
    readings: new Map(hardwarePods.flatMap(({ uid, failing }) => (failing ? [[uid, failsNow] as const] : []))),
    softened: new Map(),
    inFlight: new Set<string>(),
    owners: new Map(hardwarePods.map((pod) => [pod.uid, ownedBy(pod)])),
    volumes: new Map(),
    ready: new Map(),
    reported: new Map(),
  };
  const nowMs = Date.now() + 60_000;
  let moves = 0;
  const times = Array.from({ length: 21 }, () => {
    const startMs = performance.now();
    moves = decide(snapshot, hardware, nowMs).filter(({ kind }) => kind === 'move').length;
    return performance.now() - startMs;
  });
  return `decide() over ${pods.length} Pods on ${all.length} nodes: first ${times[0]?.toFixed(1)} ms, median ${median(times).toFixed(1)} ms, most ${Math.max(...times).toFixed(1)} ms, ${moves} moves`;
}
