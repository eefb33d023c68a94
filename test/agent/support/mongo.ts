import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startDaemon } from './daemon.ts';
import { buildGo } from './go.ts';
import { must } from '../../support/process.ts';
import type { Server } from './servers.ts';

/** A FerretDB, and a client that runs a command, as whom and how `url` says, and gives back extended JSON. */
export type MongoServer = Server & {
  readonly command: (database: string, command: object, url?: string) => Promise<string>;
};

const folder = fileURLToPath(new URL('mongo', import.meta.url));

/**
 * Builds FerretDB 1.24.2 and a client of MongoDB's own driver, which takes minutes once on a machine.
 * FerretDB is an independent server of MongoDB's protocol over SQLite, not MongoDB; it is never a secondary or an arbiter.
 */
export async function installMongo(): Promise<{ readonly server: string; readonly client: string }> {
  return { server: await buildGo(folder, './server'), client: await buildGo(folder, './client') };
}

/**
 * Starts a FerretDB with these options of its `server/main.go` on top; `port` is where one was before.
 * With `-user=` and `-password=` nobody gets in without a login, by SCRAM-SHA-1 or SCRAM-SHA-256;
 * with `-cert=` and `-key=` it speaks TLS alone; with `-replica-set=` it calls itself the primary of that one.
 */
export async function startMongo(
  directory: string,
  options: readonly string[] = [],
  port?: number,
): Promise<MongoServer> {
  const at = port ?? (await freePort());
  const { server, client } = await installMongo();
  const data = join(directory, `mongo-${at}`);
  mkdirSync(data, { recursive: true });
  const daemon = await startDaemon(server, [`-listen=127.0.0.1:${at}`, `-directory=${data}`, ...options], at);
  const command = async (database: string, document: object, url = `mongodb://127.0.0.1:${at}/`): Promise<string> =>
    (await must(client, [url, database, JSON.stringify(document)])).trimEnd();
  return { ...daemon, port: at, command };
}
