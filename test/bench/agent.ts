import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { program } from '../agent/support/agent.ts';
import { benchCleanClose } from './clean-close.ts';
import { benchEndurance } from './endurance.ts';
import { type Report, addRow } from './report.ts';
import { startServers } from './servers.ts';
import { benchSideBySide } from './side-by-side.ts';
import { startSlowServers } from './slow-servers.ts';

/** Measures the agent against real servers: its size, what a check costs, what it leaves behind, and a long run. */
export async function benchAgent(report: Report): Promise<string[]> {
  const linkage = execFileSync('file', ['-b', program]).toString().includes('statically linked')
    ? 'static'
    : 'not static';
  const size = `${(statSync(program).size / 1e6).toFixed(2)} MB`;
  addRow(report, 'Agent, the file', { file: 'health-probe', size, linkage });
  const servers = await startServers();
  try {
    return [
      `agent: ${size}, ${linkage}`,
      ...(await benchSideBySide(servers, report)),
      ...(await benchCleanClose([...servers.watched, ...(await startSlowServers(servers.directory))], report)),
      ...(await benchEndurance(servers, report)),
    ];
  } finally {
    await servers.stop();
  }
}
