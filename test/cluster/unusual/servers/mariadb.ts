import type { Server } from '../server.ts';
import { mariadbData } from '../data.ts';

const flags =
  '--user=root --datadir=/data --socket=/tmp/mysqld.sock --innodb-log-file-size=4M --innodb-buffer-pool-size=8M --aria-pagecache-buffer-size=1M --skip-name-resolve --init-file=/init.sql';

/** MariaDB, with the tables of a new one in its image. */
export const mariadb: Server = {
  name: 'mariadb',
  packages: ['mariadb-server'],
  files: ['/usr/sbin/mariadbd', '/usr/bin/mariadb', '/usr/share/mysql'],
  written: { '/init.sql': "CREATE USER IF NOT EXISTS app@'%' IDENTIFIED BY 'horse-app';\n" },
  data: mariadbData,
  start: `bake /tmp/my.cnf "[mysqld]"; exec mariadbd --defaults-file=/tmp/my.cnf ${flags} "$@"`,
  rows: [
    { name: 'mariadb-port', what: 'port by option', args: ['--port=3307'], expected: 'proven' },
    {
      name: 'mariadb-port-baked',
      what: 'port by a configuration of its image',
      baked: '[mysqld]\nport=3308',
      expected: 'unproven',
    },
    {
      name: 'mariadb-socket',
      what: 'only a Unix socket, by option',
      args: ['--skip-networking'],
      expected: 'left-alone',
      why: 'may mean',
    },
    {
      name: 'mariadb-socket-baked',
      what: 'only a Unix socket, by a configuration of its image',
      baked: '[mysqld]\nskip-networking',
      expected: 'unproven',
    },
    {
      name: 'mariadb-pod',
      what: "only the Pod's address, and one failed handshake blocks a host",
      args: ['--bind-address=$(POD_IP)', '--skip-name-resolve=0', '--max-connect-errors=1'],
      expected: 'proven',
      isInCi: true,
    },
    {
      name: 'mariadb-tls',
      what: 'only TLS',
      args: ['--require-secure-transport=ON', '--ssl-cert=/tls/tls.crt', '--ssl-key=/tls/tls.key'],
      expected: 'proven',
    },
    {
      name: 'mariadb-full',
      what: 'all its connections are taken',
      args: ['--max-connections=10', '--port=3306'],
      later: `for i in {1..11}; do mariadb -u root -S /tmp/mysqld.sock -e 'select sleep(100000)' & done; wait`,
      expected: 'proven',
      mayRefuse: true,
    },
  ],
};
