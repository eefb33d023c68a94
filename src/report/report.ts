import type { CertificateFact, Coverage, ReportFacts, PolicyFact, WorkloadFact } from './facts.ts';

/** How many workloads have whose probes. */
type CoverageCount = Readonly<Record<Coverage, number>> & {
  readonly workloads: number;
  /** Those without probes for which `auto` finds a check. */
  readonly couldBeChecked: number;
};

/** The sums over some workloads. */
type Sums = CoverageCount & {
  readonly pods: number;
  readonly ready: number;
  readonly injected: number;
  readonly missed: number;
  readonly restarts: number;
  /** What the Pods cost that carry a check of ours; of manifests, one Pod of each. */
  readonly cost: TotalCost;
};

export type TotalCost = {
  readonly cpuSecondsPerHour: number;
  readonly execsPerMinute: number;
  readonly cpuMillis: number;
  readonly memoryMebibytes: number;
};

export type NamespaceRow = Sums & { readonly name: string; readonly inject: string | undefined };

/** Why workloads were left, the commonest first. */
type ReasonRow = {
  readonly reason: string;
  readonly sentence: string;
  readonly count: number;
  readonly examples: readonly string[];
};

/** How many workloads a pattern checks, or would. */
type PatternRow = { readonly pattern: string; readonly has: number; readonly could: number };

/** Something that happened at a time, the newest first. */
export type TimelineRow = {
  readonly at: string;
  /** When it ends, of a quarantine. */
  readonly until: string | undefined;
  readonly kind: 'quarantine' | 'move' | 'event';
  readonly what: string;
  readonly message: string;
};

type CertificateRow = CertificateFact & { readonly daysLeft: number };

/** All that a report says; the renderers decide nothing. */
export type Report = {
  readonly takenAt: string;
  readonly subject: string;
  readonly isLive: boolean;
  readonly kubernetes: string | undefined;
  readonly totals: Sums & { readonly namespaces: number };
  readonly namespaces: readonly NamespaceRow[];
  readonly patterns: readonly PatternRow[];
  readonly reasons: readonly ReasonRow[];
  readonly workloads: readonly WorkloadFact[];
  readonly policies: readonly PolicyFact[];
  readonly timeline: readonly TimelineRow[];
  /** How many more rows the time line would have. */
  readonly timelineOmitted: number;
  readonly certificates: readonly CertificateRow[];
  readonly unseen: readonly string[];
};

const mostTimelineRows = 200;
const mostExamples = 3;
const dayMs = 86_400_000;

/** Results with which a workload has, or would have, a check of ours. */
const carrying: ReadonlySet<string> = new Set(['injected', 'already-injected']);

/** A report of facts: it sums, sorts and compares, and knows nothing of injection. */
export function createReport(facts: ReportFacts): Report {
  const { takenAt, subject, isLive, kubernetes, workloads, policies, unseen } = facts;
  const sorted = inOrder(workloads);
  const byNamespace = Map.groupBy(sorted, ({ namespace }) => namespace);
  const injectOf = new Map(facts.namespaces.map(({ name, inject }) => [name, inject]));
  const namespaces = [...byNamespace]
    .map(([name, own]) => Object.assign({ name, inject: injectOf.get(name) }, sumsOf(own, isLive)))
    .toSorted((a, b) => compare(a.name, b.name));
  const timeline = timelineOf(facts);
  return {
    takenAt,
    subject,
    isLive,
    kubernetes,
    totals: { namespaces: namespaces.length, ...sumsOf(sorted, isLive) },
    namespaces,
    patterns: patternsOf(sorted),
    reasons: reasonsOf(sorted),
    workloads: sorted,
    policies: policies.toSorted((a, b) => b.priority - a.priority || compare(a.name, b.name)),
    timeline: timeline.slice(0, mostTimelineRows),
    timelineOmitted: Math.max(0, timeline.length - mostTimelineRows),
    certificates: facts.certificates
      .map((each) => ({ ...each, daysLeft: Math.floor((Date.parse(each.notAfter) - Date.parse(takenAt)) / dayMs) }))
      .toSorted((a, b) => a.daysLeft - b.daysLeft),
    unseen,
  };
}

/** What a workload is called, such as `shop/Deployment/redis`. */
export const workloadTitle = ({ namespace, kind, name }: Pick<WorkloadFact, 'namespace' | 'kind' | 'name'>): string =>
  `${namespace === '' ? '' : `${namespace}/`}${kind}/${name}`;

/** Workloads by namespace, kind and name. */
export const inOrder = (workloads: readonly WorkloadFact[]): readonly WorkloadFact[] =>
  workloads.toSorted((a, b) => compare(a.namespace, b.namespace) || compare(a.kind, b.kind) || compare(a.name, b.name));

/** Not by locale: a report is the same everywhere. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sumsOf(workloads: readonly WorkloadFact[], isLive: boolean): Sums {
  const sum = (of: (workload: WorkloadFact) => number): number =>
    workloads.reduce((total, workload) => total + of(workload), 0);
  const count = (coverage: Coverage): number => sum((workload) => Number(workload.coverage === coverage));
  const carriers = ({ pods, cost }: WorkloadFact): number => (cost === undefined ? 0 : isLive ? pods.injected : 1);
  const costOf = (of: (cost: NonNullable<WorkloadFact['cost']>) => number): number =>
    sum((workload) => (workload.cost ? of(workload.cost) * carriers(workload) : 0));
  return {
    workloads: workloads.length,
    ours: count('ours'),
    own: count('own'),
    none: count('none'),
    couldBeChecked: sum(({ auto }) => Number((auto?.checks.length ?? 0) > 0)),
    pods: sum(({ pods }) => pods.total),
    ready: sum(({ pods }) => pods.ready),
    injected: sum(({ pods }) => pods.injected),
    missed: sum(({ pods }) => pods.missed),
    restarts: sum(({ pods }) => pods.restarts),
    cost: {
      cpuSecondsPerHour: costOf(({ cpuMsPerHour }) => cpuMsPerHour) / 1_000,
      execsPerMinute: costOf(({ execsPerMinute }) => execsPerMinute),
      cpuMillis: costOf(({ cpuMillis }) => cpuMillis),
      memoryMebibytes: costOf(({ memoryMebibytes }) => memoryMebibytes),
    },
  };
}

function patternsOf(workloads: readonly WorkloadFact[]): PatternRow[] {
  const rows = new Map<string, { has: number; could: number }>();
  const count = (checks: WorkloadFact['checks'], what: 'has' | 'could'): void => {
    for (const pattern of new Set(checks.map((each) => each.pattern))) {
      const row = rows.get(pattern) ?? { has: 0, could: 0 };
      rows.set(pattern, { ...row, [what]: row[what] + 1 });
    }
  };
  for (const { checks, auto, coverage } of workloads) {
    if (coverage === 'ours') count(checks, 'has');
    if (auto) count(auto.checks, 'could');
  }
  return [...rows]
    .map(([pattern, { has, could }]) => ({ pattern, has, could }))
    .toSorted((a, b) => compare(a.pattern, b.pattern));
}

function reasonsOf(workloads: readonly WorkloadFact[]): ReasonRow[] {
  const left = workloads.filter(({ result }) => !carrying.has(result));
  return [...Map.groupBy(left, ({ result }) => result)]
    .map(([reason, those]) => ({
      reason,
      sentence: those[0]?.sentence ?? '',
      count: those.length,
      examples: those.slice(0, mostExamples).map(workloadTitle),
    }))
    .toSorted((a, b) => b.count - a.count || compare(a.reason, b.reason));
}

function timelineOf({ quarantines, events }: ReportFacts): TimelineRow[] {
  const rows = [
    ...quarantines.flatMap(({ node, owner, check, message, since, until, moves }): TimelineRow[] => [
      { at: since, until, kind: 'quarantine', what: `${owner} is kept off ${node}`, message: `${check}: ${message}` },
      ...moves.map(({ pod, at }): TimelineRow => ({
        at,
        until: undefined,
        kind: 'move',
        what: `Pod ${pod} was moved off ${node}`,
        message: `${check}: ${message}`,
      })),
    ]),
    ...events.map(({ at, reason, object, message }): TimelineRow => ({
      at,
      until: undefined,
      kind: 'event',
      what: `${reason} of ${object}`,
      message,
    })),
  ];
  const known = rows.filter(({ at }) => !Number.isNaN(Date.parse(at)));
  return known.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
