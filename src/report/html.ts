import { hash } from 'node:crypto';
import { coverageChart, costChart, reasonChart, timelineChart } from './charts.ts';
import type { WorkloadFact } from './facts.ts';
import { type Markup, fragment, raw } from './markup.ts';
import type { Report } from './report.ts';
import { style } from './style.ts';
import { amount, checkWords, costWords, coverageWords, dateWords, outcomeWords, percent, summary } from './words.ts';

/** Nothing is loaded and nothing runs: the one style sheet is known by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'`;

/** A report as one file of HTML, which needs no network and no script. */
export function renderHtml(report: Report): string {
  const title = `Health checks: ${report.subject}`;
  const sections = sectionsOf(report);
  const page = fragment`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>${raw(style)}</style>
      </head>
      <body>
        <div class="page">
          <header>
            <h1>${title}</h1>
            <p class="soft">
              ${dateWords(report.takenAt)}${report.kubernetes === undefined ? '' : `, Kubernetes ${report.kubernetes}`}
            </p>
          </header>
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, heading }) => fragment`<li><a href="#${id}">${heading}</a></li>`)}
            </ul>
          </nav>
          <main>
            ${summary(report).map((sentence) => fragment`<p>${sentence}</p>`)} ${tiles(report)}
            ${sections.map(
              ({ id, heading, content }) =>
                fragment`<section aria-labelledby="${id}">
                  <h2 id="${id}">${heading}</h2>
                  ${content}
                </section> `,
            )}
          </main>
        </div>
      </body>
    </html> `;
  return page.markup;
}

type Section = { readonly id: string; readonly heading: string; readonly content: readonly (Markup | undefined)[] };

/** What a report has to say; a section of which there is nothing says so, or is left out where manifests have none. */
function sectionsOf(report: Report): Section[] {
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

function tiles({ totals, isLive, certificates: authorities }: Report): Markup {
  const { workloads: all, ours, own, none, missed, pods, ready, couldBeChecked: could } = totals;
  const first = authorities[0];
  const entries = [
    { value: amount(all), text: 'workloads' },
    { value: percent(ours, all), text: coverageWords.ours },
    { value: percent(own, all), text: coverageWords.own },
    { value: percent(none, all), text: coverageWords.none },
    { value: amount(could), text: 'could be checked by auto' },
    ...(isLive
      ? [
          { value: `${amount(ready)}/${amount(pods)}`, text: 'Pods Ready' },
          { value: amount(missed), text: 'Pods lack their check', isBad: missed > 0 },
        ]
      : []),
    ...(first
      ? [{ value: amount(first.daysLeft), text: 'days to the end of a certificate', isBad: first.daysLeft < 14 }]
      : []),
  ];
  return fragment`<ul class="tiles">
    ${entries.map(({ value, text, ...more }) => fragment`<li${'isBad' in more && more.isBad ? raw(' class="bad"') : ''}><b>${value}</b><span>${text}</span></li>`)}
  </ul>`;
}

type Cell = { readonly text: string | Markup; readonly kind?: 'number' | 'number bad' | 'time' };

const number = (value: number | undefined): Cell => ({
  text: value === undefined ? '–' : amount(value),
  kind: 'number',
});
const time = (iso: string): Cell => ({ text: dateWords(iso), kind: 'time' });
const text = (value: string | Markup): Cell => ({ text: value });

/** A number of which any is too many. */
const fault = (value: number): Cell => ({ text: amount(value), kind: value > 0 ? 'number bad' : 'number' });

const classOf = (cell: Cell | undefined): Markup | undefined => cell?.kind && raw(` class="${cell.kind}"`);

/** A table with a caption for those who do not see it; its first column heads the rows. */
function table(name: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  const kindOf = (index: number): Markup | undefined =>
    rows[0]?.[index]?.kind?.startsWith('number') ? raw(' class="number"') : undefined;
  const row = ([first, ...rest]: readonly Cell[]): Markup =>
    fragment`<tr>
      <th scope="row"${classOf(first)}>${first?.text ?? ''}</th>
      ${rest.map((cell) => fragment`<td${classOf(cell)}>${cell.text}</td>`)}
    </tr> `;
  return fragment`<div class="scroll" role="region" aria-label="Table: ${name}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map((column, index) => fragment`<th scope="col" ${kindOf(index)}>${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
  </div> `;
}

const sentence = (words: string): Markup => fragment`<p class="soft">${words}</p>`;

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
          text(row.name || '(no namespace)'),
          [row.workloads, row.ours, row.own, row.none, row.couldBeChecked].map(number),
          live([number(row.pods), number(row.ready), fault(row.missed), number(row.restarts)]),
          text(row.inject ?? '–'),
        ].flat(),
      ),
    ),
    fragment`<h3>By pattern</h3>`,
    patterns.length === 0
      ? sentence('No workload has a check of ours, and auto finds none.')
      : table(
          'Workloads by pattern',
          ['Pattern', 'Workloads', 'Could be, by auto'],
          patterns.map(({ pattern, has, could }) => [text(pattern), number(has), number(could)]),
        ),
  ];
}

const nameOf = ({ kind, name }: WorkloadFact): string => `${kind}/${name}`;

function couldBeChecked({ workloads: all }: Report): Markup[] {
  const rows = all.filter(({ auto }) => (auto?.checks.length ?? 0) > 0);
  if (rows.length === 0) return [sentence('The pattern auto finds no check for a workload that has no probes.')];
  return [
    sentence('These workloads have no probes. With health.example.com/pattern: auto, or a policy, they would get:'),
    table(
      'What auto finds',
      ['Workload', 'Namespace', 'Check'],
      rows.map((each) => [
        text(nameOf(each)),
        text(each.namespace),
        text((each.auto?.checks ?? []).map(checkWords).join('; ')),
      ]),
    ),
  ];
}

function reasons(report: Report): Markup[] {
  if (report.reasons.length === 0) return [sentence('No workload was left.')];
  return [
    reasonChart(report),
    table(
      'Reasons',
      ['Reason', 'Workloads', 'In words', 'Such as'],
      report.reasons.map(({ reason, count, sentence: words, examples }) => [
        text(reason),
        number(count),
        text(words),
        text(examples.join(', ')),
      ]),
    ),
  ];
}

function policies({ policies: all, workloads: rows }: Report): Markup[] {
  if (all.length === 0) return [sentence('There is no HealthPolicy.')];
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
        text(each.name),
        text(each.mode),
        number(each.priority),
        text(each.asks),
        number(askedBy(each.name)),
        ...[each.matched, each.injected, each.missed, each.unproven].map(number),
        text(each.problems.join(' ') || '–'),
      ]),
    ),
  ];
}

function timeline(report: Report): (Markup | undefined)[] {
  const { timeline: rows, timelineOmitted } = report;
  if (rows.length === 0) return [sentence('No Pod was moved, and no node is quarantined.')];
  return [
    timelineChart(report),
    table(
      'Time line',
      ['When', 'What', 'Until', 'In words'],
      rows.map(({ at, what, until, message }) => [
        time(at),
        text(what),
        until === undefined ? text('') : time(until),
        text(message),
      ]),
    ),
    timelineOmitted > 0 ? sentence(`${amount(timelineOmitted)} earlier ones are left out.`) : undefined,
  ];
}

function certificates({ certificates: all }: Report): Markup[] {
  if (all.length === 0) return [sentence('No certificate of an installation could be seen.')];
  return [
    table(
      'Certificates',
      ['Certificate', 'From', 'Until', 'Days left'],
      all.map(({ name, notBefore, notAfter, daysLeft }) => [
        text(name),
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
    sentence(`This is ${about}; startup probes are over once a Pod has started, and are not counted.`),
    costChart(report),
    rows.length === 0
      ? undefined
      : table(
          'Cost by namespace',
          ['Namespace', 'CPU requested (m)', 'Memory requested (MiB)', 'Programs a minute', 'Node CPU (s an hour)'],
          rows.map(({ name, cost: each }) => [
            text(name || '(no namespace)'),
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
        text(nameOf(each)),
        text(
          fragment`<span class="mark mark-${each.coverage}"
            >${{ ours: 'ours', own: 'own', none: 'none' }[each.coverage]}</span
          >`,
        ),
        text(outcomeWords(each)),
        text(each.by ?? '–'),
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
