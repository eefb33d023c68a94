import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { absences } from './absences.ts';
import { type Answer, situationTables } from './situation-tables.ts';

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

/** The verdicts of a check, in the order of the steps of its conversation, by what the network or TLS did to it. */
const faulty = new Map<string, Map<string, string>>();

/** Keeps the verdicts of a check, where this run makes the table. */
export function recordFaults(url: string, verdicts: readonly (readonly [string, string])[]): void {
  if (process.env['SITUATIONS'] !== '1') return;
  const scheme = url.slice(0, url.indexOf(':'));
  faulty.set(scheme, new Map([...(faulty.get(scheme) ?? []), ...verdicts]));
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
    writeFileSync(file, page());
    const late = rows.filter(({ args, ms }) => ms > timeoutMs(args) + 100).map(({ line, ms }) => `${ms} ms: ${line}`);
    assert.deepEqual(late, []);
    assert.deepEqual(unexplained(), []);
  },
};

const head = `# What each check says in each situation

Made by \`npm run test:situations\` from the runs of the tests. **pass**: ready. **alive**: liveness holds, readiness does not.
**fail**: neither. The code is that of \`health-probe check\`.
A line stands once for each protocol, with the first situation that gave it; what four protocols or more say in the same way stands in one table.`;

/** A peer that is no good is in a table only where no real server gave the line. */
const isPeer = ({ title: [first = ''] }: Row): boolean => first.startsWith('a peer that');

function page(): string {
  const verdicts = new Map<string, string>();
  for (const row of rows.filter((candidate) => probeOf(candidate) === 'liveness'))
    for (const key of keysOf(row)) verdicts.set(key, row.code === 0 ? '**alive**' : '**fail**');
  const asked = rows
    .filter((row) => probeOf(row) === 'readiness')
    .toSorted((a, b) => Number(isPeer(a)) - Number(isPeer(b)));
  return [head, '', faultyTable(), situationTables(asked.map((row) => answerOf(row, verdicts)))].join('\n');
}

/** The states of a server come first, in the order of its life, and then what stands between it and the check. */
const states = ['up', 'starting', 'wrong login', 'no login', 'full', 'draining'];

/** A column for each situation, a row for each check; a cell has a verdict for each step at which a fault may begin. */
function faultyTable(): string {
  const names = situationsAsked();
  const rowsOf = [...faulty].toSorted().map(([scheme, verdicts]) => {
    const cells = names.map((name) => verdicts.get(name) ?? markOf(scheme, name) ?? '–');
    return `| ${[`\`${scheme}\``, ...cells].join(' | ')} |`;
  });
  const header = [`| check | ${names.join(' | ')} |`, `|---|${'---|'.repeat(names.length)}`];
  return [
    '## The same situations for each protocol',
    '',
    'A real server is asked for liveness; `mssql` has a stand-in. *Starting* is from before it listens until it answers, *draining* from SIGTERM until it is gone: each has its answers in turn, *refused* while nothing listens. *Full* is a server that takes no more clients.',
    'A fault of the network begins before the first piece of an answer, after the first, and so on; each cell has those verdicts in turn. A server that has answered once in its protocol is alive. *Many answers* are one piece a thousand times, which a handshake of TLS forbids. The last columns are those of a HAProxy that ends TLS before the server.',
    'A letter says below the table why nobody was asked.',
    '',
    ...header,
    ...rowsOf,
    '',
    ...absences.map(({ reason }, at) => `- ${letterOf(at)}: ${reason}`),
    '',
  ].join('\n');
}

const situationsAsked = (): string[] => [
  ...new Set([...states, ...[...faulty.values()].flatMap((verdicts) => Array.from(verdicts.keys()))]),
];

const letterOf = (at: number): string => `(${String.fromCodePoint(97 + at)})`;

function markOf(scheme: string, situation: string): string | undefined {
  const at = absences.findIndex(
    ({ schemes, situations }) => schemes.includes(scheme) && situations.includes(situation),
  );
  return at < 0 ? undefined : letterOf(at);
}

/** The cells that have neither a verdict nor a reason, or both. */
const unexplained = (): string[] =>
  [...faulty].flatMap(([scheme, verdicts]) =>
    situationsAsked()
      .filter((name) => verdicts.has(name) === (markOf(scheme, name) !== undefined))
      .map((name) => `${scheme}, ${name}`),
  );

function answerOf(row: Row, verdicts: ReadonlyMap<string, string>): Answer {
  const { url, code, reason, title: titles } = row;
  // What a test did not ask for liveness: nobody there, and no answer in time.
  const unasked = code === 2 || code === 3 ? '**fail**' : 'not ready';
  const known = keysOf(row).find((key) => verdicts.has(key));
  const outcome = code === 0 ? 'pass' : (verdicts.get(known ?? '') ?? unasked);
  return { url, situation: titles.slice(1).join(', '), outcome, code, line: reason };
}

const probeOf = ({ args }: Row): string =>
  args.includes('--probe') ? (args[args.indexOf('--probe') + 1] ?? '') : 'readiness';

/** The same words to the same check mean the same, then those of the same kind of server, and mostly those of any. */
const keysOf = ({ url, reason }: Row): string[] => [`${url} ${reason}`, `${/^[^:]*/.exec(url)?.[0]} ${reason}`, reason];

/** Ports, directories, names of programs, dates and times differ from run to run. */
const masked = (text: string): string =>
  text
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/\/tmp\/health-probe-\w+/g, '/DIR')
    .replaceAll(/\b\d{5}\.sock\b/g, 'PORT.sock')
    .replaceAll(/orker-[0-9a-f]{8,12}/g, 'orker-ID')
    .replaceAll(/\b\d+ms behind/g, 'Nms behind')
    .replaceAll(/\b\w{3}, \d\d? \w{3} \d{4} [\d:]{8} [+-]\d{4}/g, 'DATE')
    .replaceAll(/, \d+\.\d ms\)/g, ')')
    .replaceAll(/\b\d+ (s|days)\b/g, 'N $1');

const timeoutMs = (args: readonly string[]): number => {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(args[args.indexOf('--timeout') + 1] ?? '') ?? [];
  return args.includes('--timeout') && amount ? Number(amount) * (unit === 's' ? 1_000 : 1) : 1_000;
};
