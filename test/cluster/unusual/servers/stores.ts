import { hold } from '../hold.ts';
import type { Server } from '../server.ts';

const peers = 'one=http://127.0.0.1:2380,two=http://127.0.0.1:9,three=http://127.0.0.1:10';

const etcd: Server = {
  name: 'etcd',
  packages: ['etcd-server'],
  files: ['/usr/bin/etcd'],
  start: 'exec etcd --data-dir /tmp/etcd $BAKED "$@"',
  rows: [
    {
      name: 'etcd-url',
      what: 'another address for clients, by option',
      args: ['--listen-client-urls=http://127.0.0.1:3379', '--advertise-client-urls=http://127.0.0.1:3379'],
      expected: 'proven',
    },
    {
      name: 'etcd-alone',
      what: 'its peers are away',
      args: ['--name=one', '--initial-advertise-peer-urls=http://127.0.0.1:2380', `--initial-cluster=${peers}`],
      expected: 'unproven',
    },
    {
      name: 'etcd-tls',
      what: 'only TLS with a client certificate, by option',
      args: [
        '--listen-client-urls=https://127.0.0.1:2379',
        '--advertise-client-urls=https://127.0.0.1:2379',
        '--cert-file=/tls/tls.crt',
        '--key-file=/tls/tls.key',
        '--trusted-ca-file=/tls/ca.crt',
        '--client-cert-auth',
      ],
      expected: 'left-alone',
      why: 'may mean a login, TLS',
    },
    {
      name: 'etcd-tls-baked',
      what: "only TLS, by its image's own start",
      baked:
        '--listen-client-urls=https://127.0.0.1:2379 --advertise-client-urls=https://127.0.0.1:2379 --cert-file=/tls/tls.crt --key-file=/tls/tls.key',
      expected: 'unproven',
    },
  ],
};

const pgbouncer: Server = {
  name: 'pgbouncer',
  packages: ['pgbouncer'],
  files: ['/usr/sbin/pgbouncer'],
  written: { '/etc/passwd': 'root:x:0:0::/:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n' },
  start: 'bake /tmp/pgbouncer.ini; exec pgbouncer /tmp/pgbouncer.ini "$@"',
  user: '65532',
  rows: [
    {
      name: 'pgbouncer-away',
      what: 'its database is away, and it declares its port',
      baked:
        '[databases]\n* = host=127.0.0.1 port=9\n[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\nauth_type = any',
      ports: [6432],
      expected: 'unproven',
    },
    {
      name: 'pgbouncer-socket',
      what: 'only a Unix socket, and it declares a port',
      baked: '[databases]\n* = host=127.0.0.1 port=9\n[pgbouncer]\nunix_socket_dir = /tmp\nauth_type = any',
      ports: [6432],
      expected: 'unproven',
    },
    {
      name: 'pgbouncer-tls',
      what: 'only TLS, and a login',
      baked:
        '[databases]\n* = host=127.0.0.1 port=9\n[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\nauth_type = scram-sha-256\nauth_file = /dev/null\nclient_tls_sslmode = require\nclient_tls_ca_file = /tls/ca.crt\nclient_tls_cert_file = /tls/tls.crt\nclient_tls_key_file = /tls/tls.key',
      ports: [6432],
      expected: 'unproven',
    },
    {
      name: 'pgbouncer-full',
      what: 'all its connections are taken',
      baked:
        '[databases]\n* = host=127.0.0.1 port=9\n[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\nauth_type = any\nmax_client_conn = 4\nclient_login_timeout = 0',
      ports: [6432],
      later: hold(6432, 4),
      expected: 'unproven',
      mayRefuse: true,
    },
    {
      name: 'pgbouncer-undeclared',
      what: 'declares no port',
      baked:
        '[databases]\n* = host=127.0.0.1 port=9\n[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\nauth_type = any',
      expected: 'left-alone',
      why: 'declares no port on which',
    },
  ],
};

const registry: Server = {
  name: 'registry',
  packages: ['docker-registry'],
  files: ['/usr/bin/docker-registry:/bin/registry'],
  start: `bake /tmp/config.yml $'version: 0.1\\nstorage: {filesystem: {rootdirectory: /tmp}}\\nhttp: {addr: ":5000"}'; exec registry serve /tmp/config.yml "$@"`,
  rows: [
    { name: 'registry-address', what: 'port by variable', env: { REGISTRY_HTTP_ADDR: ':5001' }, expected: 'proven' },
    {
      name: 'registry-tls',
      what: 'only TLS, by variable',
      env: { REGISTRY_HTTP_TLS_CERTIFICATE: '/tls/tls.crt', REGISTRY_HTTP_TLS_KEY: '/tls/tls.key' },
      expected: 'proven',
    },
    {
      name: 'registry-socket',
      what: 'only a Unix socket, by variable',
      env: { REGISTRY_HTTP_NET: 'unix', REGISTRY_HTTP_ADDR: '/tmp/registry.sock' },
      expected: 'left-alone',
      why: 'may mean',
    },
  ],
};

export const stores: readonly Server[] = [etcd, pgbouncer, registry];
