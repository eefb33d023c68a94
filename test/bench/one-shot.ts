import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const agent = new URL('../../agent/', import.meta.url).pathname;

/** What one process of a command takes: medians, but for the 99th percentile of the wall time. */
export type OneShot = {
  readonly wallMs: number;
  readonly wallP99Ms: number;
  readonly processorMs: number;
  readonly pageFaults: number;
  readonly residentMiB: number;
};

/** Runs the commands in turns, so many times each, and tells what a process of each takes; all have to end with 0. */
export async function timeProcesses(runs: number, commands: readonly (readonly string[])[]): Promise<OneShot[]> {
  await run('cargo', ['build', '--release', '--locked', '--quiet', '--example', 'spawn_times'], { cwd: agent });
  const words = commands.flatMap((command, index) => (index === 0 ? command : ['--', ...command]));
  const { stdout } = await run(`${agent}target/release/examples/spawn_times`, [`${runs}`, ...words]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [wallUs = 0, p99Us = 0, processorUs = 0, pageFaults = 0, residentKiB = 0] = line.split(' ').map(Number);
      return {
        wallMs: wallUs / 1_000,
        wallP99Ms: p99Us / 1_000,
        processorMs: processorUs / 1_000,
        pageFaults,
        residentMiB: residentKiB / 1_024,
      };
    });
}

/** A line of a table. */
export function told(name: string, { wallMs, wallP99Ms, processorMs, pageFaults, residentMiB }: OneShot): string {
  const wall = `median ${wallMs.toFixed(2)} ms  p99 ${wallP99Ms.toFixed(2)} ms`;
  const cost = `CPU ${processorMs.toFixed(2)} ms  ${`${pageFaults}`.padStart(4)} faults  ${residentMiB.toFixed(1).padStart(5)} MiB`;
  return `    ${name.padEnd(44)} ${wall}  ${cost}`;
}
