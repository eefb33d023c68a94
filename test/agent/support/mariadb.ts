import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

const run = promisify(execFile);

/** A MariaDB, its Unix socket, and a client of it that is root and prints rows of values with tabs between. */
export type MariadbServer = Server & {
  readonly socket: string;
  readonly sql: (statements: string) => Promise<string>;
  /** A counter of `SHOW GLOBAL STATUS`. */
  readonly counter: (name: string) => Promise<number>;
};

/** Starts a MariaDB with few buffers and these options on top; root logs in by the socket. */
export async function startMariadb(directory: string, options: readonly string[] = []): Promise<MariadbServer> {
  const port = await freePort();
  const data = join(directory, `data-${port}`);
  const socket = join(directory, `${port}.sock`);
  cpSync(await installed(directory), data, { recursive: true });
  const files = [`--datadir=${data}`, `--port=${port}`, `--socket=${socket}`, `--pid-file=${data}/pid`];
  const args = ['--no-defaults', '--user=root', ...files, ...flags, ...smallBuffers, ...options];
  // It takes connections by TCP before it does by the socket.
  const daemon = await startDaemon('mariadbd', args, socket);
  const sql = async (statements: string): Promise<string> =>
    (
      await run('mariadb', [
        '--no-defaults',
        '--default-character-set=utf8mb4',
        '-u',
        'root',
        '-S',
        socket,
        '-N',
        '-e',
        statements,
      ])
    ).stdout.trimEnd();
  const counter = async (name: string): Promise<number> =>
    Number((await sql(`SHOW GLOBAL STATUS LIKE '${name}'`)).split('\t')[1]);
  return { ...daemon, port, socket, sql, counter };
}

const flags = ['--bind-address=127.0.0.1', '--skip-name-resolve', '--performance-schema=off'];
const smallBuffers = ['--innodb-buffer-pool-size=8M', '--innodb-log-file-size=4M', '--aria-pagecache-buffer-size=1M'];

/** The data of a new server, made once for all servers of a directory. */
async function installed(directory: string): Promise<string> {
  const data = join(directory, 'data');
  if (existsSync(data)) return data;
  const args = ['--no-defaults', '--user=root', `--datadir=${data}`, '--skip-test-db', ...smallBuffers];
  // In a common one the installation of another test removes what this one has there.
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary, { recursive: true });
  await run('mariadb-install-db', [
    ...args,
    `--tmpdir=${temporary}`,
    '--auth-root-authentication-method=socket',
    '--auth-root-socket-user=root',
  ]);
  return data;
}
