import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { timeProcesses } from './one-shot.ts';
import { patternPods } from './pattern-pods.ts';
import { type Report, addBar, addRow } from './report.ts';

const program = new URL('../../dist/cli.js', import.meta.url).pathname;
const runs = 40;
const fileCount = 10;

/** Measures how long the built command line takes from its start to its end, beside a Node that runs nothing. */
export async function benchCommandLine(report: Report): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  try {
    const manifests = join(folder, 'manifests');
    writeManifests(manifests);
    const commands = {
      'node -e 0': [process.execPath, '-e', '0'],
      'health-injector --version': [process.execPath, program, '--version'],
      [`health-injector lint, ${fileCount} files`]: [process.execPath, program, 'lint', manifests],
      'health-injector explain, 1 file': [process.execPath, program, 'explain', join(manifests, '0.yaml')],
    };
    const times = await timeProcesses(runs, Object.values(commands));
    const bareMs = times[0]?.wallMs ?? Number.NaN;
    const lines = Object.keys(commands).map((name, index) => {
      const { wallMs = 0, wallP99Ms = 0, processorMs = 0, residentMiB = 0 } = times[index] ?? {};
      const ratio = (wallMs / bareMs).toFixed(1);
      addRow(report, 'Command line, from start to end', {
        'command line': `\`${name}\``,
        median: `${wallMs.toFixed(0)} ms`,
        p99: `${wallP99Ms.toFixed(0)} ms`,
        'beside node': ratio,
        CPU: `${processorMs.toFixed(0)} ms`,
        memory: `${residentMiB.toFixed(0)} MiB`,
      });
      const bar = { value: wallMs, text: `${wallMs.toFixed(0)} ms` };
      addBar(report, 'Command line: milliseconds from start to end', { name, ...bar, isOurs: index > 0 });
      return `    ${name.padEnd(36)} median ${wallMs.toFixed(0)} ms  p99 ${wallP99Ms.toFixed(0)} ms  ${ratio} times node  CPU ${processorMs.toFixed(0)} ms  ${residentMiB.toFixed(0)} MiB`;
    });
    return [`the command line, ${runs} processes of each in turns`, ...lines];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As many files of one Pod each, of all patterns in turns; lint finds nothing wrong with them. */
function writeManifests(folder: string): void {
  mkdirSync(folder);
  const pods = [...patternPods().values()];
  for (let index = 0; index < fileCount; index++) {
    const pod = { apiVersion: 'v1', kind: 'Pod', ...pods[index % pods.length] };
    writeFileSync(join(folder, `${index}.yaml`), stringify(pod));
  }
}
