import type { Server, Vocabulary } from '../server.ts';

/** What the servers and exporters of Prometheus have in common: what stands before their paths, and what is no matter of theirs. */
const prometheusOptions = {
  'web.listen-address': 'address',
  'web.route-prefix': 'prefix',
  'web.external-url': 'external-url',
  'web.config.file': 'hidden',
  'config.file': 'harmless',
} as const;

/** The settings of search engines, which take them as variables too. */
const searchSettings = {
  'http.port': 'port',
  'http.host': 'host',
  'http.bind-host': 'host',
  'network.host': 'host',
  'network.bind-host': 'host',
  'xpack.security.http.ssl.enabled': 'secured',
  'plugins.security.ssl.http.enabled': 'secured',
} as const;
const searchOptions: Vocabulary = { '-E': 'pair', ...searchSettings };
const searchVariables: Vocabulary = {
  ...searchSettings,
  'http.bind_host': 'host',
  'network.bind_host': 'host',
  ELASTICSEARCH_HTTP_PORT_NUMBER: 'port',
  ELASTICSEARCH_BIND_ADDRESS: 'host',
};

/** What Elasticsearch and what came from it have in common. */
const search: Omit<Server, 'images'> = {
  programs: ['elasticsearch', 'eswrapper', 'opensearch', 'opensearch-docker-entrypoint.sh'],
  ports: [9200],
  check: 'elasticsearch://:PORT',
  options: searchOptions,
  letters: 'dp',
  harmless:
    /^(?:transport|discovery|cluster|network\.publish|http\.(?:publish|cors|max|compression)|xpack|ELASTICSEARCH_(?:TRANSPORT|CLUSTER|NODE))/,
  variables: searchVariables,
  files: ['/usr/share/elasticsearch/config', '/usr/share/opensearch/config'],
};

/** What collects, keeps and shows metrics, logs and traces. */
export const observability: readonly Server[] = [
  {
    images: ['prometheus'],
    programs: ['prometheus'],
    ports: [9090],
    check: 'http://:PORT/PREFIX/-/healthy',
    readiness: 'http://:PORT/PREFIX/-/ready',
    options: { ...prometheusOptions, 'web.max-connections': 'queueing' },
    harmless: /^(?:config|storage|alertmanager|rules|query|web\.(?:console|enable|cors|max|read|page|user))/,
  },
  {
    images: ['alertmanager'],
    programs: ['alertmanager'],
    ports: [9093],
    check: 'http://:PORT/PREFIX/-/healthy',
    readiness: 'http://:PORT/PREFIX/-/ready',
    options: prometheusOptions,
    harmless: /^(?:config|storage|cluster|web\.(?:get|timeout))/,
  },
  {
    images: ['node-exporter'],
    programs: ['node_exporter'],
    ports: [9100],
    check: 'tcp://:PORT',
    options: { 'web.listen-address': 'address' },
    harmless: /^(?:web|no-collector|collector|path)/,
  },
  {
    images: ['blackbox-exporter'],
    programs: ['blackbox_exporter'],
    ports: [9115],
    check: 'tcp://:PORT',
    options: { 'web.listen-address': 'address' },
    harmless: /^(?:web|config)/,
  },
  {
    images: ['kube-state-metrics'],
    programs: ['kube-state-metrics'],
    ports: [8080],
    check: 'tcp://:PORT',
    options: { port: 'port', host: 'host' },
    harmless: /^(?:telemetry|tls|kubeconfig|config|auth|resources|metric|custom)/,
  },
  {
    images: ['thanos'],
    programs: ['thanos'],
    subcommands: {
      query: undefined,
      sidecar: undefined,
      store: undefined,
      compact: undefined,
      receive: undefined,
      rule: undefined,
      'query-frontend': undefined,
    },
    needsSubcommand: true,
    ports: [10_902],
    check: 'tcp://:PORT',
    options: { 'http-address': 'address' },
    harmless: /./,
  },
  {
    images: ['opentelemetry-collector', 'opentelemetry-collector-contrib', 'opentelemetry-collector-k8s'],
    programs: ['otelcol', 'otelcol-contrib', 'otelcol-k8s'],
    ports: [13_133, 4317, 4318],
    mustDeclare: true,
    check: 'tcp://:PORT',
    harmless: /./,
  },
  {
    images: ['grafana', 'grafana-oss', 'grafana-enterprise'],
    programs: ['grafana-server', 'grafana', 'run.sh'],
    subcommands: { server: undefined },
    ports: [3000],
    check: 'tcp://:PORT',
    readiness: 'http://:PORT/api/health',
    options: { config: 'file', 'server.http-port': 'port', 'server.http-addr': 'host', 'server.protocol': 'weakening' },
    harmless: /^(?:server\.|auth|GF_(?!SERVER))/,
    variables: {
      GF_SERVER_HTTP_PORT: 'port',
      GF_SERVER_HTTP_ADDR: 'host',
      GF_SERVER_PROTOCOL: 'weakening',
      GF_SERVER_SERVE_FROM_SUB_PATH: 'weakening',
      GF_PATHS_CONFIG: 'file',
    },
    files: ['/etc/grafana/grafana.ini'],
    filesHide: 'readiness',
  },
  {
    images: ['loki', 'tempo', 'mimir'],
    programs: ['loki', 'tempo', 'mimir'],
    ports: [3100, 3200, 8080],
    undeclared: { 'grafana/loki': 3100, 'grafana/tempo': 3200, 'grafana/mimir': 8080 },
    check: 'tcp://:PORT',
    readiness: 'http://:PORT/ready',
    options: {
      'config.file': 'file',
      'server.http-listen-port': 'port',
      'server.http-listen-address': 'host',
      'server.path-prefix': 'weakening',
    },
    harmless: /./,
    files: ['/etc/loki', '/etc/tempo', '/etc/mimir', '/etc/tempo.yaml'],
    filesHide: 'readiness',
  },
  {
    images: ['kibana', 'kibana-oss', 'opensearch-dashboards'],
    programs: ['kibana', 'opensearch-dashboards'],
    ports: [5601],
    check: 'tcp://:PORT',
    options: {
      port: 'port',
      p: 'port',
      host: 'host',
      'server.port': 'port',
      'server.host': 'host',
      config: 'file',
      c: 'file',
    },
    variables: {
      SERVER_PORT: 'port',
      SERVER_HOST: 'host',
      'server.port': 'port',
      'server.host': 'host',
      KIBANA_PORT_NUMBER: 'port',
    },
    harmless: /^SERVER_(?:SSL|PUBLIC|BASEPATH)/,
    files: ['/usr/share/kibana/config', '/usr/share/opensearch-dashboards/config'],
  },
  { ...search, images: ['elasticsearch'], onlyWith: { 'xpack.security.enabled': 'false' } },
  { ...search, images: ['elasticsearch-oss'] },
  {
    ...search,
    images: ['opensearch'],
    check: 'opensearch://:PORT',
    onlyWith: { DISABLE_SECURITY_PLUGIN: 'true', 'plugins.security.disabled': 'true' },
  },
];
