import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { installKafka } from '../../agent/support/kafka.ts';
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

/** A Java runtime with the modules that brokers need, which is a fifth of a whole one. */
export async function javaRuntime(directory: string): Promise<void> {
  const modules = ['java.management', 'java.naming', 'java.security.jgss', 'java.security.sasl', 'jdk.unsupported'];
  const more = ['java.desktop', 'java.sql', 'jdk.crypto.ec', 'jdk.management', 'jdk.zipfs'];
  await must('/usr/lib/jvm/default-java/bin/jlink', [
    `--add-modules=${[...modules, ...more].join(',')}`,
    '--strip-java-debug-attributes',
    '--no-man-pages',
    '--no-header-files',
    `--output=${directory}`,
  ]);
  // The image takes the libraries that an executable needs, and so those of the virtual machine.
  await must('chmod', ['-R', 'a+x', join(directory, 'lib')]);
}

/** The jars of Kafka, and what runs them. */
export async function kafkaData(directory: string): Promise<void> {
  const classPath = await installKafka();
  mkdirSync(join(directory, 'jars'), { recursive: true });
  for (const jar of classPath.split(delimiter)) cpSync(jar, join(directory, 'jars', basename(jar)));
  await javaRuntime(join(directory, 'java'));
}
