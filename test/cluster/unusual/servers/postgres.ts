import type { Server } from '../server.ts';
import { postgresData } from '../data.ts';

const home = '/usr/lib/postgresql/15';
const bin = `${home}/bin`;

/** PostgreSQL, with a database of its image. */
export const postgres: Server = {
  name: 'postgres',
  packages: ['postgresql-15'],
  files: [
    `${home}/bin/postgres`,
    `${home}/bin/psql`,
    `${home}/lib/libpqwalreceiver.so`,
    `${home}/lib/dict_snowball.so`,
    `${home}/lib/plpgsql.so`,
    '/usr/share/postgresql/15',
    '/usr/share/zoneinfo/Etc',
  ],
  written: { '/etc/passwd': 'root:x:0:0::/:/bin/sh\npostgres:x:65532:65532::/tmp:/bin/sh\n' },
  data: postgresData,
  start: `bake /tmp/baked.conf; [ -z "$HBA" ] || printf '%s\\n' "$HBA" > /data/pg_hba.conf
[ -z "$STANDBY" ] || : > /data/standby.signal
exec ${home}/bin/postgres -D /data -k /tmp "$@"`,
  user: '65532',
  rows: [
    { name: 'postgres-port', what: 'port glued to its option', args: ['-p5433'], expected: 'proven' },
    { name: 'postgres-port-variable', what: 'port by variable', env: { PGPORT: '5434' }, expected: 'proven' },
    {
      name: 'postgres-port-baked',
      what: 'port by a configuration of its image',
      baked: 'port = 5435',
      expected: 'unproven',
      isInCi: true,
    },
    {
      name: 'postgres-socket',
      what: 'only a Unix socket, by option',
      args: ['-c', 'listen_addresses='],
      expected: 'left-alone',
      why: 'no address',
    },
    {
      name: 'postgres-socket-baked',
      what: 'only a Unix socket, by a configuration of its image',
      baked: "listen_addresses = ''",
      expected: 'unproven',
    },
    {
      name: 'postgres-pod',
      what: "only the Pod's address",
      args: ['-h', '$(POD_IP)'],
      expected: 'unproven',
    },
    { name: 'postgres-loopback6', what: 'only ::1', args: ['-h', '::1'], expected: 'proven' },
    {
      name: 'postgres-tls',
      what: 'only TLS with a client certificate',
      baked: "ssl = on\nssl_cert_file = '/tls/tls.crt'\nssl_key_file = '/tmp/own.key'\nssl_ca_file = '/tls/ca.crt'",
      env: { HBA: 'hostssl all all all cert clientcert=verify-full' },
      expected: 'unproven',
    },
    { name: 'postgres-login', what: 'a login', env: { HBA: 'host all all all scram-sha-256' }, expected: 'proven' },
    {
      name: 'postgres-reject',
      what: 'refuses whoever is not in its list',
      env: { HBA: 'local all all trust' },
      expected: 'unproven',
      isInCi: true,
    },
    { name: 'postgres-standby', what: 'a standby whose primary is away', env: { STANDBY: '1' }, expected: 'proven' },
    {
      name: 'postgres-cold-standby',
      what: 'a standby that takes no clients',
      baked: 'hot_standby = off',
      env: { STANDBY: '1' },
      expected: 'unproven',
      isInCi: true,
    },
    {
      name: 'postgres-full',
      what: 'all its connections are taken',
      args: ['-c', 'max_connections=20'],
      later: `for i in {1..20}; do ${bin}/psql -h /tmp -U postgres -c 'select pg_sleep(100000)' & done; wait`,
      expected: 'proven',
      mayRefuse: true,
      isInCi: true,
    },
    {
      name: 'postgres-read-only',
      what: 'read-only',
      args: ['-c', 'default_transaction_read_only=on'],
      expected: 'proven',
    },
    {
      name: 'postgres-shell',
      what: 'a shell starts it',
      command: ['sh', '-c', `exec ${bin}/postgres -D /data -k /tmp --port=5436`],
      expected: 'proven',
    },
    {
      name: 'postgres-file-declared',
      what: 'port by a mounted configuration, and another declared',
      command: [`${bin}/postgres`, '-D', '/data', '-k', '/tmp', '-c', 'config_file=/settings/own.conf'],
      mounted: {
        at: '/settings',
        file: 'own.conf',
        text: "port = 5440\nlisten_addresses = '*'\nshared_buffers = 8MB\nhba_file = '/data/pg_hba.conf'\nident_file = '/data/pg_ident.conf'\n",
      },
      ports: [5432],
      expected: 'unproven',
    },
    {
      name: 'postgres-dump',
      what: 'a loop of dumps in its image',
      command: ['sh', '-c', `while sleep 5; do ${bin}/psql -h db -l; done`],
      expected: 'left-alone',
      why: 'is a script',
    },
    { name: 'postgres-slow', what: 'starts in 30 s', slow: 30, expected: 'proven' },
  ],
};
