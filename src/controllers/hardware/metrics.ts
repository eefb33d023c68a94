import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { initCounterSeries } from '../../config/counter-series.ts';
import { type Eviction, evictionResults } from '../../kube/eviction.ts';
import type { Decision } from './decision.ts';
import type { SensorReading } from './reading.ts';
import { reasons, reasonsOf } from './reasons.ts';

/** The kinds of reasons, which are the kinds of decisions but for the commands: a Pod about which a fact is missing stays. */
const kinds = ['move', 'hold', 'refuse', 'soften', 'withdraw', 'notice', 'release'] as const;

/** What a quarantine is written for. */
const quarantineActs = ['move', 'soften', 'release'] as const;

/** The metrics of moves; no label grows with what users write. */
export function createHardwareMetrics(registry: Registry) {
  const decisions = new Counter({
    name: 'health_injector_hardware_decisions_total',
    help: 'Decisions about Pods whose hardware fails and about their nodes, counted when they change.',
    labelNames: ['kind', 'reason'],
    registers: [registry],
  });
  const moves = new Counter({
    name: 'health_injector_hardware_evictions_total',
    help: 'Evictions of Pods whose hardware fails: evicted, gone, refused by a PodDisruptionBudget, or failed.',
    labelNames: ['result'],
    registers: [registry],
  });
  const quarantined = new Gauge({
    name: 'health_injector_quarantined_nodes',
    help: 'Nodes that are kept from Pods whose hardware check failed there.',
    registers: [registry],
  });
  const pods = new Gauge({
    name: 'health_injector_hardware_pods',
    help: 'Pods with a hardware check, and those of them that fail.',
    labelNames: ['state'],
    registers: [registry],
  });
  const held = new Gauge({
    name: 'health_injector_hardware_held_pods',
    help: 'Pods whose hardware fails and that stay where they are for now, by what holds them.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'health_injector_hardware_move_seconds',
    help: 'From a Pod being seen not ready until its eviction was accepted.',
    buckets: [0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'health_injector_hardware_failures_total',
    help: 'Failures of hardware that an Event has reported, by the check that failed and by who named the device.',
    labelNames: ['check', 'reported_by'],
    registers: [registry],
  });
  const unacknowledged = new Counter({
    name: 'health_injector_unacknowledged_quarantines_total',
    help: 'Quarantines that a replica of the webhook had not seen before the Pods were evicted.',
    registers: [registry],
  });
  const unwritten = new Counter({
    name: 'health_injector_quarantine_write_failures_total',
    help: 'Writes of NodeQuarantines that failed or got no answer, by what they were for.',
    labelNames: ['act'],
    registers: [registry],
  });
  initCounterSeries(unwritten, 'act', quarantineActs);
  for (const kind of kinds) initCounterSeries(decisions, 'reason', reasonsOf(kind), { kind });
  initCounterSeries(moves, 'result', evictionResults);
  const holding = (all: readonly Decision[]): void => {
    const counts = new Map(reasonsOf('hold').map((reason) => [reason, 0]));
    for (const { reason } of all)
      if (reasons[reason].kind === 'hold') counts.set(reason, (counts.get(reason) ?? 0) + 1);
    for (const [reason, count] of counts) held.set({ reason }, count);
  };
  holding([]);
  return {
    /** Shows how many Pods these decisions leave where they are, by reason. */
    holding,
    decided: ({ reason }: Decision): void => decisions.inc({ kind: reasons[reason].kind, reason }),
    failed: ({ check, device }: SensorReading): void =>
      failures.inc({ check: check.includes(',') ? 'several' : check, reported_by: device?.reportedBy ?? 'nobody' }),
    evicted({ result }: Eviction, notReadyMs: number): void {
      moves.inc({ result });
      if (result === 'evicted') seconds.observe(Math.max(0, notReadyMs) / 1_000);
    },
    unacknowledged: (): void => unacknowledged.inc(),
    unwritten: (act: (typeof quarantineActs)[number]): void => unwritten.inc({ act }),
    counted(all: number, failing: number, nodes: number): void {
      pods.set({ state: 'all' }, all);
      pods.set({ state: 'failing' }, failing);
      quarantined.set(nodes);
    },
  };
}

export type HardwareMetrics = ReturnType<typeof createHardwareMetrics>;
