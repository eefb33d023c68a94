import assert from 'node:assert/strict';
import fc from 'fast-check';
import { layout, plot } from '../bench/plot.ts';
import { addBar, addRow, createReport, pageWith } from '../bench/report.ts';
import { textOf } from './support/markdown.ts';

const now = new Date('2030-01-02T03:04:05Z');
const arbitraryBar = fc.record({
  name: fc.string({ maxLength: 30 }),
  value: fc.double({ min: 0, max: 1e6, noNaN: true }),
  text: fc.string({ maxLength: 20 }),
  isOurs: fc.boolean(),
});

/** A page without its numbers. */
const around = (text: string): string => text.replace(/(<!-- bench: .*\n)[^]*(?=<!-- \/bench -->)/, '$1');

describe('the page of performance', () => {
  it('has a place for numbers, which a second run writes anew and nothing else', () => {
    const report = createReport();
    addRow(report, 'Webhook', { server: 'ours | theirs', rate: '12/s' });
    addRow(report, 'Webhook', { server: 'bare', rate: '7/s' });
    const page = textOf('docs/performance.md');
    const written = pageWith(page, report, '2 x a processor', now);
    assert.match(written, /Measured on 2030-01-02, 2 x a processor\./);
    assert(
      written.includes('### Webhook\n\n| server | rate |\n|---|---:|\n| ours \\| theirs | 12/s |\n| bare | 7/s |\n'),
    );
    assert.equal(pageWith(written, report, '2 x a processor', now), written);
    assert.equal(around(written), around(page));
  });

  it('has a plot whose bars are as long as their values, whatever is in their names', () => {
    fc.assert(
      fc.property(fc.array(arbitraryBar, { minLength: 1, maxLength: 12 }), (bars) => {
        const report = createReport();
        for (const bar of bars) addBar(report, 'A <title> & more', bar);
        const svg = plot([...report.charts.values()]);
        const lengths = [...svg.matchAll(/<rect class="(?:ours|other)".* width="([\d.]+)"/g)].map(([, text]) =>
          Number(text),
        );
        const most = Math.max(...bars.map(({ value }) => value));
        assert.equal(lengths.length, bars.length);
        for (const [index, { value }] of bars.entries()) {
          const wanted = most > 0 ? Math.max(1, (value / most) * layout.longestBar) : 1;
          assert(Math.abs((lengths[index] ?? 0) - wanted) <= 0.1);
        }
        assert.deepEqual(openTags(svg), []);
      }),
    );
  });
});

/** The elements that are not closed in their order; text that is not escaped would show as one. */
function openTags(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name = '', rest = ''] of svg.matchAll(/<(\/?)([a-z]*)((?:[^<>"]|"[^"<]*")*)>/g)) {
    if (close === '/') assert.equal(open.pop(), name);
    else if (!rest.endsWith('/')) open.push(name);
  }
  assert.equal(svg.replaceAll(/<\/?[a-z]+(?:[^<>"]|"[^"<]*")*>/g, '').includes('<'), false);
  return open;
}
