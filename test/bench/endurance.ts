import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { program } from '../agent/support/agent.ts';
import { cpuSeconds, residentMiB } from './measure.ts';
import { type Report, addRow } from './report.ts';
import { startLoginServers } from './login-servers.ts';
import type { Servers } from './servers.ts';
import { environment } from './watched.ts';

const warmUpMs = 5_000;

/**
 * A `serve` for so long, and until it has made so many checks: its memory, threads and descriptors at the start and at
 * the end, what it takes, and its memory halfway, beyond which what only fills up at first does not grow.
 */
async function observe(
  checks: readonly string[],
  period: string,
  durationMs: number,
  report: Report,
  least = 0,
): Promise<string> {
  const args = ['serve', '--listen', '127.0.0.1:17440', '--period', period, '--timeout', period, ...checks];
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
  process.once('exit', () => server.kill());
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => (log = `${log}${chunk}`.slice(-4_096)));
  server.once('exit', (code, signal) => {
    if (signal !== 'SIGKILL') throw new Error(`serve ended with ${code ?? signal}: ${log}`);
  });
  const pid = server.pid as number;
  await sleep(warmUpMs);
  for (let call = 0; call < 20; call++) await read('readyz');
  // What it takes to tell all is there from the start, as it is at the end.
  await metrics();
  const look = () => ({
    memoryMiB: residentMiB(pid),
    threads: readdirSync(`/proc/${pid}/task`).length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  });
  const [begin, cpu] = [look(), cpuSeconds(pid)];
  let most = begin.memoryMiB;
  let halfway: number | undefined;
  const begun = Date.now();
  for (;;) {
    const [spentMs, count] = [Date.now() - begun, sum(await metrics(), made)];
    if (spentMs >= durationMs && count >= least) break;
    if (spentMs * 2 >= durationMs && count * 2 >= least) halfway ??= residentMiB(pid);
    await sleep(1_000);
    most = Math.max(most, residentMiB(pid));
  }
  const end = look();
  most = Math.max(most, end.memoryMiB);
  const share = ((cpuSeconds(pid) - cpu) / ((Date.now() - begun) / 1_000)) * 1_000;
  const told = await metrics();
  const runs = sum(told, made);
  const passes = sum(told, /^health_probe_checks_total\{.*verdict="pass".*\} (\d+)/gm);
  addRow(report, 'Agent, a long run of serve', {
    run: `${checks.length} checks every ${period}`,
    made: `${runs}`,
    passed: `${passes}`,
    'memory at first': `${begin.memoryMiB.toFixed(2)} MiB`,
    halfway: `${halfway?.toFixed(2)} MiB`,
    'at last': `${end.memoryMiB.toFixed(2)} MiB`,
    'at most': `${most.toFixed(2)} MiB`,
    threads: `${end.threads}`,
    descriptors: `${begin.descriptors} -> ${end.descriptors}`,
    CPU: `${share.toFixed(1)} m`,
  });
  server.kill('SIGKILL');
  await once(server, 'exit');
  return [
    `${runs} checks, ${passes} passed; ${begin.memoryMiB.toFixed(2)} -> ${halfway?.toFixed(2)} halfway -> ${end.memoryMiB.toFixed(2)} MiB resident (at most ${most.toFixed(2)})`,
    `${begin.threads} -> ${end.threads} threads, ${begin.descriptors} -> ${end.descriptors} descriptors`,
    `${share.toFixed(1)} m of a CPU`,
  ].join(', ');
}

/** Ten protocols once a second for as long as `MINUTES` says, then a hundred thousand checks as fast as they come. */
export async function benchEndurance({ watched, directory }: Servers, report: Report): Promise<string[]> {
  const minutes = Number(process.env['MINUTES'] ?? '1');
  const plain = watched.filter(({ name }) => !name.includes('no login') && !name.includes('TLS'));
  const ten = [...new Map(plain.map((each) => [each.check.split(':')[0], each])).values()].slice(0, 10);
  const named = (times: number, checks = ten.map(({ check }) => check)): string[] =>
    Array.from({ length: times }, (_, turn) => checks.map((check, place) => `check-${turn}-${place}=${check}`)).flat();
  const logins = await startLoginServers(directory);
  return [
    `  serve with a check a second of ${ten.map(({ name }) => name.split(',')[0]).join(', ')}, for ${minutes} min`,
    `    ${await observe(named(1), '1s', minutes * 60_000, report)}`,
    `  serve with sixty checks every 100 ms, until a hundred thousand are made`,
    `    ${await observe(named(6), '100ms', 170_000, report, 100_000)}`,
    `  the same of ${logins.map((check) => check.slice(0, check.indexOf(':'))).join(', ')}, which take several steps or a signature`,
    `    ${await observe(named(6, logins), '200ms', 170_000, report, 100_000)}`,
  ];
}

/** Asked once more where nothing came: the agent closes on a peer that pauses for two seconds, as a virtual machine may. */
const read = async (path: string): Promise<string> => {
  const ask = async () => (await fetch(`http://127.0.0.1:17440/${path}`)).text();
  return ask().catch(ask);
};

const metrics = (): Promise<string> => read('metrics');

const made = /^health_probe_checks_total\{.*\} (\d+)/gm;

const sum = (text: string, form: RegExp): number =>
  [...text.matchAll(form)].reduce((total, [, count]) => total + Number(count), 0);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
