import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runToEnd } from '../../support/process.ts';
import { eventually } from '../../support/eventually.ts';
import { type CertificateFiles } from './certificates.ts';
import { freePort, startDaemon } from './daemon.ts';
import { javaFlags } from './java.ts';
import { classPathOf, needJdk } from './maven.ts';
import type { Server } from './servers.ts';

const artefacts = ['org.apache.cassandra:cassandra-all:5.0.2'];

/** A Cassandra node, whose one port takes connections with and without TLS, and the tool of its administrator. */
export type CassandraServer = Server & { readonly nodetool: (...words: string[]) => Promise<void> };

/** What its own start script opens, as far as a node on loopback needs it. */
const opens = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.management/com.sun.management.internal',
].flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]);

/** Brings the jars of Cassandra, which takes half a minute once on a machine. */
export const installCassandra = (): Promise<string> => classPathOf(artefacts);

/** What a node has besides its superuser: a role with its password, and more lines of its configuration. */
export type CassandraOptions = {
  readonly certificate: CertificateFiles;
  readonly role: { readonly name: string; readonly password: string };
  readonly lines: readonly string[];
};

/** Starts a node that wants a login, which takes some ten seconds. */
export async function startCassandra(
  directory: string,
  { certificate, role, lines }: CassandraOptions,
): Promise<CassandraServer> {
  const classPath = await installCassandra();
  await needJdk();
  const [port, storage, jmx] = [await freePort(), await freePort(), await freePort()];
  const home = join(directory, `cassandra-${port}`);
  mkdirSync(home);
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const keystore = file('keystore.pem', readFileSync(certificate.key, 'utf8') + readFileSync(certificate.cert, 'utf8'));
  const settings = [...nodeLines(home, storage), ...tlsLines(keystore), `native_transport_port: ${port}`, ...lines];
  const configuration = file('cassandra.yaml', settings.map((line) => `${line}\n`).join(''));
  const properties = {
    'cassandra-foreground': 'yes',
    // A login costs a bcrypt: with the least rounds that there are.
    'cassandra.auth_bcrypt_gensalt_log2_rounds': '4',
    'cassandra.config': `file://${configuration}`,
    'cassandra.jmx.local.port': `${jmx}`,
    'cassandra.ring_delay_ms': '1',
    'cassandra.skip_wait_for_gossip_to_settle': '0',
    'cassandra.storagedir': home,
    'cassandra.superuser_setup_delay_ms': '0',
    'java.security.manager': 'allow',
    'logback.configurationFile': file('logback.xml', logback),
  };
  const flags = [...javaFlags, ...opens, '-cp', classPath];
  const defines = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  const daemon = await startDaemon(
    'java',
    [...flags, ...defines, 'org.apache.cassandra.service.CassandraDaemon'],
    port,
    60_000,
  );
  // The superuser, whom a new node makes a moment after its start.
  await eventually('a user', 30_000, async () => daemon.log().includes('Created default superuser role'));
  await createRole(port, role);
  const nodetool = async (...words: string[]): Promise<void> => {
    const args = [...flags, 'org.apache.cassandra.tools.NodeTool', '-p', `${jmx}`, ...words];
    const { code, out, errors } = await runToEnd('java', args);
    if (code !== 0) throw new Error(`nodetool ${words.join(' ')}: ${out}${errors}`);
  };
  return { ...daemon, port, nodetool };
}

/** It logs what it does of its own accord, such as compactions, at INFO: only what it says of clients counts. */
const logback = `<configuration>
<appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%level %logger{0} %msg%n</pattern></encoder></appender>
<root level="INFO"><appender-ref ref="out"/></root>
</configuration>`;

const nodeLines = (home: string, storage: number): string[] => [
  'cluster_name: test',
  'num_tokens: 1',
  'partitioner: org.apache.cassandra.dht.Murmur3Partitioner',
  'endpoint_snitch: SimpleSnitch',
  'commitlog_sync: periodic',
  'commitlog_sync_period: 10s',
  `data_file_directories: [${home}/data]`,
  `seed_provider: [{class_name: org.apache.cassandra.locator.SimpleSeedProvider, parameters: [{seeds: "127.0.0.1:${storage}"}]}]`,
  'listen_address: 127.0.0.1',
  'rpc_address: 127.0.0.1',
  `storage_port: ${storage}`,
  'authenticator: PasswordAuthenticator',
  'memtable_heap_space: 16MiB',
];

const tlsLines = (keystore: string): string[] => [
  'client_encryption_options:',
  '  enabled: true',
  '  optional: true',
  '  ssl_context_factory:',
  '    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory',
  `  keystore: ${keystore}`,
];

const int = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const string = (text: string): Buffer => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
const bytes = (text: string): Buffer => Buffer.concat([int(text.length), Buffer.from(text)]);

/** Makes a role, as the superuser of a new node: version 4 of the protocol, a request after the other. */
async function createRole(port: number, { name, password }: CassandraOptions['role']): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const ask = async (opcode: number, ...body: readonly Buffer[]): Promise<void> => {
    const whole = Buffer.concat(body);
    socket.write(Buffer.concat([Buffer.from([4, 0, 0, 0, opcode]), int(whole.length), whole]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer[4] === 0) throw new Error(`Cassandra: ${answer.subarray(15).toString()}`);
  };
  await once(socket, 'connect');
  await ask(1, Buffer.from([0, 1]), string('CQL_VERSION'), string('3.0.0'));
  await ask(15, bytes('\0cassandra\0cassandra'));
  const consistency = Buffer.from([0, 1, 0]);
  await ask(7, bytes(`CREATE ROLE ${name} WITH LOGIN = true AND PASSWORD = '${password}'`), consistency);
  socket.destroy();
}
