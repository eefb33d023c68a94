import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { KubeConfig, type V1Node, type V1Pod } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { atMost } from '../../src/cluster/at-most.ts';
import type { Sending } from '../../src/cluster/connection.ts';
import { kubeconfigConnection } from '../../src/cluster/kubeconfig-connection.ts';
import { readAnswer } from '../../src/cluster/read-answer.ts';
import { decide } from '../../src/controller/hardware/decide.ts';
import { quarantinesPath } from '../../src/cluster/follow-quarantines.ts';
import { nodeRecordOf } from '../../src/controller/hardware/node-record.ts';
import { recordOf } from '../../src/controller/hardware/record.ts';
import { readControllerSettings } from '../../src/controller/settings.ts';
import { eventually } from '../support/eventually.ts';
import {
  leaseObject,
  leasesPath,
  namespace,
  namespaceObject,
  nodeName,
  nodeObject,
  nodeStatus,
  ownerObject,
  podName,
  podObject,
  podStatus,
  podsPath,
  podsPerNode,
} from './fleet-objects.ts';
import { cpuSeconds, median, residentMiB } from './measure.ts';

const nodes = Number(process.env['NODES'] ?? '500');
const [failing, many] = [nodes / 10, nodes / 2];
/** About what Node gives itself in a container of the limit that deploy has; the nursery is as there. */
const heapMiB = 96;
const agentPort = 19_441;
const config = new KubeConfig();
config.loadFromDefault();
const connection = kubeconfigConnection(config);
if (typeof connection === 'string') throw new Error(connection);
const { signal } = new AbortController();
const limit = atMost(64);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
let renewing: NodeJS.Timeout | undefined;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

const get = async (path: string): Promise<unknown> =>
  (await readAnswer(await connection.get(path, { signal }), 256 * 1024 * 1024)).body;
const send = (method: Sending, path: string, body: object): Promise<unknown> =>
  limit(async () => {
    const answer = await readAnswer(await connection.send(method, path, body, { signal }), 8 * 1024 * 1024);
    const isFine = answer.status < 300 || (answer.status === 404 && method === 'DELETE');
    if (!isFine) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  });
const itemsOf = async <T>(path: string): Promise<T[]> => ((await get(path)) as { items: T[] }).items;
const total = (text: string, ...words: string[]): number =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#') && words.every((word) => line.includes(word)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
const apiserver = async () => {
  const text = String(await get('/metrics'));
  const eviction = 'subresource="eviction"';
  return {
    accepted: total(text, 'apiserver_request_total{', 'code="201"', eviction),
    others: total(text, 'apiserver_request_total{', eviction),
    seconds: total(text, 'apiserver_request_duration_seconds_sum{', eviction),
    cpu: total(text, 'process_cpu_seconds_total '),
  };
};
/** Of all cores, in seconds: what was not idle. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0) / 1_000;

type Controller = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly evicted: { uid: string; atMs: number }[];
};

async function startController(...settings: string[]): Promise<Controller> {
  const args = ['dist/controller/main.js', '--kubeconfig=true', '--listen=127.0.0.1:18081', '--hardware=move'];
  const child = spawn(
    'node',
    [
      '--max-semi-space-size=2',
      `--max-old-space-size=${heapMiB}`,
      ...args,
      '--hardware-minimum-age-seconds=0',
      ...settings,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  process.once('exit', () => child.kill());
  const evicted: Controller['evicted'] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Record<string, string>;
    if (said['result'] === 'evicted') evicted.push({ uid: said['uid'] ?? '', atMs: Date.parse(said['time'] ?? '') });
    else if (Number(said['level']) > 30) print(`    ${line.slice(0, 300)}`);
  });
  const all = (await itemsOf(podsPath)).length;
  const seen = async () => {
    const text = await (await fetch('http://127.0.0.1:18081/metrics')).text();
    return total(text, 'health_injector_hardware_pods{state="all"}') >= all;
  };
  await eventually('the controller has seen all Pods', 60_000, seen, 250);
  return { child, pid: child.pid as number, evicted };
}

async function stop({ child }: Controller): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const peakMiB = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

const fail = (template: V1Pod, from: number, to: number): Promise<unknown> =>
  Promise.all(
    range(from, to).flatMap((node) =>
      range(0, podsPerNode).map((place) =>
        send('PATCH', `${podsPath}/${podName(node, place)}/status`, podStatus(template, false)),
      ),
    ),
  );

/** Fails nodes, waits until so many Pods are evicted or none was for a while, and says what it took. */
async function measure(
  what: string,
  template: V1Pod,
  controller: Controller,
  from: number,
  to: number,
  quietMs: number,
) {
  const { pid, evicted } = controller;
  const before = { ...(await apiserver()), own: cpuSeconds(pid), busy: busySeconds(), count: evicted.length };
  const startMs = Date.now();
  await fail(template, from, to);
  const patchedMs = Date.now() - startMs;
  let [most, seenAtMs, seen] = [0, Date.now(), evicted.length];
  while (Date.now() - seenAtMs < quietMs && Date.now() - startMs < 120_000) {
    await sleep(100);
    most = Math.max(most, residentMiB(pid));
    if (evicted.length !== seen) [seen, seenAtMs] = [evicted.length, Date.now()];
    if (evicted.length - before.count >= (to - from) * podsPerNode) break;
  }
  const [own, busy, wall] = [cpuSeconds(pid) - before.own, busySeconds() - before.busy, (Date.now() - startMs) / 1_000];
  const after = await apiserver();
  const news = evicted.slice(before.count);
  const times = news.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  const [firstMs, lastMs] = [(times[0] ?? startMs) - startMs, (times.at(-1) ?? startMs) - startMs];
  const accepted = after.accepted - before.accepted;
  const meanMs = ((after.seconds - before.seconds) / Math.max(1, after.others - before.others)) * 1_000;
  const perSecond = news.length / Math.max(0.001, (lastMs - firstMs) / 1_000);
  const held = await itemsOf(quarantinesPath);
  print(what);
  print(`  statuses patched within ${patchedMs} ms; first eviction after ${firstMs} ms, last after ${lastMs} ms`);
  print(
    `  ${news.length} evictions, of ${new Set(news.map(({ uid }) => uid)).size} Pods; apiserver: ${accepted} accepted, ` +
      `${after.others - before.others - accepted} others; ${held.length} NodeQuarantines`,
  );
  if (news.length > 0) {
    print(
      `  ${perSecond.toFixed(0)} evictions per second; one takes the apiserver ${meanMs.toFixed(0)} ms, ` +
        `so ${((perSecond * meanMs) / 1_000).toFixed(0)} are in flight there in the mean`,
    );
  }
  print(
    `  CPU seconds in ${wall.toFixed(1)} s on ${cpus().length} cores: all ${busy.toFixed(1)}, apiserver ` +
      `${(after.cpu - before.cpu).toFixed(1)}, controller ${own.toFixed(1)}`,
  );
  print(
    `  controller: ${residentMiB(pid).toFixed(0)} MiB resident, at most ${most.toFixed(0)} sampled, ${peakMiB(pid).toFixed(0)} ever`,
  );
}

/** What it costs to decide about just these Pods and nodes in the moment in which a tenth fails. */
function timeDecide(pods: readonly V1Pod[], all: readonly V1Node[], sick: ReadonlySet<string>): string {
  const settings = readControllerSettings(['--hardware=move', '--hardware-minimum-age-seconds=0'], {});
  if (Array.isArray(settings) || !settings.hardware) throw new Error('no settings');
  const { hardware } = settings;
  const prefix = 'health.example.com/';
  const situation = {
    pods: pods.map((pod) => {
      const isSick = sick.has(pod.spec?.nodeName ?? '');
      const now = { ...pod, status: { ...pod.status, ...podStatus(pod, !isSick).status } } as unknown as V1Pod;
      return recordOf(now, prefix, undefined, Date.now());
    }),
    nodes: all.map((node) => nodeRecordOf(node, prefix)),
    quarantines: [],
    releasedByHand: new Map(),
    backOff: new Map(),
    underWay: new Set<string>(),
  };
  const nowMs = Date.now() + 60_000;
  let moves = 0;
  const times = range(0, 21).map(() => {
    const startMs = performance.now();
    moves = decide(situation, hardware, nowMs).filter(({ kind }) => kind === 'move').length;
    return performance.now() - startMs;
  });
  return `decide() over ${pods.length} Pods on ${all.length} nodes: first ${times[0]?.toFixed(1)} ms, median ${median(times).toFixed(1)} ms, most ${Math.max(...times).toFixed(1)} ms, ${moves} moves`;
}

async function makeFleet(template: V1Pod): Promise<void> {
  await send('POST', '/api/v1/namespaces', namespaceObject);
  await Promise.all(
    range(0, nodes).map(async (node) => {
      await send('POST', '/api/v1/nodes', nodeObject(node));
      await send('POST', leasesPath, leaseObject(node));
      await send('PATCH', `/api/v1/nodes/${nodeName(node)}/status`, nodeStatus(node));
    }),
  );
  // A kubelet does it every 10 s; an apiserver on few cores has more to do for what is measured.
  renewing = setInterval(() => {
    for (const node of range(0, nodes))
      void send('PATCH', `${leasesPath}/${nodeName(node)}`, leaseObject(node)).catch(() => {});
  }, 15_000);
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await eventually(
    'the ServiceAccount',
    20_000,
    async () => ((await get(account)) as { kind?: string }).kind === 'ServiceAccount',
  );
  // Two Pods of an owner, half the fleet apart: the cap of two moves per owner hides nothing of the brake.
  const owners = (nodes / 2) * podsPerNode;
  await Promise.all(
    range(0, owners).map(async (owner) => {
      const made = (await send('POST', `/api/v1/namespaces/${namespace}/configmaps`, ownerObject(owner))) as V1Pod;
      const [half, place] = [Math.floor(owner / podsPerNode), owner % podsPerNode];
      for (const node of [half, half + nodes / 2]) {
        await send('POST', podsPath, podObject(template, node, place, owner, made.metadata?.uid ?? ''));
        await send('PATCH', `${podsPath}/${podName(node, place)}/status`, podStatus(template, true));
      }
    }),
  );
}

async function deleteAll(path: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => send('DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 })));
}
const namesOf = async (path: string): Promise<string[]> =>
  (await itemsOf<V1Pod>(path))
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => path !== '/api/v1/nodes' || name.startsWith('fleet-'));

const isGone = async () => ((await get(`/api/v1/namespaces/${namespace}`)) as { code?: number }).code === 404;

async function clean(): Promise<void> {
  await deleteAll(podsPath, await namesOf(podsPath));
  await deleteAll(
    quarantinesPath,
    (await namesOf(quarantinesPath)).filter((name) => name.startsWith('fleet-')),
  );
  await send('DELETE', `/api/v1/namespaces/${namespace}`, {});
  await deleteAll('/api/v1/nodes', await namesOf('/api/v1/nodes'));
  await deleteAll(leasesPath, range(0, nodes).map(nodeName));
  await eventually('the namespace is gone', 60_000, isGone, 500);
}

const manifest = (): V1Pod => {
  const input = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'simulation',
      annotations: {
        'health.example.com/pattern': 'hardware',
        'health.example.com/check': 'temperature:?max=90C',
        'health.example.com/health-port': String(agentPort),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'simulation', image: 'example.com/simulation:1' }],
    },
  });
  return parse(
    execFileSync('node', ['dist/cli/main.js', 'inject', '-'], { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString(),
  ) as V1Pod;
};

const template = manifest();
const port = template.spec?.initContainers?.[0]?.ports?.[0]?.containerPort ?? 0;
const agent = createServer((_request, response) =>
  response
    .writeHead(503)
    .end('[-] temperature: fail, coretemp Package id 0 is at 95 °C, the most is 90 °C, 1ms, 1s ago\n'),
).listen(port, '127.0.0.1');
// What an earlier run left behind, if it was broken off.
await clean();
try {
  const startMs = Date.now();
  await makeFleet(template);
  print(`${nodes} nodes, ${nodes * podsPerNode} Pods made within ${((Date.now() - startMs) / 1_000).toFixed(0)} s`);
  const [pods, all] = await Promise.all([itemsOf<V1Pod>(podsPath), itemsOf<V1Node>('/api/v1/nodes')]);
  print(timeDecide(pods, all, new Set(range(0, failing).map(nodeName))));
  const braked = await startController();
  print(
    `controller synced: ${residentMiB(braked.pid).toFixed(0)} MiB resident, ${peakMiB(braked.pid).toFixed(0)} ever`,
  );
  await measure(`a tenth of the nodes fails`, template, braked, 0, failing, 10_000);
  await measure(`a second tenth fails, the brake's budget is used`, template, braked, failing, 2 * failing, 10_000);
  await stop(braked);
  await deleteAll(
    podsPath,
    range(failing, 2 * failing).flatMap((node) => range(0, podsPerNode).map((place) => podName(node, place))),
  );
  await deleteAll(quarantinesPath, await namesOf(quarantinesPath));
  const unbraked = await startController('--hardware-brake-percent=100');
  await measure(
    `half of the nodes fails, without a brake`,
    template,
    unbraked,
    2 * failing,
    2 * failing + many,
    15_000,
  );
  await stop(unbraked);
} finally {
  await clean();
  clearInterval(renewing);
  agent.close();
}
process.exit(0);
