import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { cached } from './cache.ts';
import { freePort, startDaemon } from './daemon.ts';
import { must } from '../../support/process.ts';
import type { Server } from './servers.ts';
import { treeOf, unpackUnstable } from './unstable.ts';

/** A MySQL, and its own client, logged in over the socket as whoever may do everything; rows are lines, columns tabs. */
export type MysqlServer = Server & { readonly sql: (statements: string) => Promise<string> };

/**
 * Installs Oracle's MySQL as Debian's unstable builds it (9.7), which takes half a minute once on a machine.
 * It is the real thing, with `caching_sha2_password`; `mysql_native_password` has left it, and MariaDB still has it.
 * Unstable is what it is on the day of the first start: remove `mysql` from the cache to have a newer one.
 */
export const installMysql = (): Promise<string> =>
  cached('mysql', [], async (directory) => {
    await unpackUnstable(directory, ['mysql-server-core', 'mysql-client-core']).catch((cause: Error) => {
      throw new Error(`MySQL is not to be had from Debian's unstable: ${cause.message}`, { cause });
    });
    const [program, ...args] = treeOf(directory).command('usr/sbin/mysqld');
    await must(program, [...args, ...flags(directory, join(directory, 'data')), '--initialize-insecure']);
  });

/** Starts a MySQL with these options on top, each as on its command line; `port` is where one was before. */
export async function startMysql(
  directory: string,
  options: readonly string[] = [],
  port?: number,
): Promise<MysqlServer> {
  const at = port ?? (await freePort());
  const installed = await installMysql();
  const data = join(directory, `mysql-${at}`);
  cpSync(join(installed, 'data'), data, { recursive: true, force: false });
  const socket = join(directory, `mysql-${at}.sock`);
  const address = ['--bind-address=127.0.0.1', `--port=${at}`, `--socket=${socket}`, `--pid-file=${data}/mysqld.pid`];
  const tree = treeOf(installed);
  const [program, ...args] = tree.command('usr/sbin/mysqld');
  const daemon = await startDaemon(program, [...args, ...flags(installed, data), ...address, ...options], at);
  await eventually('MySQL to be ready', 10_000, async () => / ready for connections\. Version/.test(daemon.log()));
  const [client, ...words] = tree.command('usr/bin/mysql');
  const login = ['--no-defaults', `--socket=${socket}`, '--user=root', '--batch', '--skip-column-names'];
  const sql = async (statements: string): Promise<string> =>
    (await must(client, [...words, ...login, `--execute=${statements}`])).trimEnd();
  return { ...daemon, port: at, sql };
}

/** What every MySQL here is started with: its own files, and little memory. */
const flags = (installed: string, data: string): readonly string[] => [
  '--no-defaults',
  ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  `--basedir=${installed}/usr`,
  `--plugin-dir=${installed}/usr/lib/mysql/plugin`,
  `--lc-messages-dir=${installed}/usr/share/mysql`,
  `--character-sets-dir=${installed}/usr/share/mysql/charsets`,
  `--datadir=${data}`,
  '--secure-file-priv=NULL',
  '--mysqlx=OFF',
  '--disable-log-bin',
  '--performance-schema=OFF',
  '--innodb-buffer-pool-size=5M',
  '--innodb-redo-log-capacity=8M',
];
