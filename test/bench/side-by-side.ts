import { execFileSync } from 'node:child_process';
import { globSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../agent/support/cache.ts';
import { program } from '../agent/support/agent.ts';
import { must } from '../support/process.ts';
import { needProgram } from '../support/packages.ts';
import { type OneShot, timeProcesses, told } from './one-shot.ts';
import { type Report, addBar, addRow } from './report.ts';
import type { Servers } from './servers.ts';

const runs = 300;

/** The program itself: Debian's command of that name looks for it in Perl first. */
const pgIsReady = globSync('/usr/lib/postgresql/*/bin/pg_isready').at(-1) ?? 'pg_isready';

/** Times a one-shot check beside what one would run in the container without the agent, in turns. */
export async function benchSideBySide({ ports }: Servers, report: Report): Promise<string[]> {
  const { redis, postgres, mariadb, grpc, nginx } = ports;
  await needProgram('curl', 'curl');
  const pairs: readonly (readonly [check: string, other: readonly [string, ...string[]]])[] = [
    [`redis://127.0.0.1:${redis}`, ['redis-cli', '-p', `${redis}`, 'ping']],
    [`postgres://postgres@127.0.0.1:${postgres}`, [pgIsReady, '-q', '-h', '127.0.0.1', '-p', `${postgres}`]],
    [
      `mariadb://127.0.0.1:${mariadb}`,
      ['mariadb-admin', '-h', '127.0.0.1', '-P', `${mariadb}`, '-u', 'nobody', 'ping'],
    ],
    [`grpc://127.0.0.1:${grpc}`, [await grpcHealthProbe(), `-addr=127.0.0.1:${grpc}`]],
    [`http://127.0.0.1:${nginx}/`, ['curl', '-sf', '-o', '/dev/null', `http://127.0.0.1:${nginx}/`]],
  ];
  const commands = pairs.flatMap(([check, other]) => [[program, 'check', check], other]);
  const shots = await timeProcesses(runs, [...commands, [program, 'check', `tcp://127.0.0.1:${redis}`], ['/bin/true']]);
  const lines = pairs.flatMap(([check, other], index) => {
    const [ours, theirs] = shots.slice(2 * index, 2 * index + 2) as [OneShot, OneShot];
    const tool = other[0].split('/').at(-1) ?? '';
    const name = `${tool} (${megabytes(other[0])} MB and its libraries)`;
    const scheme = check.split(':')[0] ?? '';
    add(report, `health-probe check ${scheme}:`, ours, true);
    add(report, tool, theirs, false);
    return [told(`check ${check}`, ours), told(name, theirs)];
  });
  const [tcp, nothing] = shots.slice(-2) as [OneShot, OneShot];
  add(report, 'health-probe check tcp:', tcp, true);
  add(report, '/bin/true', nothing, false);
  return [
    `  one process each, ${runs} runs in turns; the agent is ${megabytes(program)} MB, without libraries`,
    ...lines,
    told(`check tcp://127.0.0.1:${redis}`, tcp),
    told('/bin/true', nothing),
  ];
}

function add(report: Report, name: string, shot: OneShot, isOurs: boolean): void {
  const median = `${shot.wallMs.toFixed(2)} ms`;
  addRow(report, 'Agent, one process', {
    program: `\`${name}\``,
    median,
    p99: `${shot.wallP99Ms.toFixed(2)} ms`,
    CPU: `${shot.processorMs.toFixed(2)} ms`,
    'page faults': `${shot.pageFaults}`,
    memory: `${shot.residentMiB.toFixed(1)} MiB`,
  });
  addBar(report, 'One check by a process of its own: median time', { name, value: shot.wallMs, text: median, isOurs });
}

/** grpc-health-probe as its Go module has it, built once on a machine. */
async function grpcHealthProbe(): Promise<string> {
  const module = 'github.com/grpc-ecosystem/grpc-health-probe@v0.4.61';
  const directory = await cached('go', [module], async (draft) => {
    await needProgram('go', 'golang-go');
    await must('env', [`GOBIN=${draft}`, 'CGO_ENABLED=0', 'go', 'install', '-ldflags=-s -w', module]);
  });
  return join(directory, 'grpc-health-probe');
}

const megabytes = (file: string): string => {
  const path = file.includes('/')
    ? file
    : execFileSync('sh', ['-c', `command -v ${file}`])
        .toString()
        .trim();
  return (statSync(realpathSync(path)).size / 1e6).toFixed(2);
};
