import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startDaemon } from './daemon.ts';
import type { Server } from './servers.ts';

const netty = ['buffer', 'codec', 'common', 'handler', 'resolver', 'transport', 'transport-native-unix-common'];
/** What a ZooKeeper is made of, in the packages of Debian. */
export const jars = ['zookeeper', 'slf4j-simple', ...netty.map((part) => `netty-${part}`)].map(
  (name) => `/usr/share/java/${name}.jar`,
);
const java = [
  '-Dreadonlymode.enabled=true',
  '-Xmx64m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-cp',
  jars.join(':'),
];

/** Starts a ZooKeeper with these lines in its configuration; `peers` makes it the first of an ensemble of so many. */
export async function startZooKeeper(
  directory: string,
  options: readonly string[] = [],
  peers = 0,
): Promise<Server & { readonly securePort: number }> {
  const [port, securePort] = [await freePort(), await freePort()];
  const data = mkdtempSync(join(directory, 'zookeeper-'));
  const ensemble: string[] = [];
  for (let id = 1; id <= peers; id++) {
    ensemble.push(`server.${id}=127.0.0.1:${await freePort()}:${await freePort()}`);
  }
  if (peers > 0) writeFileSync(join(data, 'myid'), '1');
  const lines = [
    'tickTime=500',
    'initLimit=10',
    'syncLimit=5',
    `dataDir=${data}`,
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'admin.enableServer=false',
    ...options.map((line) => line.replace('SECURE_PORT', `${securePort}`)),
    ...ensemble,
  ];
  const file = join(data, 'zoo.cfg');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const args = [...java, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file];
  return { ...(await startDaemon('java', args, port, 20_000)), port, securePort };
}
