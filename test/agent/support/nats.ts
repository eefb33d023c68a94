import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** A NATS server, and what it counts. */
export type NatsServer = Server & { readonly counts: () => Promise<Readonly<Record<string, unknown>>> };

/** Starts a NATS server with these lines in its configuration. */
export async function startNats(directory: string, lines: readonly string[] = []): Promise<NatsServer> {
  const [port, monitoring] = [await freePort(), await freePort()];
  const file = join(directory, `nats-${port}.conf`);
  writeFileSync(file, ['host: 127.0.0.1', `port: ${port}`, `http: 127.0.0.1:${monitoring}`, ...lines, ''].join('\n'));
  const daemon = await startDaemon('nats-server', ['-c', file], port);
  const counts = async () => (await fetch(`http://127.0.0.1:${monitoring}/varz`)).json() as never;
  return { ...daemon, port, counts };
}
