import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';

/** One run of `check`, as a test made it. */
export type Situation = {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly ms: number;
  readonly line: string;
};

type Row = Situation & { readonly title: readonly string[]; readonly url: string; readonly reason: string };

const file = new URL('../../../docs/checks/situations.md', import.meta.url).pathname;
const rows: Row[] = [];
let title: readonly string[] = [];

/** Keeps what became of a check under the title of the test that runs, where this run makes the table. */
export function record(situation: Situation): void {
  if (process.env['SITUATIONS'] !== '1') return;
  const url = masked(situation.args.at(-1) ?? '');
  rows.push({ ...situation, title, url, reason: masked(situation.line).replace(/ \([^()]*\)$/, '') });
}

/** Notes the title before each test; writes the table after all, and fails where a check outlived its time-out. */
export const mochaHooks = {
  beforeEach(this: Mocha.Context): void {
    title = this.currentTest?.titlePath() ?? [];
  },
  afterAll(): void {
    if (rows.length === 0) return;
    assert(!process.env['MOCHA_WORKER_ID'], 'one process has to see all of them: run mocha without --parallel');
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, [head, ...table(), ''].join('\n'));
    const late = rows.filter(({ args, ms }) => ms > timeoutMs(args) + 100).map(({ line, ms }) => `${ms} ms: ${line}`);
    assert.deepEqual(late, []);
  },
};

const head = `# What each check says in each situation

Made by \`npm run test:situations\` from the runs of the tests against real servers. **pass**: ready. **alive**: liveness
holds, readiness does not. **fail**: neither. The code is that of \`health-probe check\`, the time that of the whole program.

| check | situation | outcome | code | ms | line |
|---|---|---|---|---|---|`;

/** The first run of each check in each situation with each code. */
function table(): string[] {
  const verdicts = new Map(
    rows.filter(isForLiveness).flatMap((row) => {
      const verdict = row.code === 0 ? '**alive**' : '**fail**';
      return [[row.reason, verdict] as const, [keyOf(row), verdict] as const];
    }),
  );
  const lines = new Map<string, string>();
  for (const row of rows.filter((candidate) => !candidate.args.includes('--probe'))) {
    const { url, code, ms, reason } = row;
    const situation = row.title.slice(1).join(', ');
    // What a test did not ask for liveness: nobody there, and no answer in time.
    const unasked = code === 2 || code === 3 ? '**fail**' : 'not ready';
    const outcome = code === 0 ? 'pass' : (verdicts.get(keyOf(row)) ?? verdicts.get(reason) ?? unasked);
    const cells = [`\`${url}\``, situation, outcome, `${code}`, ms.toFixed(), `\`${reason}\``];
    const key = [url, situation, code].join('\n');
    if (!lines.has(key)) lines.set(key, `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  return [...lines.values()].toSorted();
}

const isForLiveness = ({ args }: Row): boolean => args[args.indexOf('--probe') + 1] === 'liveness';

/** The same words of the same kind of server mean the same, and mostly those of any. */
const keyOf = ({ url, reason }: Row): string => `${/^[^:]*/.exec(url)?.[0]} ${reason}`;

/** Ports, directories and times differ from run to run. */
const masked = (text: string): string =>
  text
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/\/tmp\/health-probe-\w+/g, '/DIR')
    .replaceAll(/, \d+\.\d ms\)/g, ')')
    .replaceAll(/\b\d+ (s|days)\b/g, 'N $1');

const timeoutMs = (args: readonly string[]): number => {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(args[args.indexOf('--timeout') + 1] ?? '') ?? [];
  return args.includes('--timeout') && amount ? Number(amount) * (unit === 's' ? 1_000 : 1) : 1_000;
};
