import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type Client, createClient } from '../../../../src/kube/client.ts';
import { createHardwareMetrics } from '../../../../src/controllers/hardware/metrics.ts';
import { runHardwareController } from '../../../../src/controllers/hardware/controller.ts';
import type { HardwareSettings } from '../../../../src/controllers/hardware/snapshot.ts';
import { settings } from './snapshot.ts';
import { eventually } from '../../../support/eventually.ts';
import { type World, createWorld } from './world.ts';

const hot = '[-] temperature: fail, coretemp is 95 °C, more than 90 °C, 0.2 ms, 1s ago\nfailed: temperature\n';

/** A sidecar that says what an agent would of a hot sensor, or what it is told to. */
async function startSidecar() {
  let answer = { status: 503, body: hot };
  let asked = 0;
  /** What the application says of its move. */
  let ready = '';
  const server = createServer((request, response) => {
    if (request.url === '/movez') {
      response.writeHead(ready === '' ? 503 : 200);
      response.end(`${ready}\n`);
      return;
    }
    asked += 1;
    response.writeHead(answer.status);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    asked: () => asked,
    say: (body = hot, status = 503) => (answer = { status, body }),
    sayReady: (text = '') => (ready = text),
  };
}

/** A leader with little patience; what it tells and fails at is kept. */
function startLeader(client: Client, rules: Partial<HardwareSettings>) {
  const told: string[] = [];
  const failures: string[] = [];
  const done: string[] = [];
  const stop = new AbortController();
  const registry = new Registry();
  const ended = runHardwareController(
    {
      client,
      prefix: 'health.example.com/',
      settings: { ...settings, stableMs: 0, minimumAgeMs: 0, percent: 100, mostPerOwner: 100, ...rules },
      webhook: { namespace: 'health-injector', service: 'health-injector', limitMs: 200 },
      events: {
        record: ({ name }, reason, note, places) => void told.push(`${name} ${reason} ${places.join('+')} ${note}`),
        released: (node, by, note) =>
          void told.push(`${node} NodeReleased ${by === 'person' ? 'by hand ' : ''}${note}`),
        idle: async () => {},
      },
      metrics: createHardwareMetrics(registry),
      tickMs: 20,
      retryMs: 200,
      onError: (sentence) => void failures.push(sentence),
      onAction: (what, message) => void done.push(`${message} ${JSON.stringify(what)}`),
    },
    stop.signal,
  );
  return {
    told,
    failures,
    done,
    registry,
    kill: () => stop.abort(),
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

const nodes = ['node-a', 'node-b', 'node-c', 'node-d'];

/** Worlds and leaders for the tests around this call; all leaders end with the test. */
export function useLeaders() {
  const sidecar: Partial<Awaited<ReturnType<typeof startSidecar>>> = {};
  let leaders: ReturnType<typeof startLeader>[] = [];
  before(async () => void Object.assign(sidecar, await startSidecar()));
  after(() => sidecar.server?.close());
  afterEach(async () => {
    await Promise.all(leaders.map((leader) => leader.stop()));
    leaders = [];
    sidecar.say?.();
    sidecar.sayReady?.();
  });
  return {
    /** What the sidecars answer from now on; a hot sensor without it. */
    say: (body?: string, status?: number) => sidecar.say?.(body, status),
    /** The applications copied this text, or nothing. */
    sayReady: (text?: string) => sidecar.sayReady?.(text),
    asked: () => sidecar.asked?.() ?? 0,
    newWorld: (): World => createWorld({ nodes, port: sidecar.port ?? 0 }),
    lead(world: World, rules: Partial<HardwareSettings> = {}, client: Client = world.client) {
      const leader = startLeader(client, rules);
      leaders.push(leader);
      return leader;
    },
  };
}

/** The Pod runs on another node than node-a. */
export const isWell = ({ metadata, status, spec }: any): boolean =>
  !metadata.deletionTimestamp && status.conditions[0].status === 'True' && spec.nodeName !== 'node-a';

/** Waits until so many Pods are ready, and none of them is on node-a. */
export const settle = (world: World, count: number): Promise<true> =>
  eventually('all Pods run elsewhere', 8_000, async () => {
    const pods = world.pods();
    return pods.length === count && pods.every(isWell);
  });

/** Waits until a leader has told something like this, and gives it back. */
export const told = (leader: ReturnType<typeof startLeader>, like: RegExp): Promise<string> =>
  eventually(`${like} is told`, 5_000, async () => leader.told.find((text) => like.test(text)));

/** A client of whose evictions no answer comes until `open` is called. */
export function slowEvictions(world: World) {
  const gate = Promise.withResolvers<void>();
  let sent = 0;
  const client = createClient(async (request) => {
    if (!request.path.endsWith('/eviction')) return world.transport(request);
    sent += 1;
    await gate.promise;
    return world.transport(request);
  });
  return { client, sent: () => sent, open: gate.resolve };
}
