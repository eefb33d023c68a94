/** How the servers of some well-known images are checked where no annotation says how. */
export type Preset = {
  /** The last segment of the path, as the official images and those of other publishers have it. */
  readonly images: readonly string[];
  /** Where the server listens unless it is told otherwise; several where publishers differ. */
  readonly ports: readonly number[];
  /** The check, in which `PORT` stands for the port. */
  readonly check: string;
  /** Another one for readiness, where there is more to be ready than a restart could mend. */
  readonly readiness?: string;
  /** What may stand before the `@`: the first of which the container has every variable. */
  readonly logins?: readonly string[];
  /** A variable without which it is unknown how the server has to be asked. */
  readonly onlyWith?: { readonly name: string; readonly value: string };
  /** What, in an argument or in a variable as `NAME=value`, gives the server a login or TLS that a check without a login lacks. */
  readonly hidden?: Told;
  /** What, in the same places, has it speak TLS whatever the login. */
  readonly encrypted?: Told;
};

/** Whether an argument, or a variable as `NAME=value`, tells the server something. Both are a stranger's text: the test is linear. */
type Told = (word: string) => boolean;

const matching =
  (pattern: RegExp): Told =>
  (word) =>
    pattern.test(word);

/** A listener of Kafka over TLS, as `KAFKA_LISTENERS=SASL_SSL://:9092` in a variable or in the script of a shell. */
function hasTlsListener(word: string): boolean {
  const at = word.indexOf('LISTENER');
  return at >= 0 && word.includes('SSL', at);
}

/**
 * The table. A preset may be too weak, never too strict: what a server needs besides (a login, TLS) comes from its
 * container, or there is no check. Sources: the documentation of the images.
 */
export const presets: readonly Preset[] = [
  {
    images: ['redis', 'valkey', 'redis-stack', 'redis-stack-server', 'redis-cluster', 'valkey-cluster', 'keydb'],
    ports: [6379],
    check: 'redis://:PORT',
    logins: [':$REDIS_PASSWORD', ':$VALKEY_PASSWORD'],
    hidden: matching(/requirepass|aclfile|\.conf\b|_PASSWORD_FILE=/),
    encrypted: matching(/--tls-port|_TLS_ENABLED=yes/),
  },
  {
    images: ['postgres', 'postgresql', 'postgresql-repmgr', 'postgis', 'pgvector', 'timescaledb', 'timescaledb-ha'],
    ports: [5432],
    check: 'postgres://:PORT',
    // Where loopback is trusted, a user that does not exist would be in the log each time.
    logins: ['$POSTGRES_USER', '$POSTGRESQL_USERNAME', 'postgres'],
  },
  { images: ['pgbouncer'], ports: [6432, 5432], check: 'postgres://:PORT' },
  { images: ['mysql', 'mysql-server', 'percona', 'percona-server'], ports: [3306], check: 'mysql://:PORT' },
  { images: ['mariadb', 'mariadb-galera'], ports: [3306], check: 'mariadb://:PORT' },
  {
    images: ['mongo', 'mongodb', 'mongodb-community-server', 'percona-server-mongodb'],
    ports: [27017],
    check: 'mongodb://:PORT',
    hidden: matching(/requireTLS|preferTLS|requireSSL|\.conf\b/),
  },
  { images: ['rabbitmq', 'lavinmq'], ports: [5672], check: 'amqp://:PORT' },
  {
    images: ['kafka', 'kafka-native', 'cp-kafka', 'cp-server', 'redpanda'],
    ports: [9092],
    // One that is full closes without a word, in any protocol, and a restart would throw its clients out.
    check: 'tcp://:PORT',
    readiness: 'kafka://:PORT',
    hidden: hasTlsListener,
  },
  {
    images: ['memcached'],
    ports: [11211],
    check: 'memcached://:PORT',
    hidden: matching(/^-\w*[SYZ]|auth-file|enable-sasl|enable-ssl|MEMCACHED_PASSWORD=/),
  },
  {
    images: ['nats'],
    ports: [4222],
    check: 'nats://:PORT',
    hidden: matching(/^--?(auth|user|pass|tls\w*|c|config)\b|\.conf\b/),
  },
  {
    images: ['eclipse-mosquitto', 'mosquitto', 'emqx', 'vernemq', 'hivemq-ce', 'nanomq'],
    ports: [1883],
    // As kafka when full, and mosquitto without a configuration listens on loopback only, where the kubelet does not ask.
    check: 'listen://:PORT',
    readiness: 'tcp://:PORT',
  },
  // As kafka when full; one that is only connected to has a stack trace in its log each time.
  { images: ['zookeeper', 'cp-zookeeper'], ports: [2181], check: 'listen://:PORT', readiness: 'zookeeper://:PORT' },
  { images: ['clickhouse-keeper'], ports: [9181, 2181], check: 'listen://:PORT', readiness: 'zookeeper://:PORT' },
  {
    images: ['etcd'],
    ports: [2379],
    check: 'etcd://:PORT',
    hidden: matching(/--cert-file|client-cert-auth|ETCD_CERT_FILE=/),
  },
  {
    images: ['elasticsearch'],
    ports: [9200],
    check: 'elasticsearch://:PORT',
    onlyWith: { name: 'xpack.security.enabled', value: 'false' },
  },
  {
    images: ['opensearch'],
    ports: [9200],
    check: 'opensearch://:PORT',
    onlyWith: { name: 'DISABLE_SECURITY_PLUGIN', value: 'true' },
  },
  {
    images: ['postfix', 'exim', 'exim4', 'opensmtpd', 'mailhog', 'mailpit'],
    ports: [25, 587, 1025],
    check: 'smtp://:PORT',
  },
  { images: ['openldap', 'slapd', '389ds', 'lldap'], ports: [389, 1389, 3389, 3890], check: 'ldap://:PORT' },
  {
    images: ['dnsmasq', 'unbound'],
    ports: [53, 5353],
    check: 'dns://:PORT/localhost?min-answers=0',
  },
  { images: ['bind', 'bind9'], ports: [53, 5353], check: 'dns://:PORT/localhost?min-answers=0' },
  { images: ['coredns'], ports: [8181], check: 'tcp://:PORT', readiness: 'http://:PORT/ready' },
  { images: ['coredns'], ports: [53, 1053, 5353], check: 'dns://:PORT/localhost?min-answers=0' },
  {
    images: ['nginx', 'nginx-unprivileged', 'httpd', 'apache', 'caddy'],
    ports: [80, 8080],
    check: 'http://:PORT/?status=100-599',
    readiness: 'http://:PORT/?status=200-499',
  },
  // What they serve is their configuration's: that they take connections is all that is known.
  {
    images: ['haproxy', 'haproxy-alpine', 'haproxy-debian'],
    ports: [80, 8080, 443, 8443, 8404, 1936],
    check: 'tcp://:PORT',
  },
  { images: ['traefik'], ports: [8080, 9000, 8000, 80, 8443, 443], check: 'tcp://:PORT' },
  { images: ['envoy'], ports: [9901], check: 'http://:PORT/?status=100-599', readiness: 'http://:PORT/ready' },
  {
    images: ['minio'],
    ports: [9000],
    check: 'http://:PORT/minio/health/live',
    readiness: 'http://:PORT/minio/health/ready',
    hidden: matching(/certs-dir/),
  },
  {
    images: ['vault', 'openbao'],
    ports: [8200],
    check: 'http://:PORT/v1/sys/health?status=200-599',
    readiness: 'http://:PORT/v1/sys/health%3Fstandbyok=true',
    hidden: matching(/\.hcl\b|-config/),
  },
  { images: ['consul'], ports: [8500], check: 'tcp://:PORT', readiness: 'http://:PORT/v1/status/leader' },
  { images: ['prometheus'], ports: [9090], check: 'http://:PORT/-/healthy', readiness: 'http://:PORT/-/ready' },
  { images: ['alertmanager'], ports: [9093], check: 'http://:PORT/-/healthy', readiness: 'http://:PORT/-/ready' },
  {
    images: ['grafana', 'grafana-oss', 'grafana-enterprise'],
    ports: [3000],
    check: 'tcp://:PORT',
    readiness: 'http://:PORT/api/health',
  },
  {
    images: ['loki', 'tempo', 'mimir'],
    ports: [3100, 3200, 8080],
    check: 'tcp://:PORT',
    readiness: 'http://:PORT/ready',
  },
  { images: ['influxdb'], ports: [8086], check: 'http://:PORT/ping' },
  { images: ['clickhouse-server', 'clickhouse'], ports: [8123], check: 'http://:PORT/ping' },
  { images: ['cassandra'], ports: [9042], check: 'tcp://:PORT' },
  { images: ['cockroach'], ports: [26257], check: 'tcp://:PORT' },
  { images: ['neo4j'], ports: [7687], check: 'tcp://:PORT' },
  { images: ['keycloak'], ports: [8080, 8443], check: 'tcp://:PORT' },
  { images: ['kibana', 'kibana-oss', 'opensearch-dashboards'], ports: [5601], check: 'tcp://:PORT' },
  { images: ['couchdb'], ports: [5984], check: 'tcp://:PORT', readiness: 'http://:PORT/_up' },
];
