import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';

/** One run of `check`, as a test made it. */
export type Situation = {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly ms: number;
  readonly line: string;
  /** The exit code of the same check as liveness probe, which tells alive from failed. */
  readonly livenessCode: number | null;
};

type Row = Situation & { readonly title: readonly string[] };

/** Whether this run of the tests makes the table. */
export const isRecording = process.env['SITUATIONS'] === '1';

const file = new URL('../../../docs/checks/situations.md', import.meta.url).pathname;
const rows: Row[] = [];
let title: readonly string[] = [];

/** Keeps what became of a check under the title of the test that runs. */
export function record(situation: Situation): void {
  rows.push({ ...situation, title });
}

/** Notes the title before each test; writes the table after all, and fails where a check outlived its time-out. */
export const mochaHooks = {
  beforeEach(this: Mocha.Context): void {
    title = this.currentTest?.titlePath() ?? [];
  },
  afterAll(): void {
    if (!isRecording) return;
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, [head, ...table(rows)].join('\n') + '\n');
    const late = rows.filter(({ args, ms }) => ms > timeoutMs(args) + 100).map(({ line, ms }) => `${ms} ms: ${line}`);
    assert.deepEqual(late, []);
  },
};

const head = `# What each check says in each situation

Made by \`npm run test:situations\` from the runs of the tests against real servers. **pass**: ready. **alive**: liveness
holds, readiness does not. **fail**: neither. The code is that of \`health-probe check\`, the time that of the whole program.

| check | situation | outcome | code | ms | line |
|---|---|---|---|---|---|`;

function table(all: readonly Row[]): string[] {
  const lines = new Map<string, string>();
  for (const row of all) {
    const url = masked(row.args.at(-1) ?? '');
    const situation = row.title.slice(1).join(', ');
    const cells = [`\`${url}\``, situation, outcome(row), `${row.code}`, row.ms.toFixed(), `\`${masked(row.line)}\``];
    const key = [url, situation, row.code].join('\n');
    if (!lines.has(key)) lines.set(key, `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  return [...lines.values()].toSorted();
}

const outcome = ({ code, livenessCode }: Row): string =>
  code === 0 ? 'pass' : livenessCode === 0 ? '**alive**' : '**fail**';

/** Ports, directories and times differ from run to run. */
const masked = (text: string): string =>
  text
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/\/tmp\/health-probe-\w+/g, '/DIR')
    .replaceAll(/, \d+\.\d ms\)/g, ')');

const timeoutMs = (args: readonly string[]): number => {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(args[args.indexOf('--timeout') + 1] ?? '') ?? [];
  return args.includes('--timeout') && amount ? Number(amount) * (unit === 's' ? 1_000 : 1) : 1_000;
};
