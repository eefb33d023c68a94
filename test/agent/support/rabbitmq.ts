import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

const run = promisify(execFile);
const programs = '/usr/lib/rabbitmq/bin';

/** A RabbitMQ broker, its port for TLS, its ports for streams, and a client of it that may do everything. */
export type RabbitServer = Server & {
  readonly tlsPort: number;
  readonly streamPort: number;
  readonly streamTlsPort: number;
  readonly ctl: (...words: string[]) => Promise<string>;
};

/** What a broker is started with: the settings of its TLS listeners, and its users, virtual hosts and queues. */
export type RabbitOptions = { readonly tls: readonly string[]; readonly definitions: object };

/** Starts a RabbitMQ with AMQP 1.0 and streams, which takes some ten seconds; `onBoot` begins while it does not listen yet. */
export async function startRabbit(
  directory: string,
  { tls, definitions }: RabbitOptions,
  onBoot: (port: number, streamPort: number) => Promise<void>,
): Promise<RabbitServer> {
  const [port, tlsPort, distribution, epmd] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [streamPort, streamTlsPort] = [await freePort(), await freePort()];
  const file = (name: string): string => join(directory, name);
  mkdirSync(file('home'));
  writeFileSync(file('definitions.json'), JSON.stringify(definitions));
  writeFileSync(file('plugins'), '[rabbitmq_amqp1_0,rabbitmq_stream].');
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
    ...tls.map((option) => `ssl_options.${option}`),
    `stream.listeners.tcp.1 = 127.0.0.1:${streamPort}`,
    `stream.listeners.ssl.1 = 127.0.0.1:${streamTlsPort}`,
    'log.console = true',
    'log.console.level = info',
    'log.file = false',
    `load_definitions = ${file('definitions.json')}`,
  ];
  writeFileSync(file('rabbitmq.conf'), settings.map((line) => `${line}\n`).join(''));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: file('home'),
    ERL_EPMD_PORT: `${epmd}`,
    RABBITMQ_NODENAME: 'probe@localhost',
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('plugins'),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_LOGS: '-',
    // The script then becomes the broker, and is no longer the shell that waits for it.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
  };
  await startDaemon('epmd', ['-port', `${epmd}`, '-address', '127.0.0.1'], epmd);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const starting = startDaemon('env', [...variables, `${programs}/rabbitmq-server`], port, 30_000);
  const [daemon] = await Promise.all([starting, onBoot(port, streamPort)]);
  const ctl = async (...words: string[]): Promise<string> =>
    (await run(`${programs}/rabbitmqctl`, ['-q', ...words], { env })).stdout.trim();
  return { ...daemon, port, tlsPort, streamPort, streamTlsPort, ctl };
}
