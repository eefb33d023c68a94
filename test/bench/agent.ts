import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { program } from '../agent/support/agent.ts';
import { benchCleanClose } from './clean-close.ts';
import { benchEndurance } from './endurance.ts';
import { startServers } from './servers.ts';
import { benchSideBySide } from './side-by-side.ts';
import { startSlowServers } from './slow-servers.ts';

/** Measures the agent against real servers: its size, what a check costs, what it leaves behind, and a long run. */
export async function benchAgent(): Promise<string[]> {
  const linkage = execFileSync('file', ['-b', program]).toString().includes('statically linked')
    ? 'static'
    : 'not static';
  const servers = await startServers();
  try {
    return [
      `agent: ${(statSync(program).size / 1e6).toFixed(2)} MB, ${linkage}`,
      ...(await benchSideBySide(servers)),
      ...(await benchCleanClose([...servers.watched, ...(await startSlowServers(servers.directory))])),
      ...(await benchEndurance(servers)),
    ];
  } finally {
    await servers.stop();
  }
}
