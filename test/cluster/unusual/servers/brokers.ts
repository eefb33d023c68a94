import { jars } from '../../../agent/support/zookeeper.ts';
import { javaRuntime, kafkaData } from '../data.ts';
import type { Server } from '../server.ts';

const shellTools = ['basename', 'cat', 'dirname', 'id', 'mkdir', 'readlink', 'sed', 'touch', 'uname'].map(
  (name) => `/usr/bin/${name}`,
);

const rabbitmq: Server = {
  name: 'rabbitmq',
  packages: ['rabbitmq-server'],
  // Erlang loads the library of its cryptography by name, from a file that is no executable.
  files: ['/usr/lib/rabbitmq', '/usr/lib/erlang', '/usr/lib/x86_64-linux-gnu/libcrypto.so.3', ...shellTools],
  start: [
    'bake /tmp/rabbitmq.conf "log.console = true"',
    'export PATH=$(echo /usr/lib/rabbitmq/lib/*/sbin):/usr/lib/erlang/bin:$PATH HOME=/tmp RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_LOGS=-',
    'export RABBITMQ_CONFIG_FILE=${RABBITMQ_CONFIG_FILE:-/tmp/rabbitmq.conf} RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/plugins',
    'export RABBITMQ_MNESIA_BASE=/tmp/mnesia RABBITMQ_LOG_BASE=/tmp/log RABBITMQ_ALLOW_INPUT=1',
    'export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput',
    'echo "[]." > /tmp/plugins',
    'exec rabbitmq-server "$@"',
  ].join('\n'),
  rows: [
    { name: 'rabbitmq-usual', what: 'nothing but a start of many seconds', slow: 20, expected: 'proven' },
    {
      name: 'rabbitmq-port',
      what: 'port by the variable of its image',
      env: { RABBITMQ_NODE_PORT: '5673' },
      expected: 'proven',
    },
    {
      name: 'rabbitmq-pod',
      what: "only the Pod's address, by the variable of its image",
      env: { RABBITMQ_NODE_IP_ADDRESS: '$(POD_IP)' },
      expected: 'proven',
    },
    {
      name: 'rabbitmq-port-baked',
      what: 'port by a configuration of its image',
      baked: 'listeners.tcp.default = 5674',
      expected: 'unproven',
    },
    {
      name: 'rabbitmq-tls',
      what: 'only TLS with a client certificate, by a configuration of its image',
      baked: [
        'listeners.tcp = none',
        'listeners.ssl.default = 5671',
        'ssl_options.cacertfile = /tls/ca.crt',
        'ssl_options.certfile = /tls/tls.crt',
        'ssl_options.keyfile = /tls/tls.key',
        'ssl_options.verify = verify_peer',
        'ssl_options.fail_if_no_peer_cert = true',
      ].join('\n'),
      expected: 'unproven',
    },
    {
      name: 'rabbitmq-file',
      what: 'configuration from a ConfigMap',
      env: { RABBITMQ_CONFIG_FILE: '/etc/rabbitmq/rabbitmq.conf' },
      mounted: { at: '/etc/rabbitmq', file: 'rabbitmq.conf', text: 'listeners.tcp.default = 5675\n' },
      ports: [5672],
      expected: 'unproven',
    },
  ],
};

const jar = (name: string): string => `/usr/share/java/${name}.jar`;

const java = 'exec /data/java/bin/java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.io.tmpdir=/tmp -cp';

/** What the archive of ZooKeeper asks for beside itself, of which a server alone loads these. */
const zookeeperJars = [
  ...jars,
  ...['commons-cli', 'jackson-annotations', 'jackson-core', 'jackson-databind', 'metrics-core', 'slf4j-api'].map(jar),
  ...['snappy-java', 'zookeeper-jute', 'jetty9-server', 'jetty9-servlet', 'jetty9-util'].map(jar),
];

const ensemble = ['server.1=127.0.0.1:2888:3888', 'server.2=127.0.0.1:9:10', 'server.3=127.0.0.1:11:12'];
const standalone = ['dataDir=/tmp/data', 'tickTime=2000', 'initLimit=10', 'syncLimit=5', 'admin.enableServer=false'];

const zookeeper: Server = {
  name: 'zookeeper',
  packages: ['libzookeeper-java', 'default-jdk-headless'],
  files: [...zookeeperJars, '/usr/bin/mkdir'],
  data: (directory) => javaRuntime(`${directory}/java`),
  start: [
    'mkdir -p /tmp/data; echo 1 > /tmp/data/myid',
    `bake /tmp/zoo.cfg ""; printf '%s\\n' ${standalone.join(' ')} >> /tmp/zoo.cfg`,
    '[[ "$BAKED" == *clientPort=* ]] || echo "clientPort=${ZOO_PORT_NUMBER:-2181}" >> /tmp/zoo.cfg',
    `${java} ${zookeeperJars.join(':')} org.apache.zookeeper.server.quorum.QuorumPeerMain /tmp/zoo.cfg`,
  ].join('\n'),
  rows: [
    { name: 'zookeeper-usual', what: 'nothing but a start of many seconds', slow: 20, expected: 'proven' },
    {
      name: 'zookeeper-port',
      what: 'port by the variable of its image',
      env: { ZOO_PORT_NUMBER: '2182' },
      expected: 'proven',
    },
    {
      name: 'zookeeper-port-baked',
      what: 'port by a configuration of its image',
      baked: 'clientPort=2183',
      expected: 'unproven',
    },
    {
      name: 'zookeeper-alone',
      what: 'its peers are away, and it serves no client',
      baked: ensemble.join('\n'),
      expected: 'unproven',
    },
    {
      name: 'zookeeper-reserved',
      what: 'answers few commands of four letters',
      baked: '4lw.commands.whitelist=conf',
      expected: 'proven',
    },
  ],
};

const kafkaLines = [
  'node.id=1',
  'process.roles=broker,controller',
  'log.dirs=/tmp/kafka',
  'controller.listener.names=CONTROLLER',
  'controller.quorum.voters=1@127.0.0.1:9093',
  'num.partitions=1',
  'offsets.topic.num.partitions=1',
  'offsets.topic.replication.factor=1',
  'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
];
const clusterId = 'AAAAAAAAAAAAAAAAAAAAAA';

const kafka: Server = {
  name: 'kafka',
  packages: ['default-jdk-headless', 'maven'],
  files: ['/usr/bin/mkdir', '/usr/bin/cat'],
  data: kafkaData,
  start: [
    'mkdir -p /tmp/kafka',
    `printf '%s\\n' version=1 cluster.id=${clusterId} node.id=1 > /tmp/kafka/meta.properties`,
    `bake /tmp/server.properties "listeners=\${KAFKA_LISTENERS:-PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093}"`,
    `printf '%s\\n' ${kafkaLines.join(' ')} >> /tmp/server.properties`,
    `${java} '/data/jars/*' kafka.Kafka /tmp/server.properties`,
  ].join('\n'),
  rows: [
    { name: 'kafka-usual', what: 'nothing but a start of many seconds', slow: 20, ports: [9092], expected: 'proven' },
    {
      name: 'kafka-listeners',
      what: 'port by the variable of its image',
      env: { KAFKA_LISTENERS: 'PLAINTEXT://:9192,CONTROLLER://127.0.0.1:9093' },
      expected: 'proven',
    },
    {
      name: 'kafka-login',
      what: 'wants a login, by a configuration of its image',
      baked: [
        'listeners=SASL_PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093',
        'inter.broker.listener.name=SASL_PLAINTEXT',
        'sasl.enabled.mechanisms=PLAIN',
        'sasl.mechanism.inter.broker.protocol=PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="horse" user_app="horse";',
      ].join('\n'),
      ports: [9092],
      expected: 'proven',
    },
    {
      name: 'kafka-port-baked',
      what: 'port by a configuration of its image',
      baked: 'listeners=PLAINTEXT://:9292,CONTROLLER://127.0.0.1:9093',
      ports: [9092],
      expected: 'unproven',
    },
    {
      name: 'kafka-controller',
      what: 'a controller, which no client asks, by the variable of its image',
      env: { KAFKA_PROCESS_ROLES: 'controller' },
      ports: [9093],
      expected: 'left-alone',
    },
  ],
};

export const brokers: readonly Server[] = [rabbitmq, zookeeper, kafka];
