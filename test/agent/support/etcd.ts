import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, freePort, startDaemon } from './daemon.ts';

/** A member, its client port, and the port of its metrics and health endpoints alone. */
export type Member = Daemon & { readonly port: number; readonly metricsPort: number };

const enough = 4_096;

/** Starts a cluster of so many members; `scheme` and `options` are of their client ports, `descriptors` what each may open. */
export async function startEtcd(
  directory: string,
  { members = 1, scheme = 'http', options = [] as readonly string[], descriptors = enough } = {},
): Promise<Member[]> {
  const peers: string[] = [];
  for (let id = 0; id < members; id++) peers.push(`http://127.0.0.1:${await freePort()}`);
  const cluster = peers.map((url, id) => `m${id}=${url}`).join(',');
  return Promise.all(
    peers.map((peer, id) => {
      const own = [`--name=m${id}`, `--initial-cluster=${cluster}`, ...options];
      return startMember(directory, own, peer, { scheme, descriptors });
    }),
  );
}

/** Starts the first member of a cluster whose others never come. */
export async function startAlone(directory: string): Promise<Member> {
  const peer = `http://127.0.0.1:${await freePort()}`;
  const others = `m1=http://127.0.0.1:${await freePort()},m2=http://127.0.0.1:${await freePort()}`;
  return startMember(directory, ['--name=m0', `--initial-cluster=m0=${peer},${others}`], peer);
}

async function startMember(
  directory: string,
  options: readonly string[],
  peer: string,
  { scheme, descriptors } = { scheme: 'http', descriptors: enough },
): Promise<Member> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const client = `${scheme}://127.0.0.1:${port}`;
  const args = [
    `--data-dir=${mkdtempSync(join(directory, 'etcd-'))}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-metrics-urls=http://127.0.0.1:${metricsPort}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    '--heartbeat-interval=50',
    '--election-timeout=500',
    '--logger=zap',
    '--log-level=warn',
    ...options,
  ];
  return { ...(await startDaemon('prlimit', [`--nofile=${descriptors}`, 'etcd', ...args], port)), port, metricsPort };
}
