import { connect } from 'node:net';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** Starts a memcached with these flags on top, and this in its environment. */
export async function startMemcached(flags: readonly string[] = [], env: readonly string[] = []): Promise<Server> {
  const port = await freePort();
  const args = ['-u', 'root', '-l', '127.0.0.1', '-p', `${port}`, '-U', '0', '-v', ...flags];
  return { ...(await startDaemon('env', [...env, 'memcached', ...args], port)), port };
}

/** What `stats` counts. */
export async function statistics(port: number): Promise<Readonly<Record<string, number>>> {
  const client = connect(port, '127.0.0.1');
  client.write('stats\r\nquit\r\n');
  let text = '';
  for await (const chunk of client) text += String(chunk);
  return Object.fromEntries([...text.matchAll(/^STAT (\w+) (\d+)\r$/gm)].map(([, key, value]) => [key, Number(value)]));
}
