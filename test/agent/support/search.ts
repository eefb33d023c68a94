import { join } from 'node:path';
import { type Daemon, freePort } from './daemon.ts';
import { compile, startJava } from './java.ts';
import { classPathOf } from './maven.ts';
import { type Server } from './servers.ts';

const products = {
  elasticsearch: {
    main: 'ElasticsearchNode',
    artefacts: ['org.elasticsearch:elasticsearch:7.17.28', 'org.elasticsearch.plugin:transport-netty4-client:7.17.28'],
  },
  opensearch: {
    main: 'OpensearchNode',
    artefacts: [
      'org.opensearch:opensearch:2.19.2',
      'org.opensearch.plugin:transport-netty4-client:2.19.2',
      'org.apache.logging.log4j:log4j-core:2.21.0',
    ],
  },
} as const;

/** The settings of a node that answers, and that never finds a master. */
export const withoutMaster = [
  'discovery.type=zen',
  'discovery.seed_hosts=127.0.0.1:1',
  'cluster.initial_master_nodes=nobody',
  'discovery.initial_state_timeout=0s',
] as const;

/** Brings the jars of a product and compiles what starts it, which takes half a minute once on a machine. */
export async function installSearch(product: keyof typeof products): Promise<string> {
  const { main, artefacts } = products[product];
  return compile(new URL(`./${main}.java`, import.meta.url).pathname, await classPathOf(artefacts));
}

/** Starts a node with these settings on top, each `key=value`. */
export async function startSearch(
  directory: string,
  product: keyof typeof products,
  settings: readonly string[] = [],
): Promise<Server> {
  const classPath = await installSearch(product);
  const port = await freePort();
  const own = [
    `path.home=${join(directory, `${product}-${port}`)}`,
    'node.name=test',
    'http.host=127.0.0.1',
    `http.port=${port}`,
    'transport.host=127.0.0.1',
    `transport.port=${await freePort()}`,
    'discovery.type=single-node',
    'cluster.routing.allocation.disk.threshold_enabled=false',
    'logger.level=INFO',
  ];
  const daemon: Daemon = await startJava(classPath, products[product].main, [...own, ...settings], port);
  return { ...daemon, port };
}
