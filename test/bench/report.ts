import { readFileSync, writeFileSync } from 'node:fs';
import { type Chart, plot } from './plot.ts';

/** What a run has measured: tables whose columns are the keys of their first row, and charts. */
export type Report = {
  readonly tables: Map<string, Readonly<Record<string, string>>[]>;
  readonly charts: Map<string, Chart>;
};

/** A report of nothing yet. */
export const createReport = (): Report => ({ tables: new Map(), charts: new Map() });

/** Appends a row to the table of a title. */
export function addRow({ tables }: Report, title: string, row: Readonly<Record<string, string>>): void {
  tables.set(title, [...(tables.get(title) ?? []), row]);
}

/** Appends a bar to the chart of a title. */
export function addBar({ charts }: Report, title: string, bar: Chart['bars'][number]): void {
  charts.set(title, { title, bars: [...(charts.get(title)?.bars ?? []), bar] });
}

/** The page with the numbers of this run, and where it was, between its markers. */
export function pageWith(page: string, report: Report, machine: string, now: Date): string {
  const tables = [...report.tables].map(([title, rows]) => `### ${title}\n\n${tableOf(rows)}\n`);
  const told = [
    `Measured on ${now.toISOString().slice(0, 10)}, ${machine}.\n`,
    '![Bars of the tables below: health-injector beside what it is measured against](performance.svg)\n',
    ...tables,
  ].join('\n');
  const place = /(<!-- bench: [^>]* -->\n)[^]*?(<!-- \/bench -->)/;
  if (!place.test(page)) throw new Error('The page has no place for the numbers.');
  return page.replace(place, (_, head, end) => `${head}${told}${end}`);
}

/** Writes the numbers into docs/performance.md, and the plot beside it. */
export function writeReport(report: Report, machine: string, now: Date): void {
  const docs = new URL('../../docs/', import.meta.url).pathname;
  const page = readFileSync(`${docs}performance.md`, 'utf8');
  writeFileSync(`${docs}performance.svg`, plot([...report.charts.values()]));
  writeFileSync(`${docs}performance.md`, pageWith(page, report, machine, now));
}

function tableOf(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const isNumbers = (column: string): boolean => rows.every((row) => /^[\d.]+(\/s| \w+)?$/.test(row[column] ?? ''));
  const rule = `|${columns.map((column) => (isNumbers(column) ? '---:' : '---')).join('|')}|\n`;
  return [line(columns), rule, ...rows.map((row) => line(columns.map((column) => row[column] ?? '')))].join('');
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
