import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { type CertificateFiles } from './certificates.ts';
import { type Daemon, freePort } from './daemon.ts';
import { startJava } from './java.ts';
import { classPathOf } from './maven.ts';

const artefacts = ['org.apache.kafka:kafka_2.13:3.9.1', 'org.slf4j:slf4j-simple:1.7.36'];

/** A Kafka broker, its own controller, and the port of each listener; one without its option is closed. */
export type KafkaServer = Daemon & { readonly ports: Readonly<Record<keyof typeof listeners, number>> };

/** What a broker has besides its plain listener. */
export type KafkaOptions = {
  /** For `tls`, and for `mutualTls`, which takes only clients with a certificate by `ca`. */
  readonly certificate?: CertificateFiles;
  /** Passwords by user, for `sasl` in the clear, and for `saslTls` where there is a certificate too; only PLAIN. */
  readonly users?: Readonly<Record<string, string>>;
  /** More lines of its configuration, which win over those that are there. */
  readonly lines?: readonly string[];
};

const listeners = {
  plain: 'PLAINTEXT',
  tls: 'SSL',
  mutualTls: 'SSL',
  sasl: 'SASL_PLAINTEXT',
  saslTls: 'SASL_SSL',
} as const;

/** Brings the jars of Kafka, which takes half a minute once on a machine. */
export const installKafka = (): Promise<string> => classPathOf(artefacts);

/** Starts a Kafka broker. */
export async function startKafka(directory: string, options: KafkaOptions = {}): Promise<KafkaServer> {
  const { certificate, users, lines = [] } = options;
  const classPath = await installKafka();
  const ports = {
    plain: await freePort(),
    tls: await freePort(),
    mutualTls: await freePort(),
    sasl: await freePort(),
    saslTls: await freePort(),
  };
  const open = Object.entries(listeners).filter(
    ([, protocol]) => (certificate || !protocol.endsWith('SSL')) && (users || !protocol.startsWith('SASL')),
  ) as [keyof typeof listeners, string][];
  const home = join(directory, `kafka-${ports.plain}`);
  mkdirSync(home);
  const configuration = [
    ...nodeLines(home, await freePort(), open, ports),
    ...(certificate ? tlsLines(home, certificate) : []),
    ...(users ? saslLines(users) : []),
    ...lines,
  ];
  const file = join(home, 'server.properties');
  writeFileSync(file, configuration.map((line) => `${line}\n`).join(''));
  // What the storage tool would write, without the seconds that it takes.
  writeFileSync(join(home, 'meta.properties'), 'version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=1\n');
  const daemon = await startJava(classPath, 'kafka.Kafka', [file], ports.plain);
  await eventually('a started Kafka', 20_000, async () => /Kafka Server started/.test(daemon.log()));
  return { ...daemon, ports };
}

function nodeLines(
  home: string,
  controllerPort: number,
  open: readonly (readonly [keyof typeof listeners, string])[],
  ports: KafkaServer['ports'],
): string[] {
  const addresses = open.map(([name]) => `${name.toUpperCase()}://127.0.0.1:${ports[name]}`);
  const protocols = open.map(([name, protocol]) => `${name.toUpperCase()}:${protocol}`);
  return [
    'node.id=1',
    'process.roles=broker,controller',
    `log.dirs=${home}`,
    `listeners=${[...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(',')}`,
    `listener.security.protocol.map=${[...protocols, 'CONTROLLER:PLAINTEXT'].join(',')}`,
    'inter.broker.listener.name=PLAIN',
    'controller.listener.names=CONTROLLER',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    'num.partitions=1',
    'offsets.topic.num.partitions=1',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
  ];
}

function tlsLines(home: string, { cert, key, ca }: CertificateFiles): string[] {
  const keystore = join(home, 'keystore.pem');
  writeFileSync(keystore, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
  return [
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keystore}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${ca}`,
    'listener.name.mutualtls.ssl.client.auth=required',
  ];
}

function saslLines(users: Readonly<Record<string, string>>): string[] {
  const known = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
  const module = `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`;
  return [
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.sasl.plain.sasl.jaas.config=${module}`,
    `listener.name.sasltls.plain.sasl.jaas.config=${module}`,
  ];
}
