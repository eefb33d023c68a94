import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startDaemon } from './daemon.ts';
import { type RedisServer, type Server, startRedis } from './servers.ts';

const run = promisify(execFile);

/** How long a node of a cluster waits before it takes another one for dead. */
const nodeTimeoutMs = 1_500;

/** How long a Sentinel waits; it asks a server once a second. */
const downAfterMs = 2_000;

/** A node of a cluster, which may be started again where it was, with what it knew. */
export type ClusterNode = RedisServer & { readonly address: string; readonly restart: () => Promise<RedisServer> };

/** Starts a redis that may become a node of a cluster, and knows no other node yet. */
export async function startClusterNode(directory: string): Promise<ClusterNode> {
  const [port, busPort] = [await freePort(), await freePort()];
  const options = [
    'cluster-enabled yes',
    `cluster-port ${busPort}`,
    `cluster-config-file nodes-${port}.conf`,
    `cluster-node-timeout ${nodeTimeoutMs}`,
    `dbfilename node-${port}.rdb`,
    'repl-diskless-sync-delay 0',
  ];
  const restart = () => startRedis(directory, options, port);
  return { ...(await restart()), address: `127.0.0.1:${port}@${busPort}`, restart };
}

/** Makes a cluster of these nodes, of which every other one is a replica. */
export async function createCluster(nodes: readonly ClusterNode[]): Promise<void> {
  const addresses = nodes.map(({ address }) => address);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
}

/** A Sentinel, which may be started again where it was, with what it knew. */
export type Sentinel = Server & { readonly restart: () => Promise<Sentinel> };

/** Starts a Sentinel that watches the redis at a port as `mymaster`, with these lines on top in its configuration. */
export async function startSentinel(
  directory: string,
  master: number,
  quorum: number,
  lines: readonly string[] = [],
): Promise<Sentinel> {
  const port = await freePort();
  const file = join(directory, `sentinel-${port}.conf`);
  const watch = [
    `sentinel monitor mymaster 127.0.0.1 ${master} ${quorum}`,
    `sentinel down-after-milliseconds mymaster ${downAfterMs}`,
    'sentinel failover-timeout mymaster 2000',
  ];
  // It writes what it learns into this file.
  writeFileSync(file, ['bind 127.0.0.1', `port ${port}`, `dir ${directory}`, ...watch, ...lines, ''].join('\n'));
  const start = async (): Promise<Sentinel> => ({
    ...(await startDaemon('redis-server', [file, '--sentinel'], port)),
    port,
    restart: start,
  });
  return start();
}
