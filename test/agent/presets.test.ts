import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { V1Container } from '@kubernetes/client-node';
import { isRefusal } from '../../src/check/check.ts';
import { findChecks } from '../../src/inject/presets/find.ts';
import { eventually } from '../support/eventually.ts';
import { programOf } from '../support/packages.ts';
import { asking } from './support/asking.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';
import { startNginx } from './support/servers.ts';

const { codesOf } = asking({}, []);
const passes = { liveness: 0, readiness: 0, startup: 0 };

/** A server that is told, by the same words as its container, to listen elsewhere. */
type Told = {
  readonly what: string;
  readonly image: string;
  readonly words: (port: number, directory: string) => readonly string[];
};

const servers: readonly Told[] = [
  {
    what: 'a redis on another port',
    image: 'redis:7',
    words: (port) => ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '-::1', '--save', ''],
  },
  {
    what: 'a redis that a shell starts',
    image: 'redis:7',
    words: (port) => ['/bin/sh', '-c', `exec redis-server --bind 127.0.0.1 --save "" --port '${port}'`],
  },
  {
    what: 'a memcached with its port glued to its flags',
    image: 'memcached:1.6',
    words: (port) => ['memcached', '-u', 'root', '-U', '0', '-l', '127.0.0.1', `-vp${port}`],
  },
  {
    what: 'a memcached with its port in its address',
    image: 'memcached:1.6',
    words: (port) => ['memcached', '-uroot', '-U0', '-l', `127.0.0.1:${port}`],
  },
  {
    what: 'a nats on another port',
    image: 'nats:2',
    words: (port) => ['nats-server', '-a', '127.0.0.1', '-p', `${port}`],
  },
  {
    what: 'a mosquitto on another port',
    image: 'eclipse-mosquitto:2',
    words: (port) => ['mosquitto', '-p', `${port}`],
  },
  {
    what: 'an etcd with an address of its own for clients',
    image: 'quay.io/coreos/etcd:v3.5.15',
    words: (port, directory) => [
      'etcd',
      `--data-dir=${directory}`,
      `--listen-client-urls=http://127.0.0.1:${port}`,
      `--advertise-client-urls=http://127.0.0.1:${port}`,
      '--listen-peer-urls=http://127.0.0.1:0',
    ],
  },
  {
    what: 'a dnsmasq on another port',
    image: 'dnsmasq',
    words: (port) => [
      'dnsmasq',
      '-k',
      '--pid-file=',
      '--user=root',
      '--no-resolv',
      '--bind-interfaces',
      '-a',
      '127.0.0.1',
      `-p${port}`,
    ],
  },
];

describe('what is guessed of a server that is told to listen elsewhere', () => {
  const directory = useDaemons([
    'redis-server',
    'memcached',
    'nats-server',
    'mosquitto',
    'etcd-server',
    'dnsmasq-base',
  ]);

  for (const { what, image, words } of servers) {
    it(`passes for ${what}`, async () => {
      const port = await freePort();
      const command = words(port, mkdtempSync(join(directory, 'data-')));
      const [program = '', ...args] = command;
      const daemon = await startDaemon(program, args, port);
      await assertPasses({ name: 'app', image, command: [...command], ports: [{ containerPort: 1 }] });
      await daemon.kill();
    });
  }
});

describe('what is guessed of a real Prometheus', () => {
  const directory = useDaemons([]);
  const rows = [
    ['under the path of its external URL', ['--web.external-url=https://shop.example/prometheus/']],
    ['with a prefix for its routes', ['--web.external-url=https://shop.example/p', '--web.route-prefix=/']],
  ] as const;
  for (const [what, words] of rows) {
    it(`passes ${what}`, async function () {
      this.timeout(300_000);
      const port = await freePort();
      const file = join(directory, 'prometheus.yml');
      writeFileSync(file, '');
      const storage = `--storage.tsdb.path=${mkdtempSync(join(directory, 'data-'))}`;
      const args = [`--config.file=${file}`, storage, `--web.listen-address=127.0.0.1:${port}`, ...words];
      const daemon = await startDaemon(await programOf('prometheus', 'prometheus'), args, port, 60_000);
      const container: V1Container = { name: 'app', image: 'prom/prometheus', args };
      await assertPasses(container);
      await daemon.kill();
    });
  }
});

const nginx = (port: number): V1Container => ({
  name: 'app',
  image: 'nginx',
  ports: [{ containerPort: port }],
  volumeMounts: [{ name: 'config', mountPath: '/etc/nginx/conf.d' }],
});

describe('what is guessed of a real nginx', () => {
  const directory = useDaemons(['nginx-light']);
  it('passes where the upstream of a proxy hangs', async () => {
    const upstream = createServer();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port: hanging } = upstream.address() as { port: number };
    const port = await freePort();
    const location = `location / { proxy_pass http://127.0.0.1:${hanging}; }`;
    const { kill } = await startNginx(directory, `server { listen 127.0.0.1:${port}; ${location} }`, port);
    await assertPasses(nginx(port));
    await kill();
    upstream.close();
  });

  it('passes where every connection is closed without an answer', async () => {
    const port = await freePort();
    const { kill } = await startNginx(directory, `server { listen 127.0.0.1:${port}; return 444; }`, port);
    await assertPasses(nginx(port));
    await kill();
  });

  it('passes where every connection has to begin with the address of its client', async () => {
    const port = await freePort();
    const { kill } = await startNginx(directory, `server { listen 127.0.0.1:${port} proxy_protocol; }`, port);
    await assertPasses(nginx(port));
    await kill();
  });
});

/** Its checks are found, and pass for each probe, once it has started. */
async function assertPasses(container: V1Container): Promise<void> {
  const found = findChecks(container);
  assert(!isRefusal(found), JSON.stringify(found));
  for (const url of [found.check, ...(found.readiness === undefined ? [] : [found.readiness])]) {
    let codes = await codesOf(url);
    await eventually(`${url} passes`, 30_000, async () =>
      isDeepStrictEqual((codes = await codesOf(url)), passes),
    ).catch(() => assert.deepEqual({ url, ...codes }, { url, ...passes }));
  }
}
