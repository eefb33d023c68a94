import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { type Daemon, freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

/** Starts a mosquitto whose listener has these options, each a line of its configuration. */
export async function startMosquitto(directory: string, options: readonly string[] = []): Promise<Server> {
  const port = await freePort();
  const daemon: Daemon = await start(directory, `${port}`, [`listener ${port} 127.0.0.1`, ...options], port);
  return { ...daemon, port };
}

/** Starts a mosquitto that listens on a Unix socket, with these lines on top. */
export const startMosquittoAt = (directory: string, path: string, lines: readonly string[] = []): Promise<Daemon> =>
  start(directory, 'unix', [`listener 0 ${path}`, 'allow_anonymous true', ...lines], path);

/** Writes a file of passwords, and gives back the option that names it. */
export function passwordFile(directory: string, user: string, password: string): string {
  const file = join(directory, 'mosquitto.passwords');
  execFileSync('mosquitto_passwd', ['-b', '-c', file, user, password]);
  return `password_file ${file}`;
}

async function start(directory: string, name: string, lines: readonly string[], at: number | string): Promise<Daemon> {
  const file = join(directory, `mosquitto-${name}.conf`);
  writeFileSync(file, ['user root', 'log_dest stderr', ...lines, ''].join('\n'));
  const daemon = await startDaemon('mosquitto', ['-c', file], at);
  // It accepts connections a moment before it has said so.
  await eventually('mosquitto to run', 5_000, async () => / running$/m.test(daemon.log()));
  return daemon;
}
