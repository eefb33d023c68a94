import { hold } from '../hold.ts';
import type { Server } from '../server.ts';

const tls = 'tls_server_config: {cert_file: /tls/tls.crt, key_file: /tls/tls.key}';
const login = 'basic_auth_users: {app: $2y$10$abcdefghijklmnopqrstuuO6fCJ1Yc6lTQ0kqR3ZQZl1p0Q3m9S1e}';

const prometheus: Server = {
  name: 'prometheus',
  packages: ['prometheus'],
  files: ['/usr/bin/prometheus'],
  written: { '/etc/prometheus/prometheus.yml': 'scrape_configs: []\n' },
  start: `bake /tmp/web.yml
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/tmp/data \${BAKED:+--web.config.file=/tmp/web.yml} "$@"`,
  rows: [
    { name: 'prometheus-port', what: 'port by option', args: ['--web.listen-address=:9191'], expected: 'proven' },
    {
      name: 'prometheus-prefix',
      what: 'a path prefix by option, and 404 at the root',
      args: ['--web.external-url=http://example.test/metrics/', '--web.route-prefix=/inner'],
      expected: 'proven',
    },
    { name: 'prometheus-tls', what: 'only TLS, by a configuration of its image', baked: tls, expected: 'unproven' },
    { name: 'prometheus-login', what: 'a login, by a configuration of its image', baked: login, expected: 'unproven' },
    {
      name: 'prometheus-web-file',
      what: 'a configuration of TLS and logins, by option',
      args: ['--web.config.file=/dev/null'],
      expected: 'left-alone',
      why: 'may mean',
    },
    {
      name: 'prometheus-full',
      what: 'all its connections are taken',
      args: ['--web.max-connections=4'],
      later: hold(9090, 4),
      expected: 'proven',
      mayRefuse: true,
    },
    {
      name: 'prometheus-sleep',
      what: '`sleep` in its image',
      command: ['sleep', '100000'],
      ports: [9090],
      expected: 'left-alone',
      why: 'runs "sleep"',
    },
  ],
};

const alertmanager: Server = {
  name: 'alertmanager',
  packages: ['prometheus-alertmanager'],
  files: ['/usr/bin/prometheus-alertmanager:/bin/alertmanager', '/usr/share/prometheus/alertmanager'],
  written: { '/etc/alertmanager.yml': 'route: {receiver: none}\nreceivers: [{name: none}]\n' },
  start: `bake /tmp/web.yml
exec alertmanager --config.file=/etc/alertmanager.yml --storage.path=/tmp/data --cluster.listen-address= \${BAKED:+--web.config.file=/tmp/web.yml} "$@"`,
  rows: [
    {
      name: 'alertmanager-prefix',
      what: 'a path prefix by its URL',
      args: ['--web.external-url=http://example.test/alerts'],
      expected: 'proven',
    },
    { name: 'alertmanager-tls', what: 'only TLS, by a configuration of its image', baked: tls, expected: 'unproven' },
  ],
};

const nodeExporter: Server = {
  name: 'node-exporter',
  packages: ['prometheus-node-exporter'],
  files: ['/usr/bin/prometheus-node-exporter:/bin/node_exporter'],
  start: `bake /tmp/web.yml; exec node_exporter \${BAKED:+--web.config.file=/tmp/web.yml} "$@"`,
  rows: [
    {
      name: 'node-exporter-pod',
      what: "only the Pod's address",
      args: ['--web.listen-address=$(POD_IP):9100'],
      expected: 'proven',
    },
    { name: 'node-exporter-tls', what: 'only TLS', baked: tls, expected: 'proven' },
  ],
};

const blackbox: Server = {
  name: 'blackbox-exporter',
  packages: ['prometheus-blackbox-exporter'],
  files: ['/usr/bin/prometheus-blackbox-exporter:/bin/blackbox_exporter'],
  written: { '/etc/blackbox.yml': 'modules: {}\n' },
  start: 'exec blackbox_exporter --config.file=/etc/blackbox.yml "$@"',
  rows: [
    { name: 'blackbox-prefix', what: 'a path prefix', args: ['--web.route-prefix=/probe-it'], expected: 'proven' },
  ],
};

const influxdb: Server = {
  name: 'influxdb',
  packages: ['influxdb'],
  files: ['/usr/bin/influxd'],
  start: `bake /tmp/http.conf
printf '%s\\n' '[meta]' 'dir = "/tmp/meta"' '[data]' 'dir = "/tmp/data"' 'wal-dir = "/tmp/wal"' "$(</tmp/http.conf)" > /tmp/influx.conf
exec influxd -config /tmp/influx.conf "$@"`,
  rows: [
    {
      name: 'influxdb-address',
      what: 'port by variable',
      env: { INFLUXDB_HTTP_BIND_ADDRESS: ':8087' },
      expected: 'proven',
    },
    {
      name: 'influxdb-tls',
      what: 'only TLS, by a configuration of its image',
      baked: '[http]\n https-enabled = true\n https-certificate = "/tls/tls.crt"\n https-private-key = "/tls/tls.key"',
      expected: 'unproven',
    },
    {
      name: 'influxdb-login',
      what: 'a login',
      baked: '[http]\n auth-enabled = true\n ping-auth-enabled = true',
      expected: 'proven',
    },
  ],
};

export const observability: readonly Server[] = [prometheus, alertmanager, nodeExporter, blackbox, influxdb];
