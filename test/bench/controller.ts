import { decide } from '../../src/controllers/hardware/decide.ts';
import type { Snapshot } from '../../src/controllers/hardware/snapshot.ts';
import type { HardwareNode } from '../../src/controllers/hardware/nodes.ts';
import { toObservedPod, trackPod } from '../../src/controllers/hardware/pod.ts';
import { failsNow, nowMs, ownedBy, settings } from '../controllers/hardware/support/snapshot.ts';
import { median } from './measure.ts';
import { type Report, addRow } from './report.ts';

const prefix = 'health.example.com/';
const rounds = 21;

/** Measures what it costs to decide about all hardware Pods at once, a tenth of whose nodes fail in the same moment. */
export function benchController(report: Report): string[] {
  const lines = [1_000, 10_000, 50_000].map((count) => {
    const snapshot = snapshotOf(count, count / 20);
    decide(snapshot, settings, nowMs);
    let moves = 0;
    const times = Array.from({ length: rounds }, () => {
      const startMs = performance.now();
      moves = decide(snapshot, settings, nowMs).filter(({ kind }) => kind === 'move').length;
      return performance.now() - startMs;
    });
    const worst = Math.max(...times);
    addRow(report, 'Controller, a decision about all Pods with the pattern hardware', {
      Pods: `${count}`,
      nodes: `${count / 20}`,
      median: `${median(times).toFixed(1)} ms`,
      worst: `${worst.toFixed(1)} ms`,
      moves: `${moves}`,
    });
    return (
      `  ${String(count).padStart(6)} Pods on ${String(count / 20).padStart(4)} nodes: ${median(times).toFixed(1)} ms, ` +
      `at most ${worst.toFixed(1)} ms, ${moves} moves`
    );
  });
  return [`decisions about hardware, a tenth of the nodes fails, median of ${rounds}`, ...lines];
}

function snapshotOf(pods: number, nodes: number): Snapshot {
  const names = Array.from({ length: nodes }, (_, index) => `node-${index}`);
  const records = names.map((name): HardwareNode => ({
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
  }));
  const all = Array.from({ length: pods }, (_, index) => {
    const pod = JSON.parse(JSON.stringify(podOf(index, names[index % nodes] ?? '', index % nodes < nodes / 10)));
    return trackPod(toObservedPod(pod, prefix), undefined, nowMs);
  });
  return {
    pods: all,
    quarantines: [],
    nodes: records,
    manualReleases: new Map(),
    retries: new Map(),
    readings: new Map(all.flatMap(({ uid, failing }) => (failing ? [[uid, failsNow] as const] : []))),
    softened: new Map(),
    inFlight: new Set(),
    owners: new Map(all.map((pod) => [pod.uid, ownedBy(pod)])),
    volumes: new Map(),
    ready: new Map(),
    reported: new Map(),
  };
}

const podOf = (index: number, nodeName: string, isSick: boolean) => ({
  metadata: {
    uid: `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`,
    name: `train-${index}-x2b7k`,
    namespace: `team-${index % 40}`,
    creationTimestamp: '2030-01-01T10:00:00Z',
    labels: { [`${prefix}hardware`]: 'move' },
    ownerReferences: [
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: `train-${index % 5_000}`,
        uid: `job-${index % 5_000}`,
        controller: true,
      },
    ],
  },
  spec: {
    nodeName,
    containers: [{ name: 'app' }],
    initContainers: [{ name: 'health-probe-hardware', ports: [{ containerPort: 9_441 }] }],
  },
  status: {
    podIP: '198.51.100.7',
    conditions: [
      { type: 'ContainersReady', status: isSick ? 'False' : 'True', lastTransitionTime: '2030-01-01T11:59:00Z' },
    ],
    initContainerStatuses: [
      {
        name: 'health-probe-hardware',
        ready: !isSick,
        started: true,
        state: { running: { startedAt: '2030-01-01T10:00:05Z' } },
      },
    ],
  },
});
