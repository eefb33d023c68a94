import { type Report, workloadTitle } from './report.ts';
import { amount, checkWords, costWords, dateWords, outcomeWords, summary } from './words.ts';

/** What begins a construct of Markdown or of HTML stands behind a backslash or as an entity, also in a cell of a table. */
const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll(/\s+/g, ' ');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

type Cell = string | number | undefined;

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const written = (cell: Cell): string =>
    typeof cell === 'string' ? escaped(cell) : cell === undefined ? '–' : amount(cell);
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(row.map(written))), ''];
}

const section = (heading: string, lines: readonly string[], none: string): string[] => [
  `## ${heading}`,
  '',
  ...(lines.length > 0 ? lines : [none, '']),
];
const ifAny = (rows: readonly unknown[], lines: () => readonly string[]): readonly string[] =>
  rows.length > 0 ? lines() : [];

/** A report as Markdown of GitHub, without the plots. */
export function renderMarkdown(report: Report): string {
  const { subject, takenAt, kubernetes, totals, namespaces, isLive, timeline, certificates, policies, unseen } = report;
  const found = report.workloads.filter(({ auto }) => (auto?.checks.length ?? 0) > 0);
  return [
    `# Health checks: ${escaped(subject)}`,
    '',
    `${dateWords(takenAt)}${kubernetes === undefined ? '' : `, Kubernetes ${escaped(kubernetes)}`}`,
    '',
    ...summary(report).flatMap((each) => [each, '']),
    ...section(
      'Coverage',
      table(
        [
          'namespace',
          'workloads',
          'ours',
          'own',
          'none',
          'could be',
          ...(isLive ? ['Pods', 'Ready', 'lack it', 'restarts'] : []),
          'default',
        ],
        namespaces.map((row) =>
          [
            [row.name, row.workloads, row.ours, row.own, row.none, row.couldBeChecked],
            isLive ? [row.pods, row.ready, row.missed, row.restarts] : [],
            row.inject,
          ].flat(),
        ),
      ),
      '',
    ),
    ...section(
      'What could be checked',
      ifAny(found, () =>
        table(
          ['workload', 'check that auto finds'],
          found.map((each) => [workloadTitle(each), (each.auto?.checks ?? []).map(checkWords).join('; ')]),
        ),
      ),
      'The pattern auto finds no check for a workload that has no probes.',
    ),
    ...section(
      'What was left, and why',
      ifAny(report.reasons, () =>
        table(
          ['reason', 'workloads', 'in words', 'such as'],
          report.reasons.map(({ reason, count, sentence, examples }) => [reason, count, sentence, examples.join(', ')]),
        ),
      ),
      'No workload was left.',
    ),
    ...section(
      'Policies',
      ifAny(policies, () =>
        table(
          ['policy', 'mode', 'priority', 'injects', 'Pods matched', 'injected', 'missed', 'unproven', 'mistakes'],
          policies.map((each) => [
            each.name,
            each.mode,
            each.priority,
            each.asks,
            each.matched,
            each.injected,
            each.missed,
            each.unproven,
            each.problems.join(' '),
          ]),
        ),
      ),
      'There is no HealthPolicy.',
    ),
    ...(isLive
      ? [
          ...section(
            'Moves and quarantines',
            ifAny(timeline, () =>
              table(
                ['when', 'what', 'until', 'in words'],
                timeline.map(({ at, what, until, message }) => [
                  dateWords(at),
                  what,
                  until === undefined ? '' : dateWords(until),
                  message,
                ]),
              ),
            ),
            'No Pod was moved, and no node is quarantined.',
          ),
          ...section(
            'Certificates',
            ifAny(certificates, () =>
              table(
                ['certificate', 'from', 'until', 'days left'],
                certificates.map(({ name, notBefore, notAfter, daysLeft }) => [
                  name,
                  dateWords(notBefore),
                  dateWords(notAfter),
                  daysLeft,
                ]),
              ),
            ),
            'No certificate of an installation could be seen.',
          ),
        ]
      : []),
    ...section('Cost', [costWords(totals.cost), ''], ''),
    ...section(
      'Workloads',
      table(
        [
          'workload',
          'probes',
          'what it gets, or why not',
          'asked by',
          ...(isLive ? ['Ready', 'lack it', 'restarts'] : []),
        ],
        report.workloads.map((each) => [
          workloadTitle(each),
          each.coverage,
          outcomeWords(each),
          each.by,
          ...(isLive ? [`${each.pods.ready}/${each.pods.total}`, each.pods.missed, each.pods.restarts] : []),
        ]),
      ),
      'There is no workload.',
    ),
    ...(unseen.length > 0
      ? section(
          'What could not be seen',
          unseen.flatMap((each) => [escaped(each), '']),
          '',
        )
      : []),
  ].join('\n');
}
