import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { program } from '../agent/support/agent.ts';
import { type Report, addRow } from './report.ts';
import { type Watched, environment } from './watched.ts';

const run = promisify(execFile);
const checks = 1_000;
const atOnce = 4;

/** What a thousand checks leave in each server: lines of its log, and counters of its own that moved. */
export async function benchCleanClose(watched: readonly Watched[], report: Report): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, check, log, ordinary, counters } of watched) {
    const before = { log: log().length, counters: await counters() };
    const worker = async (): Promise<void> => {
      for (let count = 0; count < checks / atOnce; count++)
        await run(program, ['check', '--timeout', '5s', check], { env: environment });
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = await counters();
    const written = log()
      .slice(before.log)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const odd = written.filter((line) => !ordinary.test(line));
    const moved = Object.keys(after).filter((key) => after[key] !== before.counters[key]);
    const told = moved.map((key) => `${key} ${before.counters[key]} -> ${after[key]}`).join(', ');
    addRow(report, `Agent, what ${checks} checks leave in a server`, {
      server: name,
      'lines of any client': `${written.length - odd.length}`,
      'other lines': `${odd.length}`,
      'counters of errors that moved': told || 'none',
    });
    const cells = [name.padEnd(26), `${written.length - odd.length}`.padStart(8), `${odd.length}`.padStart(8)];
    lines.push(`    ${cells.join('')}   ${told || 'none'}`);
    if (odd[0] !== undefined) lines.push(`      such as: ${odd[0].slice(0, 140)}`);
  }
  return [
    `  what ${checks} checks leave: lines as of any client that comes and goes, other lines, counters of errors that moved`,
    `    ${'server'.padEnd(26)}ordinary   others   counters`,
    ...lines,
  ];
}
