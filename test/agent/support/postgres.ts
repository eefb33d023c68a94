import { setTimeout } from 'node:timers/promises';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

const run = promisify(execFile);

/** A PostgreSQL that listens on loopback and on a Unix socket, where everybody may do everything. */
export type PostgresServer = Server & {
  readonly socket: string;
  readonly data: string;
  /** Runs SQL as the superuser, and gives back the values that it printed. */
  readonly sql: (text: string) => Promise<string>;
};

/** The programs run as the user that the package made: the server refuses to be root. */
const unprivileged = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];

const program = (name: string): string => {
  const versions = readdirSync('/usr/lib/postgresql').toSorted((a, b) => Number(a) - Number(b));
  return `/usr/lib/postgresql/${versions.at(-1)}/bin/${name}`;
};

const runUnprivileged = (name: string, ...args: string[]) => run('setpriv', [...unprivileged, program(name), ...args]);

/** A file that only the server may read, as it wants it for its key. */
export async function ownFile(directory: string, name: string, text: string): Promise<string> {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  await run('chown', ['postgres:', file]);
  return file;
}

async function ownDirectory(directory: string, name: string): Promise<string> {
  chmodSync(directory, 0o755);
  // Another one each time: a second attempt at a test begins anew.
  const own = mkdtempSync(join(directory, `${name}-`));
  await run('install', ['-d', '-o', 'postgres', '-m', '0700', own]);
  return own;
}

/** Makes a data directory with these lines of pg_hba.conf behind those of the tests themselves. */
export async function makeData(directory: string, name: string, access: readonly string[]): Promise<string> {
  const data = await ownDirectory(directory, name);
  await runUnprivileged('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-N', '--locale=C.UTF-8');
  const own = ['local all all trust', 'local replication all trust', 'host replication all 127.0.0.1/32 trust'];
  await ownFile(data, 'pg_hba.conf', [...own, ...access].map((line) => `${line}\n`).join(''));
  return data;
}

/** Starts a server on a data directory with these settings; the directory is that of its socket as well. */
export async function startPostgres(data: string, settings: readonly string[] = []): Promise<PostgresServer> {
  const port = await freePort();
  const where = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${data}`];
  const args = [...where, 'fsync=off', 'shared_buffers=16MB', ...settings].flatMap((setting) => ['-c', setting]);
  const daemon = await startDaemon('setpriv', [...unprivileged, program('postgres'), '-D', data, ...args], port);
  const at = ['-h', data, '-p', `${port}`, '-U', 'postgres'];
  const ask = [...at, '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c'];
  const sql = async (text: string, attempts = 100): Promise<string> => {
    try {
      return (await run(program('psql'), [...ask, text])).stdout.trim();
    } catch (error) {
      // It listens before it takes anybody in.
      if (attempts === 0 || !(error as Error).message.includes('the database system is starting up')) throw error;
      await setTimeout(100);
      return sql(text, attempts - 1);
    }
  };
  return { ...daemon, port, data, sql, socket: join(data, `.s.PGSQL.${port}`) };
}

/** A copy of the primary's data that follows it. */
export async function makeStandby(directory: string, primary: PostgresServer): Promise<string> {
  const data = await ownDirectory(directory, 'standby');
  const at = ['-h', primary.data, '-p', `${primary.port}`, '-U', 'postgres'];
  await runUnprivileged('pg_basebackup', ...at, '-D', data, '-c', 'fast', '-R', '--no-sync');
  return data;
}

/** A client of the server that is busy with this SQL. */
export const openSession = (server: PostgresServer, text: string): ChildProcess =>
  spawn(program('psql'), ['-h', server.data, '-p', `${server.port}`, '-U', 'postgres', '-X', '-q', '-c', text], {
    stdio: 'ignore',
  });

/** Starts a PgBouncer before the server, and before one that is `away`, with these users and their passwords. */
export async function startPgbouncer(
  directory: string,
  server: PostgresServer,
  users: Readonly<Record<string, string>>,
): Promise<Server> {
  const port = await freePort();
  const list = Object.entries(users).map(([user, password]) => `"${user}" "${password}"\n`);
  const auth = await ownFile(directory, 'users.txt', list.join(''));
  const settings = [
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${auth}`,
    'pool_mode = transaction',
    'log_connections = 0',
    'log_disconnections = 0',
  ];
  const at = `host=127.0.0.1 port=${server.port}`;
  const databases = `[databases]\npostgres = ${at}\naway = host=127.0.0.1 port=${await freePort()}\n`;
  const file = await ownFile(directory, 'pgbouncer.ini', `${databases}[pgbouncer]\n${settings.join('\n')}\n`);
  return { ...(await startDaemon('setpriv', [...unprivileged, 'pgbouncer', file], port)), port };
}

/** The certificate and key of a client who is called so, signed by itself. */
export async function clientCertificate(directory: string, name: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  await run('openssl', [...request, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert]);
  return { cert, key };
}

/** The text of a file. */
export const textOf = (file: string): string => readFileSync(file, 'utf8');
