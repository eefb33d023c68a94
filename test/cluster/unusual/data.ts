import { writeFileSync } from 'node:fs';
import { must } from '../../support/process.ts';

const initdb = '/usr/lib/postgresql/15/bin/initdb';

/** The data of a new PostgreSQL, for the user that its image has; it reads what the image's start writes. */
export async function postgresData(directory: string): Promise<void> {
  await must('install', ['-d', '-o', 'postgres', directory]);
  await must('runuser', ['-u', 'postgres', '--', initdb, '--no-sync', '--locale=C', '-U', 'postgres', '-D', directory]);
  writeFileSync(
    `${directory}/postgresql.conf`,
    `listen_addresses = '*'\nshared_buffers = 8MB\nlog_timezone = 'Etc/UTC'\ntimezone = 'Etc/UTC'\ninclude_if_exists '/tmp/baked.conf'\n`,
  );
  await must('chown', ['-R', '65532:65532', directory]);
}

/** The data of a new MariaDB. */
export async function mariadbData(directory: string): Promise<void> {
  await must('mariadb-install-db', [
    '--no-defaults',
    '--user=root',
    `--datadir=${directory}`,
    '--skip-test-db',
    '--innodb-log-file-size=4M',
    '--auth-root-authentication-method=socket',
    '--auth-root-socket-user=root',
  ]);
}
