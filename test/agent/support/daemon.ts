import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../support/packages.ts';
import { eventually } from '../../support/eventually.ts';

/** A real server that runs as a child process. */
export type Daemon = {
  readonly pid: number;
  /** All that it printed. */
  readonly log: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly hasEnded: () => boolean;
  /** Kills it and waits until it is gone. */
  readonly kill: () => Promise<void>;
};

const running = new Map<ChildProcess, Daemon>();
const givenPorts = new Set<number>();
const directories = new Set<string>();

/** The number of this process among those that run the test files, where there are several. */
const worker = process.env['MOCHA_WORKER_ID'];

/** Kills every server, where the hooks of the tests are not run any more. */
function end(): void {
  for (const child of running.keys()) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}

process.on('exit', end);
// Mocha itself hears them where there is one process.
for (const signal of worker ? (['SIGINT', 'SIGTERM'] as const) : []) {
  process.once(signal, () => {
    end();
    process.kill(process.pid, signal);
  });
}

/** What is done with the port of a server that is starting, again and again until it accepts connections. */
let whileStarting: ((port: number) => Promise<void>) | undefined;

/** Asks every server that this call starts, while it starts. */
export async function askingWhileItStarts<T>(
  ask: (port: number) => Promise<void>,
  start: () => Promise<T>,
): Promise<T> {
  whileStarting = ask;
  try {
    return await start();
  } finally {
    whileStarting = undefined;
  }
}

/** Starts a server and waits until it accepts connections on the port, or on the Unix socket of this path, or until this is so. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  at: number | string | (() => Promise<boolean>),
  limitMs = 5_000,
): Promise<Daemon> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.on('error', (error) => (log += error.message));
  const hasEnded = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const daemon: Daemon = {
    pid: child.pid ?? 0,
    log: () => log,
    signal: (signal) => void child.kill(signal),
    hasEnded,
    kill: async () => {
      running.delete(child);
      if (hasEnded()) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  running.set(child, daemon);
  const isUp = async (): Promise<boolean> => {
    if (typeof at === 'number') await whileStarting?.(at);
    return typeof at === 'function' ? at() : accepts(at);
  };
  await eventually(
    `${program}${typeof at === 'function' ? '' : ` at ${at}`}`,
    limitMs,
    async () => hasEnded() || isUp(),
  );
  if (hasEnded()) throw new Error(`${program} ended before it accepted connections: ${log}`);
  return daemon;
}

/** A directory for the servers of a file; these packages are there before its tests, and nothing is left after them. */
export function useDaemons(packages: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-'));
  directories.add(directory);
  before(function (this: Mocha.Context) {
    this.timeout(300_000);
    return install(packages);
  });
  after(() => killAll(directory));
  return directory;
}

/** Kills every server that was started, and removes their directory. */
export async function killAll(directory: string): Promise<void> {
  for (const daemon of running.values()) await daemon.kill();
  rmSync(directory, { recursive: true, force: true });
  directories.delete(directory);
}

/** A port of loopback that is free for TCP and UDP, below those that the kernel gives to connections, and given once. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Of eight, each process has one.
    const port = 10_000 + Math.floor(Math.random() * 2_500) * 8 + (Number(worker ?? 0) % 8);
    if (givenPorts.has(port) || !(await isFree(port)) || (await accepts(port, '::1'))) continue;
    givenPorts.add(port);
    return port;
  }
}

const accepts = (at: number | string, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(typeof at === 'string' ? { path: at } : { port: at, host });
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  try {
    tcp.listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all([new Promise((done) => tcp.close(done)), new Promise<void>((done) => udp.close(done))]);
  }
}
