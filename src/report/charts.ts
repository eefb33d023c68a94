import { type Markup, fragment } from './markup.ts';
import type { NamespaceRow, Report, TimelineRow } from './report.ts';
import { amount, coverageWords, coverages, dateWords } from './words.ts';

/** The width of a drawing, in its own units. */
const width = 720;
const labelWidth = 170;
const rowHeight = 26;
const barHeight = 18;

/** No drawing has more rows: the table beside it has all. */
const mostRows = 40;
const longestLabel = 24;

const label = (text: string): string => (text.length <= longestLabel ? text : `${text.slice(0, longestLabel - 1)}…`);

/** A drawing with what it shows in words; each is alone in its figure, so that its title has an id of its own. */
const drawing = (id: string, height: number, title: string, content: readonly Markup[]): Markup =>
  fragment`<svg role="img" aria-labelledby="${id}" viewBox="0 0 ${width} ${height}" class="plot">
    <title id="${id}">${title}</title>
    ${content}
  </svg>`;

const legend = (): Markup =>
  fragment`<ul class="legend">
    ${coverages.map(
      (name) =>
        fragment`<li>
          <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
            <rect class="${name}" width="12" height="12" rx="2" /></svg
          >${coverageWords[name]}
        </li>`,
    )}
  </ul>`;

type Segment = { readonly name: string; readonly value: number };

/** One bar of segments, each with its number where it has room. */
function stackedBar(segments: readonly Segment[], most: number, y: number): Markup[] {
  const room = width - labelWidth - 50;
  let x = labelWidth;
  return segments.flatMap(({ name, value }) => {
    if (value === 0) return [];
    const length = (room * value) / most;
    const at = x;
    x += length;
    const text = String(value);
    const hasRoom = length > 10 + 8 * text.length;
    return [
      fragment`<rect
        class="${name}"
        x="${at.toFixed(1)}"
        y="${y}"
        width="${Math.max(length - 1.5, 1).toFixed(1)}"
        height="${barHeight}"
        rx="2"
      />`,
      ...(hasRoom
        ? [
            fragment`<text class="on-${name}" x="${(at + length / 2).toFixed(1)}" y="${y + 13}" text-anchor="middle"
              >${text}</text
            >`,
          ]
        : []),
    ];
  });
}

/** Whose probes the workloads of each namespace have, those with the most unprobed first. */
export function coverageChart({ namespaces }: Report): Markup {
  const rows = namespaces.toSorted((a, b) => b.none - a.none || b.workloads - a.workloads).slice(0, mostRows);
  const most = Math.max(1, ...rows.map(({ workloads }) => workloads));
  const content = rows.flatMap((row, index) => {
    const y = index * rowHeight + 4;
    const segments = coverages.map((name) => ({ name, value: row[name] }));
    return [
      fragment`<text class="label" x="${labelWidth - 8}" y="${y + 13}" text-anchor="end"
        >${label(row.name || '(no namespace)')}</text
      >`,
      ...stackedBar(segments, most, y),
    ];
  });
  const title = `Workloads by namespace: ${coverages.map((name) => coverageWords[name]).join(', ')}`;
  return fragment`<figure>
    ${legend()}${drawing('plot-coverage', rows.length * rowHeight + 6, title, content)}${caption(namespaces.length)}
  </figure>`;
}

const caption = (rows: number): Markup | undefined =>
  rows > mostRows ? fragment`<figcaption>The first ${mostRows} of ${rows}; the table has all.</figcaption>` : undefined;

/** Bars of one kind, each with its number behind it. */
function barChart(id: string, title: string, rows: readonly { name: string; value: number; text: string }[]): Markup {
  const shown = rows.slice(0, mostRows);
  const most = Math.max(1e-9, ...shown.map(({ value }) => value));
  const content = shown.flatMap(({ name, value, text }, index) => {
    const y = index * rowHeight + 4;
    const length = ((width - labelWidth - 110) * value) / most;
    return [
      fragment`<text class="label" x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${label(name)}</text>`,
      fragment`<rect
        class="bar"
        x="${labelWidth}"
        y="${y}"
        width="${Math.max(length, 1).toFixed(1)}"
        height="${barHeight}"
        rx="2"
      />`,
      fragment`<text class="label" x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 13}">${text}</text>`,
    ];
  });
  return fragment`<figure>${drawing(id, shown.length * rowHeight + 6, title, content)}${caption(rows.length)}</figure>`;
}

/** How many workloads were left for which reason. */
export const reasonChart = ({ reasons }: Report): Markup =>
  barChart(
    'plot-reasons',
    'Workloads by the reason for which they were left',
    reasons.map(({ reason, count }) => ({ name: reason, value: count, text: amount(count) })),
  );

/** What the sidecars of each namespace reserve of the memory of nodes. */
export function costChart({ namespaces }: Report): Markup | undefined {
  const rows = namespaces
    .filter(({ cost }) => cost.memoryMebibytes > 0)
    .toSorted((a: NamespaceRow, b: NamespaceRow) => b.cost.memoryMebibytes - a.cost.memoryMebibytes);
  if (rows.length === 0) return undefined;
  return barChart(
    'plot-cost',
    'Memory that the sidecars of each namespace request',
    rows.map(({ name, cost }) => ({ name, value: cost.memoryMebibytes, text: `${amount(cost.memoryMebibytes)} MiB` })),
  );
}

const lanes = ['quarantine', 'move', 'event'] as const;
const laneWords = { quarantine: 'kept off a node', move: 'moved', event: 'other Events' } as const;
const laneHeight = 34;

/** Quarantines as spans, moves and Events as marks, over the time from the first to the end of the report. */
export function timelineChart({ timeline, takenAt }: Report): Markup | undefined {
  if (timeline.length === 0) return undefined;
  const endMs = Date.parse(takenAt);
  const firstMs = Math.min(endMs - 3_600_000, ...timeline.map(({ at }) => Date.parse(at)));
  const start = labelWidth + 6;
  const room = width - start - 10;
  const xOf = (iso: string): number =>
    start + (room * (Math.min(Date.parse(iso), endMs) - firstMs)) / (endMs - firstMs);
  const mark = ({ at, until, kind, what }: TimelineRow): Markup => {
    const y = lanes.indexOf(kind) * laneHeight + 17;
    const title = fragment`<title>${dateWords(at)}: ${what}</title>`;
    if (kind !== 'quarantine')
      return fragment`<circle class="${kind}" cx="${xOf(at).toFixed(1)}" cy="${y}" r="5">${title}</circle>`;
    const end = until === undefined || Number.isNaN(Date.parse(until)) ? start + room : xOf(until);
    const length = Math.max(end - xOf(at), 3);
    return fragment`<rect
      class="quarantine"
      x="${xOf(at).toFixed(1)}"
      y="${y - 7}"
      width="${length.toFixed(1)}"
      height="14"
      rx="3"
      >${title}</rect
    >`;
  };
  const height = lanes.length * laneHeight + 26;
  const axis = height - 24;
  const content = [
    ...lanes.map(
      (lane, index) =>
        fragment`<text class="label" x="${labelWidth - 8}" y="${index * laneHeight + 22}" text-anchor="end"
          >${laneWords[lane]}</text
        >`,
    ),
    fragment`<line class="axis" x1="${labelWidth}" x2="${width - 10}" y1="${axis}" y2="${axis}" />`,
    fragment`<text class="label" x="${labelWidth}" y="${height - 6}">${dateWords(new Date(firstMs).toISOString())}</text>`,
    fragment`<text class="label" x="${width - 10}" y="${height - 6}" text-anchor="end">${dateWords(takenAt)}</text>`,
    ...timeline.toReversed().map(mark),
  ];
  return fragment`<figure>${drawing('plot-timeline', height, 'Moves and quarantines over time', content)}</figure>`;
}
