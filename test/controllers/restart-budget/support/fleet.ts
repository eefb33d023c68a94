import { holdInForce } from '../../../../src/hold/hold.ts';
import { holdVolume } from '../../../../src/hold/volume.ts';
import type { MemoryApiserver, Stored } from '../../../support/memory-apiserver.ts';

export const prefix = 'health.example.com/';
const podsPath = '/api/v1/pods';

/** How the Pods of one owner are made and probed. */
export type Fleet = {
  readonly namespace?: string;
  readonly deployment?: string;
  /** Of the ReplicaSet of the Deployment. */
  readonly revision?: number;
  /** What the Pods say of their owner, where it is not true. */
  readonly claimedUid?: string;
  readonly replicas: number;
  readonly periodMs?: number;
  readonly failureThreshold?: number;
  readonly hasReadiness?: boolean;
  /** As the webhook notes it: none where the budget is off. */
  readonly budget?: string;
};

/** A restart of a Pod, by the time of the world. */
export type Restart = { readonly pod: string; readonly atMs: number };

const graceMs = 1_000;
/** From the annotation to the file of the agent. */
const deliveryMs = 1_100;

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * The kubelet, as far as the liveness of one Deployment by the pattern cli goes: it asks each Pod every period at a phase of
 * its own, writes the Events, restarts what has failed often enough in a row, and shows the agent the annotation late.
 */
export function startFleet(apiserver: MemoryApiserver, dateMs: () => number, fleet: Fleet) {
  const { namespace = 'shop', deployment = 'web', replicas, periodMs = 10_000, failureThreshold = 3 } = fleet;
  const { hasReadiness = true, budget = '25%', revision = 1 } = fleet;
  const replicaSet = `${deployment}-${revision}`;
  const controlledBy = (kind: string, name: string, uid = `${namespace}-${name}`) => [
    { apiVersion: 'apps/v1', kind, name, uid, controller: true },
  ];
  apiserver.put('/apis/apps/v1/replicasets', {
    metadata: { name: replicaSet, namespace, ownerReferences: controlledBy('Deployment', deployment) } as any,
  });
  const added = ['web/livenessProbe', ...(hasReadiness ? ['web/readinessProbe'] : [])];
  const status = JSON.stringify({
    version: '0.1.0',
    patterns: ['cli'],
    containers: ['web'],
    added,
    ...(budget === 'off' ? {} : { restartBudget: budget }),
    kept: [],
    config: '',
  });
  const probe = { periodSeconds: periodMs / 1_000, timeoutSeconds: 1, failureThreshold };
  const bornMs = dateMs() - 3_600_000;
  const rows = Array.from({ length: replicas }, (_, index) => ({
    name: `${replicaSet}-${index}`,
    nextMs: dateMs() + (index * periodMs) / replicas,
    failures: 0,
    unready: 0,
    restartAtMs: Infinity,
    startedMs: bornMs,
    finishedMs: 0,
    restartCount: 0,
    isReady: true,
    readySinceMs: bornMs,
    events: 0,
    /** Texts of the annotation, and since when. */
    seen: [] as { readonly text: string; readonly atMs: number }[],
  }));
  type Row = (typeof rows)[number];
  const restarts: Restart[] = [];
  const broken = new Set<string>();

  const stored = (name: string): Stored | undefined => apiserver.collectionAt(podsPath).get(`${namespace}/${name}`);
  const publish = (row: Row): void => {
    const before = stored(row.name);
    const state = { running: { startedAt: time(row.startedMs) } };
    const lastState =
      row.finishedMs > 0 ? { terminated: { exitCode: 137, reason: 'Error', finishedAt: time(row.finishedMs) } } : {};
    apiserver.put(podsPath, {
      ...before,
      metadata:
        before?.metadata ??
        ({
          name: row.name,
          namespace,
          uid: `${namespace}-${row.name}`,
          creationTimestamp: time(bornMs),
          annotations: { [`${prefix}status`]: status },
          ownerReferences: controlledBy('ReplicaSet', replicaSet, fleet.claimedUid),
        } as any),
      spec: {
        terminationGracePeriodSeconds: graceMs / 1_000,
        containers: [
          {
            name: 'web',
            image: 'web:1',
            livenessProbe: { exec: { command: ['/opt/health-probe/health-probe'] }, ...probe },
            ...(hasReadiness
              ? { readinessProbe: { exec: { command: ['/opt/health-probe/health-probe'] }, ...probe } }
              : {}),
            volumeMounts: [{ name: 'health-probe-hold', mountPath: '/opt/health-probe-hold' }],
          },
        ],
        volumes: [holdVolume('health-probe-hold', prefix)],
      },
      status: {
        phase: 'Running',
        podIP: '127.0.0.1',
        conditions: [
          { type: 'Ready', status: row.isReady ? 'True' : 'False', lastTransitionTime: time(row.readySinceMs) },
        ],
        containerStatuses: [{ name: 'web', restartCount: row.restartCount, state, lastState }],
      },
    });
  };
  const isHeld = (row: Row): boolean => {
    const text = (stored(row.name)?.metadata as any)?.annotations?.[`${prefix}hold`] ?? '';
    const last = row.seen.at(-1);
    if (last?.text !== text) row.seen = [...row.seen.slice(-5), { text, atMs: dateMs() }];
    const shown = row.seen.findLast(({ atMs }) => dateMs() - atMs >= deliveryMs)?.text ?? '';
    return holdInForce({ [`${prefix}hold`]: shown }, prefix, dateMs()) !== undefined;
  };
  const fail = (row: Row): void => {
    row.failures += 1;
    row.events += 1;
    // client-go: 25 Events about one object at once, and then one in five minutes.
    if (row.events <= 25) {
      apiserver.put('/api/v1/events', {
        metadata: { name: `${row.name}.1`, namespace },
        involvedObject: {
          kind: 'Pod',
          namespace,
          name: row.name,
          uid: `${namespace}-${row.name}`,
          fieldPath: 'spec.containers{web}',
        },
        reason: 'Unhealthy',
        message: 'Liveness probe failed: failed: http',
        count: row.events,
        lastTimestamp: time(dateMs()),
      });
    }
    if (row.failures >= failureThreshold) row.restartAtMs = dateMs() + graceMs;
  };
  const ask = (row: Row): void => {
    row.nextMs += periodMs;
    const isBroken = broken.has(row.name);
    row.unready = isBroken ? row.unready + 1 : 0;
    // Readiness has the threshold of liveness, and is there again after one pass.
    const isReady = isBroken ? row.isReady && row.unready < failureThreshold : true;
    if (hasReadiness && row.isReady !== isReady) {
      row.isReady = isReady;
      row.readySinceMs = dateMs();
      publish(row);
    }
    if (isBroken && !isHeld(row)) fail(row);
    else row.failures = 0;
  };

  for (const row of rows) publish(row);
  return {
    restarts,
    names: rows.map(({ name }) => name),
    /** Breaks these Pods, and mends all others; a restart mends none. */
    break: (names: readonly string[]): void => {
      broken.clear();
      for (const name of names) broken.add(name);
    },
    annotationOf: (name: string): string | undefined => (stored(name)?.metadata as any)?.annotations?.[`${prefix}hold`],
    annotate: (name: string, values: Readonly<Record<string, string>>): void => {
      const before = stored(name) as any;
      const metadata = { ...before.metadata, annotations: { ...before.metadata.annotations, ...values } };
      apiserver.put(podsPath, { ...before, metadata });
    },
    step(): void {
      for (const row of rows) {
        isHeld(row);
        if (row.restartAtMs <= dateMs()) {
          Object.assign(row, {
            restartAtMs: Infinity,
            finishedMs: dateMs(),
            startedMs: dateMs(),
            failures: 0,
            restartCount: row.restartCount + 1,
            nextMs: dateMs() + periodMs,
          });
          restarts.push({ pod: row.name, atMs: dateMs() });
          publish(row);
        } else if (row.nextMs <= dateMs()) ask(row);
      }
    },
  };
}

export type SimulatedFleet = ReturnType<typeof startFleet>;
