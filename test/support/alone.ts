import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Does `work` while no other process of the tests does work of this name; another one waits until it is done. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(tmpdir(), `health-injector-test-${name}.lock`);
  // It holds the lock until its standard input ends, which the end of this process brings about too.
  const holder = spawn('flock', [file, 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const locked = once(holder.stdout, 'data');
  await once(holder, 'spawn');
  try {
    await locked;
    return await work();
  } finally {
    holder.stdin.end();
  }
}
