import { coverageChart, costChart, reasonChart, timelineChart } from './charts.ts';
import type { WorkloadFact } from './facts.ts';
import { type Markup, fragment } from './markup.ts';
import type { Report } from './report.ts';
import { type Cell, fault, number, paragraph, table, textCell, time } from './table.ts';
import { amount, checkWords, costWords, outcomeWords } from './words.ts';

type Section = { readonly id: string; readonly heading: string; readonly content: readonly (Markup | undefined)[] };

/** What a report has to say; a section of which there is nothing says so, or is left out where manifests have none. */
export function sectionsOf(report: Report): Section[] {
  const { isLive, unseen } = report;
  return [
    { id: 'coverage', heading: 'Coverage', content: coverage(report) },
    { id: 'could', heading: 'What could be checked', content: couldBeChecked(report) },
    { id: 'left', heading: 'What was left, and why', content: reasons(report) },
    { id: 'policies', heading: 'Policies', content: policies(report) },
    ...(isLive
      ? [
          { id: 'timeline', heading: 'Moves and quarantines', content: timeline(report) },
          { id: 'certificates', heading: 'Certificates', content: certificates(report) },
        ]
      : []),
    { id: 'cost', heading: 'Cost', content: cost(report) },
    { id: 'workloads', heading: 'Workloads', content: workloads(report) },
    ...(unseen.length > 0
      ? [{ id: 'unseen', heading: 'What could not be seen', content: unseen.map((each) => fragment`<p>${each}</p>`) }]
      : []),
  ];
}

function coverage(report: Report): (Markup | undefined)[] {
  const { namespaces, patterns, isLive } = report;
  const live = (cells: readonly Cell[]): readonly Cell[] => (isLive ? cells : []);
  return [
    coverageChart(report),
    table(
      'Coverage by namespace',
      [
        'Namespace',
        'Workloads',
        'Ours',
        'Own',
        'None',
        'Could be',
        ...(isLive ? ['Pods', 'Ready', 'Lack it', 'Restarts'] : []),
        'Default',
      ],
      namespaces.map((row) =>
        [
          textCell(row.name || '(no namespace)'),
          [row.workloads, row.ours, row.own, row.none, row.couldBeChecked].map(number),
          live([number(row.pods), number(row.ready), fault(row.missed), number(row.restarts)]),
          textCell(row.inject ?? '–'),
        ].flat(),
      ),
    ),
    fragment`<h3>By pattern</h3>`,
    patterns.length === 0
      ? paragraph('No workload has a check of ours, and auto finds none.')
      : table(
          'Workloads by pattern',
          ['Pattern', 'Workloads', 'Could be, by auto'],
          patterns.map(({ pattern, has, could }) => [textCell(pattern), number(has), number(could)]),
        ),
  ];
}

const nameOf = ({ kind, name }: WorkloadFact): string => `${kind}/${name}`;

function couldBeChecked({ workloads: all }: Report): Markup[] {
  const rows = all.filter(({ auto }) => (auto?.checks.length ?? 0) > 0);
  if (rows.length === 0) return [paragraph('The pattern auto finds no check for a workload that has no probes.')];
  return [
    paragraph('These workloads have no probes. With health.example.com/pattern: auto, or a policy, they would get:'),
    table(
      'What auto finds',
      ['Workload', 'Namespace', 'Check'],
      rows.map((each) => [
        textCell(nameOf(each)),
        textCell(each.namespace),
        textCell((each.auto?.checks ?? []).map(checkWords).join('; ')),
      ]),
    ),
  ];
}

function reasons(report: Report): Markup[] {
  if (report.reasons.length === 0) return [paragraph('No workload was left.')];
  return [
    reasonChart(report),
    table(
      'Reasons',
      ['Reason', 'Workloads', 'In words', 'Such as'],
      report.reasons.map(({ reason, count, sentence: words, examples }) => [
        textCell(reason),
        number(count),
        textCell(words),
        textCell(examples.join(', ')),
      ]),
    ),
  ];
}

function policies({ policies: all, workloads: rows }: Report): Markup[] {
  if (all.length === 0) return [paragraph('There is no HealthPolicy.')];
  const askedBy = (name: string): number => rows.filter(({ by }) => by === `HealthPolicy ${name}`).length;
  return [
    table(
      'Policies',
      [
        'Policy',
        'Mode',
        'Priority',
        'Injects',
        'Workloads',
        'Pods matched',
        'Injected',
        'Missed',
        'Unproven',
        'Mistakes',
      ],
      all.map((each) => [
        textCell(each.name),
        textCell(each.mode),
        number(each.priority),
        textCell(each.asks),
        number(askedBy(each.name)),
        ...[each.matched, each.injected, each.missed, each.unproven].map(number),
        textCell(each.problems.join(' ') || '–'),
      ]),
    ),
  ];
}

function timeline(report: Report): (Markup | undefined)[] {
  const { timeline: rows, timelineOmitted } = report;
  if (rows.length === 0) return [paragraph('No Pod was moved, and no node is quarantined.')];
  return [
    timelineChart(report),
    table(
      'Time line',
      ['When', 'What', 'Until', 'In words'],
      rows.map(({ at, what, until, message }) => [
        time(at),
        textCell(what),
        until === undefined ? textCell('') : time(until),
        textCell(message),
      ]),
    ),
    timelineOmitted > 0 ? paragraph(`${amount(timelineOmitted)} earlier ones are left out.`) : undefined,
  ];
}

function certificates({ certificates: all }: Report): Markup[] {
  if (all.length === 0) return [paragraph('No certificate of an installation could be seen.')];
  return [
    table(
      'Certificates',
      ['Certificate', 'From', 'Until', 'Days left'],
      all.map(({ name, notBefore, notAfter, daysLeft }) => [
        textCell(name),
        time(notBefore),
        time(notAfter),
        number(daysLeft),
      ]),
    ),
  ];
}

function cost(report: Report): (Markup | undefined)[] {
  const rows = report.namespaces.filter(({ cost: each }) => each.cpuSecondsPerHour > 0);
  const about = report.isLive ? 'for all Pods that carry a check' : 'for one Pod of each workload';
  return [
    fragment`<p>${costWords(report.totals.cost)}</p>`,
    paragraph(`This is ${about}; startup probes are over once a Pod has started, and are not counted.`),
    costChart(report),
    rows.length === 0
      ? undefined
      : table(
          'Cost by namespace',
          ['Namespace', 'CPU requested (m)', 'Memory requested (MiB)', 'Programs a minute', 'Node CPU (s an hour)'],
          rows.map(({ name, cost: each }) => [
            textCell(name || '(no namespace)'),
            number(each.cpuMillis),
            number(each.memoryMebibytes),
            number(each.execsPerMinute),
            number(each.cpuSecondsPerHour),
          ]),
        ),
  ];
}

function workloads({ workloads: all, isLive }: Report): Markup[] {
  return [...Map.groupBy(all, ({ namespace }) => namespace)].flatMap(([namespace, rows]) => [
    fragment`<h3>${namespace || '(no namespace)'}</h3>`,
    table(
      `Workloads of ${namespace || 'no namespace'}`,
      [
        'Workload',
        'Probes',
        'What it gets, or why not',
        'Asked by',
        ...(isLive ? ['Ready', 'Lack it', 'Restarts'] : []),
      ],
      rows.map((each) => [
        textCell(nameOf(each)),
        textCell(
          fragment`<span class="mark mark-${each.coverage}"
            >${{ ours: 'ours', own: 'own', none: 'none' }[each.coverage]}</span
          >`,
        ),
        textCell(outcomeWords(each)),
        textCell(each.by ?? '–'),
        ...(isLive
          ? [
              { text: `${each.pods.ready}/${each.pods.total}`, kind: 'number' as const },
              fault(each.pods.missed),
              number(each.pods.restarts),
            ]
          : []),
      ]),
    ),
  ]);
}
