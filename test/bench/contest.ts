import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { type Round, load } from './load.ts';
import { cpuSeconds, median } from './measure.ts';
import { type Report, addBar, addRow } from './report.ts';

/** How the contestants are measured. */
export const connections = 16;
export const rounds = 7;
export const roundMs = 2_000;

/** A server that is measured; the bodies that it is sent, where not all are sent the same. */
export type Contestant = { readonly name: string; readonly port: number; readonly child: ChildProcess };

/** How thoroughly two servers are compared, and where the numbers go; only what is drawn has bars as well. */
export type Manner = {
  readonly table: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly isDrawn: boolean;
};

const thorough: Manner = { table: 'Webhook', rounds, roundMs, isDrawn: true };

/** Measures two servers in turns in one run, each with its own bodies, adds them to the report, and returns the lines to print. */
export async function compare(
  report: Report,
  title: string,
  ours: Contestant,
  other: Contestant,
  ca: string,
  bodies: readonly string[],
  theirs: readonly string[] = bodies,
  manner: Manner = thorough,
): Promise<string[]> {
  const measured = new Map<Contestant, (Round & { cpuUs: number })[]>([
    [ours, []],
    [other, []],
  ]);
  const sent = new Map([
    [ours, bodies],
    [other, theirs],
  ]);
  for (const [{ port }, texts] of sent) await load(port, ca, texts, connections, manner.roundMs);
  for (let round = 0; round < manner.rounds; round++) {
    for (const [contestant, results] of measured) {
      const { port, child } = contestant;
      const before = cpuSeconds(child.pid as number);
      const result = await load(port, ca, sent.get(contestant) ?? [], connections, manner.roundMs);
      const cpuUs =
        ((cpuSeconds(child.pid as number) - before) * 1e6) / (result.requestsPerSecond * (manner.roundMs / 1_000));
      results.push({ ...result, cpuUs });
    }
  }
  const rows = [...measured].map(([contestant, results]) => {
    const { name } = contestant;
    const of = (field: keyof (typeof results)[number]): number => median(results.map((result) => result[field]));
    const told = {
      rate: `${of('requestsPerSecond').toFixed(0)}/s`,
      p50: `${of('p50Ms').toFixed(2)} ms`,
      p99: `${of('p99Ms').toFixed(2)} ms`,
    };
    const cells = { reviews: title, server: name, rate: told.rate, p50: told.p50, p99: told.p99 };
    addRow(report, manner.table, { ...cells, 'CPU of each': `${of('cpuUs').toFixed(0)} us` });
    const bar = { value: of('requestsPerSecond'), text: `${told.rate}, p99 ${told.p99}` };
    if (manner.isDrawn) addBar(report, `Reviews a second: ${title}`, { name, ...bar, isOurs: contestant === ours });
    return `    ${name.padEnd(16)}${of('requestsPerSecond').toFixed(0).padStart(7)}/s   p50 ${of('p50Ms').toFixed(2)} ms   p99 ${of('p99Ms').toFixed(2)} ms   ${of('cpuUs').toFixed(0)} us of CPU each`;
  });
  const [mine = [], others = []] = [...measured.values()];
  const ratios = mine.map(
    (result, index) => result.requestsPerSecond / (others[index]?.requestsPerSecond ?? Number.NaN),
  );
  const ratio = `ratio ${median(ratios).toFixed(2)}, the median of ${manner.rounds} pairs (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  return [`  ${title}: ${ratio}`, ...rows];
}

/** Starts a server of ours and waits until it listens. */
export async function start(
  name: string,
  port: number,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Contestant> {
  // The log goes where it costs its writer no more than a file would, and the client nothing.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  process.once('exit', () => child.kill());
  for (let attempt = 0; attempt < 600 && !(await isListening(port)); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { name, port, child };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
