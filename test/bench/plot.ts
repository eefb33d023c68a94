// https://developer.mozilla.org/en-US/docs/Web/SVG
/** Bars of one unit, which are drawn to one scale; ours are the ones in colour. */
export type Chart = {
  readonly title: string;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    /** The value as it is told, with its unit. */
    readonly text: string;
    readonly isOurs: boolean;
  }[];
};

/** Where a bar begins, and how long the longest is; the text of its value stands behind it. */
export const layout = { width: 760, barX: 270, longestBar: 320, rowHeight: 24, titleHeight: 44, margin: 16 } as const;

/** Readable on white and on black: an image follows the reader's own setting, whatever page it is on. */
const style = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 14px }
    .name { text-anchor: end }
    .ground { fill: #ffffff }
    .ours { fill: #0969da }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ground { fill: #0d1117 }
      .ours { fill: #4493f8 }
      .other { fill: #656c76 }
    }
  `;

/** Draws horizontal bars, a chart below the other, as an SVG of its own. */
export function plot(charts: readonly Chart[]): string {
  const { width, margin, titleHeight, rowHeight } = layout;
  let y = margin;
  const drawn = charts.map((chart) => {
    const top = y;
    y += titleHeight + chart.bars.length * rowHeight;
    return draw(chart, top);
  });
  const height = y + margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${escaped(charts.map(({ title }) => title).join('; '))}</title>
  <style>${style}</style>
  <rect class="ground" width="${width}" height="${height}"/>
${drawn.join('')}</svg>
`;
}

function draw({ title, bars }: Chart, top: number): string {
  const { barX, longestBar, rowHeight, titleHeight, margin } = layout;
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ name, value, text, isOurs }, index) => {
    const y = top + titleHeight + index * rowHeight;
    const length = most > 0 ? Math.max(1, (value / most) * longestBar) : 1;
    const [kind, middle] = [isOurs ? 'ours' : 'other', y + 13];
    return `  <text class="name" x="${barX - 8}" y="${middle}">${escaped(name)}</text>
  <rect class="${kind}" x="${barX}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2"/>
  <text x="${(barX + length + 8).toFixed(1)}" y="${middle}">${escaped(text)}</text>
`;
  });
  return `  <text class="title" x="${margin}" y="${top + 28}">${escaped(title)}</text>\n${rows.join('')}`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
