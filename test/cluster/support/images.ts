import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { must } from '../../support/process.ts';
import { install } from '../../support/packages.ts';
import { eventually } from './kubectl.ts';

const tools = process.env['CLUSTER_TOOLS'] ?? new URL('../../../../shared/cluster', import.meta.url).pathname;
const directory = join(tmpdir(), 'health-injector-images');
const root = new URL('../../../', import.meta.url).pathname;

export type Image = {
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly files: readonly string[];
  /** Debian packages that the files come from. */
  readonly packages?: readonly string[];
  readonly libs?: boolean;
  readonly user?: string;
};

/** A web server whose health port answers 503 while /tmp/sick exists, and is not ready while /tmp/busy does. */
const nginxConfiguration = `
daemon off; pid /tmp/nginx.pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  server { listen 8080; return 200 "hello\\n"; }
  server {
    listen 8081;
    location /livez { if (-f /tmp/sick) { return 503; } return 200; }
    location /readyz { if (-f /tmp/busy) { return 503; } return 200; }
  }
}
`;

const postgres = '/usr/lib/postgresql/15/bin';

const images: readonly Image[] = [
  {
    name: 'ghcr.io/health-injector/health-injector:0.1.0',
    entrypoint: ['/nodejs/bin/node'],
    files: [`${root}node_modules/node/bin/node:/nodejs/bin/node`, `${root}dist:/app/dist`],
    libs: true,
  },
  {
    name: 'ghcr.io/health-injector/health-probe:0.1.0',
    entrypoint: ['/health-probe'],
    files: [`${root}agent/target/release/health-probe:/health-probe`],
  },
  {
    name: 'docker.io/local/web:1',
    entrypoint: ['/usr/sbin/nginx', '-c', '/etc/web.conf'],
    files: [
      '/usr/sbin/nginx',
      '/usr/bin/touch',
      '/bin/rm',
      `${directory}/web.conf:/etc/web.conf`,
      `${directory}/empty:/var/log/nginx`,
      `${directory}/empty:/var/lib/nginx`,
    ],
    packages: ['nginx-light'],
    user: '65532',
    libs: true,
  },
  {
    // A well-known name, which the table of presets has: that of the other one is nobody's.
    name: 'docker.io/local/nginx:1',
    entrypoint: ['/usr/sbin/nginx', '-c', '/etc/web.conf'],
    files: [
      '/usr/sbin/nginx',
      '/usr/bin/pkill',
      `${directory}/web.conf:/etc/web.conf`,
      `${directory}/empty:/var/log/nginx`,
      `${directory}/empty:/var/lib/nginx`,
    ],
    packages: ['nginx-light', 'procps'],
    user: '65532',
    libs: true,
  },
  {
    name: 'docker.io/local/dnsmasq:2',
    entrypoint: ['/usr/sbin/dnsmasq'],
    files: ['/usr/sbin/dnsmasq', '/usr/bin/pkill'],
    packages: ['dnsmasq-base', 'procps'],
    libs: true,
  },
  {
    name: 'docker.io/local/redis:7',
    entrypoint: ['/usr/bin/redis-server'],
    files: ['/usr/bin/redis-server', '/usr/bin/redis-cli', '/usr/bin/pkill', `${directory}/dump.rdb:/data/dump.rdb`],
    packages: ['redis-server', 'procps'],
    libs: true,
  },
  {
    // Work that takes as long as its argument says, and is then done.
    name: 'docker.io/local/sleep:1',
    entrypoint: ['/bin/sleep'],
    files: ['/bin/sleep'],
    libs: true,
    user: '65532',
  },
  {
    name: 'docker.io/local/memcached:1',
    entrypoint: ['/usr/bin/memcached'],
    files: ['/usr/bin/memcached', '/usr/bin/pkill'],
    packages: ['memcached', 'procps'],
    libs: true,
    user: '65532',
  },
  {
    name: 'docker.io/local/postgres:15',
    entrypoint: [
      '/bin/sh',
      '-c',
      `${postgres}/initdb --no-sync -D /tmp/data && exec ${postgres}/postgres -D /tmp/data -k /tmp`,
    ],
    files: [
      '/bin/sh',
      '/usr/bin/pkill',
      `${postgres}/initdb`,
      `${postgres}/postgres`,
      '/usr/lib/postgresql/15/lib',
      '/usr/share/postgresql/15',
      '/usr/share/zoneinfo/Etc',
      `${directory}/passwd:/etc/passwd`,
    ],
    packages: ['postgresql-15', 'procps'],
    libs: true,
    user: '65532',
  },
];

/** Makes every image out of files of this machine and loads it into every node. */
export async function loadImages(): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'empty'), { recursive: true });
  writeFileSync(join(directory, 'web.conf'), nginxConfiguration);
  // PostgreSQL looks the name of its user up.
  writeFileSync(join(directory, 'passwd'), 'postgres:x:65532:65532::/tmp:/bin/sh\n');
  await install([...new Set(images.flatMap((image) => image.packages ?? []))]);
  await saveKeys(join(directory, 'dump.rdb'));
  for (const image of images) await loadImage(image);
}

/** Makes an image out of files of this machine and loads it into every node. */
export async function loadImage({ name, entrypoint, files, libs, user }: Image): Promise<void> {
  const file = join(directory, `${name.replaceAll(/[/:]/g, '_')}.tar`);
  const flags = [
    ...entrypoint.map((word) => `--entrypoint=${word}`),
    ...(libs ? ['--libs'] : []),
    ...(user ? [`--user=${user}`] : []),
  ];
  await must(join(tools, 'image'), [name, file, ...flags, ...files]);
  await must(join(tools, 'cluster'), ['load', file]);
}

/** Writes what a redis with a thousand keys saves: something to load, for as long as a test wants it to take. */
async function saveKeys(file: string): Promise<void> {
  const socket = join(directory, 'redis.sock');
  const server = must('redis-server', [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    directory,
    '--save',
    '',
    '--enable-debug-command',
    'yes',
  ]);
  const client = (...words: string[]): Promise<string> => must('redis-cli', ['-s', socket, ...words]);
  await eventually('a redis to fill', 10, () => client('ping'));
  await client('debug', 'populate', '1000');
  await client('config', 'set', 'dbfilename', basename(file));
  await client('save');
  await client('shutdown', 'nosave').catch(() => {});
  await server;
}
