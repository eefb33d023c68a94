import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** A NATS server, and what it counts. */
export type NatsServer = Server & { readonly counts: () => Promise<Readonly<Record<string, unknown>>> };

/** Starts a NATS server with these lines in its configuration; its counters are at rest. */
export async function startNats(directory: string, lines: readonly string[] = []): Promise<NatsServer> {
  const [port, monitoring] = [await freePort(), await freePort()];
  const file = join(directory, `nats-${port}.conf`);
  writeFileSync(file, ['host: 127.0.0.1', `port: ${port}`, `http: 127.0.0.1:${monitoring}`, ...lines, ''].join('\n'));
  const daemon = await startDaemon('nats-server', ['-c', file], port);
  const counts = async () => (await fetch(`http://127.0.0.1:${monitoring}/varz`)).json() as never;
  // It counts a connection some time after it accepted it: without this, that of the wait would be counted among a test's.
  await eventually('the counters of nats-server at rest', 8_000, async () => {
    const { connections, total_connections: total } = await counts();
    return connections === 0 && Number(total) > 0;
  });
  return { ...daemon, port, counts };
}
