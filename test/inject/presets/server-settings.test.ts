import assert from 'node:assert/strict';
import type { V1Container } from '@kubernetes/client-node';
import { isRefusal } from '../../../src/check/check.ts';
import { findChecks } from '../../../src/inject/presets/find.ts';

/** The check of a container, or why there is none. */
function guess(image: string, rest: Partial<V1Container> = {}): string {
  const found = findChecks({ name: 'app', image, ...rest });
  return isRefusal(found) ? `none: ${found.received}` : found.check;
}

const command = (...words: string[]): Partial<V1Container> => ({ command: words });
const args = (...words: string[]): Partial<V1Container> => ({ args: words });
const shell = (text: string): Partial<V1Container> => ({ command: ['/bin/sh', '-c', text] });
const variables = (...pairs: [string, string][]): Partial<V1Container> => ({
  env: pairs.map(([name, value]) => ({ name, value })),
});

const podIp = { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };
const envFrom = (prefix?: string): Partial<V1Container> => ({
  envFrom: [{ ...(prefix ? { prefix } : {}), secretRef: { name: 'shop' } }],
});

describe('what a server is told', () => {
  const rows: readonly (readonly [string, string, string, Partial<V1Container>?])[] = [
    ['a long option beside its value', 'redis://:6380', 'redis', args('--port', '6380')],
    ['a long option in one word with its value', 'redis://:6380', 'redis', args('--port 6380')],
    ['the last of two', 'redis://:6381', 'redis', args('--port', '6380', '--port', '6381')],
    ['capital letters', 'redis://:6380', 'redis', args('--PORT', '6380')],
    ['underscores', 'mongodb://127.0.0.1:27017', 'mongo', args('--bind_ip', '127.0.0.1')],
    ['one dash before a long name', 'etcd://:2380', 'etcd', command('etcd', '-listen-client-urls=http://0.0.0.0:2380')],
    ['a letter behind flags', 'memcached://:11212', 'memcached', args('-vvp', '11212')],
    ['a letter that takes the next word is no flag', 'memcached://:11211', 'memcached', args('-m', '-p', '-v')],
    ['a letter with the rest of its word', 'mysql://:3307', 'mysql', args('-P3307')],
    ['a value of an unknown option is no option', 'redis://:6379', 'redis', args('--loglevel', 'debug')],
    ['a socket beside the port', 'redis://:6379', 'redis', args('--unixsocket', '/run/redis.sock')],
    [
      'an argument before a variable',
      'postgres://postgres@:5434',
      'postgres',
      { ...args('-p', '5434'), ...variables(['PGPORT', '5433']) },
    ],
    ['a variable in an argument', 'redis://:6382', 'redis', { ...args('--port', '$(P)'), ...variables(['P', '6382']) }],
    [
      'a variable in a variable',
      'redis://:6382',
      'redis',
      { ...args('--port', '$(Q)'), ...variables(['P', '6382'], ['Q', '$(P)']) },
    ],
    [
      'a variable of the shell',
      'redis://:6382',
      'redis',
      { ...shell('redis-server --port ${P}'), ...variables(['P', '6382']) },
    ],
    [
      'a quoted variable of the shell',
      'redis://:6382',
      'redis',
      { ...shell('exec redis-server --port "$P"'), ...variables(['P', '6382']) },
    ],
    ['a command on two lines', 'redis://:6380', 'redis', shell('exec redis-server \\\n  --port 6380\n')],
    [
      'options of the shell',
      'redis://:6380',
      'redis',
      command('bash', '-e', '-o', 'pipefail', '-c', 'redis-server --port 6380'),
    ],
    ['IPv6 loopback', 'redis://[::1]:6379', 'redis', args('--bind', '::1')],
    ['all addresses in brackets', 'http://:9091/-/healthy', 'prometheus', args('--web.listen-address=[::]:9091')],
    ['several addresses', 'redis://:6379', 'redis', args('--bind', '*', '-::*')],
    ['a value that says no', 'redis://:6379', 'bitnami/redis', variables(['REDIS_TLS_ENABLED', 'no'])],
    ['a path without a host', 'http://:9090/p/-/healthy', 'prometheus', args('--web.route-prefix=/p/')],
    [
      'the address of another service',
      'tcp://:8443',
      'kube-rbac-proxy',
      args('--secure-listen-address=:8443', '--upstream=http://127.0.0.1:1/'),
    ],
    ['a pair behind a letter', 'elasticsearch://:9201', 'elasticsearch-oss', args('elasticsearch', '-Ehttp.port=9201')],
    ['a pair without an option', 'tcp://:3001', 'grafana/grafana', args('cfg:server.http_port=3001')],
    ['the address of the Pod', 'redis://pod:6379', 'redis', { ...args('--bind', '$(IP)'), env: [podIp] }],
    [
      'loopback before the address of the Pod',
      'etcd://127.0.0.1:2379',
      'etcd',
      { ...command('etcd', '--listen-client-urls=http://$(IP):2379,http://127.0.0.1:2379'), env: [podIp] },
    ],
    [
      'a usual listener before others',
      'tcp://:9092',
      'cp-kafka',
      variables(['KAFKA_LISTENERS', 'IN://:29092,OUT://:9092']),
    ],
    [
      'a password of a variable',
      'redis://:$P@:6379',
      'redis',
      { ...args('--requirepass', '$(P)'), ...variables(['P', 'horse']) },
    ],
  ];
  for (const [what, wanted, image, rest] of rows) {
    it(`is read: ${what}`, () => {
      assert.equal(guess(image, rest), wanted);
    });
  }

  const refused: readonly (readonly [string, string, Partial<V1Container>?])[] = [
    ['a port that is no number', 'redis', args('--port', 'redis')],
    ['a port beyond the last', 'redis', args('--port', '65536')],
    ['an option that comes from a variable', 'redis', { ...args('--save', '', '$(MORE)') }],
    ['a name that may be any address', 'redis', args('--bind', 'redis-0.redis')],
    ['an unknown option that speaks of an address', 'prometheus', args('--web.other-listen-address=:1')],
    ['an unknown option that speaks of TLS', 'nats', args('--tlscacert=/ca', '--tls-any')],
    ['a variable of the server that speaks of a port', 'redis', variables(['REDIS_OTHER_PORT', '7000'])],
    ['a path of a host that is not known', 'prometheus', args('--web.external-url=http://$(HOST)/prometheus')],
    ['what only tells its version', 'redis', args('--version')],
    ['a second command', 'redis', shell('redis-server; sleep 1')],
    ['a command that is put into the background', 'redis', shell('redis-server & wait')],
    ['a substitution', 'redis', shell('redis-server --port $(cat /port)')],
    ['another substitution', 'redis', shell('redis-server --port `cat /port`')],
    ['an assignment', 'redis', shell('PORT=1 redis-server')],
    ['arguments of the shell', 'redis', command('sh', '-c', 'exec "$@"', 'sh', 'redis-server')],
    [
      'a value that the shell splits',
      'redis',
      { ...shell('redis-server $FLAGS'), ...variables(['FLAGS', '--port 7000']) },
    ],
    ['an open quote', 'redis', shell("redis-server --port '7000")],
    ['a script of a file', 'redis', command('sh', '/start.sh')],
    ['a shell alone', 'redis', command('sh')],
    ['a wrapper alone', 'redis', command('tini', '--')],
    ['wrappers without an end', 'redis', command(...Array.from({ length: 20 }, () => 'exec'), 'redis-server')],
    ['a name of a prototype', 'redis', command('constructor')],
    ['a subcommand of a prototype', 'minio/minio', { ...args('constructor'), ports: [{ containerPort: 9000 }] }],
  ];
  for (const [what, image, rest] of refused) {
    it(`is not guessed: ${what}`, () => {
      assert.match(guess(image, rest), /^none: /);
    });
  }

  it('counts what envFrom may bring, less what its prefix rules out', () => {
    const ports = [{ containerPort: 6379 }];
    assert.match(guess('redis', { ...envFrom(), ports }), /its envFrom may bring REDIS_TLS_ENABLED/);
    assert.equal(guess('redis', { ...envFrom('SHOP_'), ports }), 'redis://:6379');
    assert.equal(guess('postgres', { ...envFrom(), ports: [{ containerPort: 5432 }] }), 'postgres://postgres@:5432');
    assert.match(guess('postgres', envFrom()), /its envFrom may bring PGPORT/);
  });

  it('takes no image for that of its publisher in another registry', () => {
    assert.equal(guess('nginx'), 'tcp://:80');
    assert.equal(guess('registry.example:5000/nginx'), 'tcp://:80');
    assert.equal(guess('docker.io/library/nginx:1.29'), 'tcp://:80');
    assert.equal(guess('mirror.example/bitnami/nginx'), 'tcp://:8080');
    assert.match(guess('team/nginx'), /^none: /);
  });

  it('takes a port that is named for health for nothing where the container only sleeps', () => {
    const ports = [{ name: 'healthz', containerPort: 8080 }];
    assert.equal(guess('app', { ports }), 'http://:8080/healthz');
    assert.match(guess('app', { ports, command: ['sleep', 'infinity'] }), /^none: /);
  });

  it('reads what a stranger writes in linear time', () => {
    const doubled = Array.from({ length: 60 }, (_, at) => ({ name: `V${at + 1}`, value: `$(V${at})$(V${at})` }));
    const texts = [
      '-'.repeat(60_000),
      `-${'p'.repeat(60_000)}`,
      '$('.repeat(30_000),
      '"$A'.repeat(20_000),
      '::,'.repeat(20_000),
    ];
    const before = process.cpuUsage();
    for (const text of texts) {
      for (const image of ['redis', 'memcached', 'etcd', 'postgres']) {
        guess(image, args('--bind', text, text));
        guess(image, shell(text));
        guess(image, { ...args('$(V60)'), env: [{ name: 'V0', value: text }, ...doubled] });
      }
    }
    guess('redis', args(...Array.from({ length: 10_000 }, () => '--bind')));
    guess('memcached', args(...Array.from({ length: 10_000 }, () => '-l1')));
    assert(process.cpuUsage(before).user < 5_000_000);
  });
});
