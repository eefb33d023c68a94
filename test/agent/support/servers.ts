import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, freePort, startDaemon } from './daemon.ts';

const run = promisify(execFile);

/** A server and where it listens. */
export type Server = Daemon & { readonly port: number };

/** A redis, and a client of it that logs in as whoever may do everything. */
export type RedisServer = Server & { readonly cli: (...words: string[]) => Promise<string> };

/** Starts a redis with these options on top, each a line of its configuration; `port` is where one was before. */
export async function startRedis(
  directory: string,
  options: readonly string[] = [],
  port?: number,
): Promise<RedisServer> {
  const at = port ?? (await freePort());
  const lines = ['bind 127.0.0.1', `port ${at}`, `dir ${directory}`, 'save ""', 'enable-debug-command yes', ...options];
  const file = join(directory, `redis-${at}.conf`);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon('redis-server', [file], at);
  const password = options.find((line) => line.startsWith('requirepass '))?.slice('requirepass '.length);
  const env = { ...process.env, ...(password ? { REDISCLI_AUTH: password } : {}) };
  const cli = async (...words: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', `${at}`, ...words], { env })).stdout.trimEnd();
  return { ...daemon, port: at, cli };
}

/** The options of a redis that loads this many keys of a file it is given, at two milliseconds each. */
export async function slowToLoad(directory: string, keys: number): Promise<readonly string[]> {
  const file = `${keys}-keys.rdb`;
  const redis = await startRedis(directory, [`dbfilename ${file}`]);
  await redis.cli('debug', 'populate', `${keys}`);
  await redis.cli('save');
  await redis.kill();
  return [`dbfilename ${file}`, 'key-load-delay 2000', 'loading-process-events-interval-bytes 1024'];
}

/** Starts a dnsmasq that knows these records and nobody to ask for others. */
export async function startDnsmasq(records: readonly string[]): Promise<Server> {
  const port = await freePort();
  const flags = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root', '--log-facility=-'];
  const sources = ['--no-resolv', '--no-hosts', '--no-poll'];
  const address = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
  const args = [...flags, ...sources, ...address, ...records.map((record) => `--${record}`)];
  return { ...(await startDaemon('dnsmasq', args, port)), port };
}

/** Starts an nginx, one process, with these servers in its configuration; it listens on `port` among others. */
export async function startNginx(directory: string, servers: string, port: number): Promise<Server> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  const file = join(directory, 'nginx.conf');
  mkdirSync(join(directory, 'html'), { recursive: true });
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr info;
events {}
http { access_log off; root ${directory}/html; ${temporary.join(' ')}
${servers}
}
`,
  );
  return { ...(await startDaemon('nginx', ['-e', 'stderr', '-p', directory, '-c', file], port)), port };
}
