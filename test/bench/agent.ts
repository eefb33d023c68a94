import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, residentMiB } from './measure.ts';

const root = new URL('../../', import.meta.url).pathname;
const program = `${root}agent/target/release/health-probe`;
const runs = 1_000;
const observationMs = 10_000;

/** Measures the agent: its size, a one-shot check beside /bin/true and redis-cli, and a server with ten checks. */
export async function benchAgent(): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-bench-'));
  const port = 17_379;
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', directory], {
    stdio: 'ignore',
  });
  process.once('exit', () => redis.kill());
  await new Promise((resolve) => setTimeout(resolve, 500));
  const oneShot = timeProcesses([
    ['health-probe check redis://', program, 'check', `redis://127.0.0.1:${port}`],
    ['health-probe check tcp://', program, 'check', `tcp://127.0.0.1:${port}`],
    ['redis-cli ping', 'redis-cli', '-p', `${port}`, 'ping'],
    ['/bin/true', '/bin/true'],
  ]);
  const server = await observeServer(port);
  redis.kill();
  const linkage = execFileSync('file', ['-b', program]).toString().includes('statically linked')
    ? 'static'
    : 'not static';
  return [
    `agent: ${(statSync(program).size / 1e6).toFixed(2)} MB, ${linkage}`,
    `  one process each, ${runs} runs in turns (wall time, and page faults without a disk)`,
    ...oneShot,
    ...server,
  ];
}

function timeProcesses(commands: readonly (readonly string[])[]): string[] {
  execFileSync('cargo', ['build', '--release', '--locked', '--quiet', '--example', 'spawn_times'], {
    cwd: `${root}agent`,
  });
  const words = commands.flatMap(([, ...command], index) => (index === 0 ? command : ['--', ...command]));
  const output = execFileSync(`${root}agent/target/release/examples/spawn_times`, [`${runs}`, ...words]).toString();
  return output
    .trim()
    .split('\n')
    .map((line, index) => {
      const [medianUs = 0, p99Us = 0, faults = 0] = line.split(' ').map(Number);
      const name = (commands[index]?.[0] ?? '').padEnd(28);
      return `    ${name} median ${(medianUs / 1_000).toFixed(2)} ms   p99 ${(p99Us / 1_000).toFixed(2)} ms   ${faults} faults`;
    });
}

/** Ten checks of a period of a second, each of a text of its own, so that each has its thread. */
async function observeServer(port: number): Promise<string[]> {
  const checks = Array.from({ length: 10 }, (_, index) => `check-${index}=redis://127.0.0.1:${port}`);
  const server = spawn(program, ['serve', '--listen', '127.0.0.1:17440', '--period', '1s', ...checks], {
    stdio: 'ignore',
  });
  process.once('exit', () => server.kill());
  const pid = server.pid as number;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (let call = 0; call < 20; call++) await (await fetch('http://127.0.0.1:17440/readyz')).text();
  const before = cpuSeconds(pid);
  await new Promise((resolve) => setTimeout(resolve, observationMs));
  const share = (cpuSeconds(pid) - before) / (observationMs / 1_000);
  const memoryMiB = residentMiB(pid);
  server.kill();
  return [
    `  serve with 10 checks a second: ${memoryMiB.toFixed(2)} MiB resident, ${(share * 1_000).toFixed(1)} m of a CPU`,
  ];
}
