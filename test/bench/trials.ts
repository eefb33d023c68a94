import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { runCoverageController } from '../../src/controllers/coverage/controller.ts';
import { createControllerMetrics } from '../../src/controllers/coverage/metrics.ts';
import { inject } from '../../src/inject/inject.ts';
import { createEventRecorder } from '../../src/kube/event-recorder.ts';
import { createOwnerResolver } from '../../src/kube/owners.ts';
import { policiesPath } from '../../src/policy/policy.ts';
import { eventually } from '../support/eventually.ts';
import { createMemoryApiserver } from '../support/memory-apiserver.ts';
import { testContext } from '../support/webhook.ts';
import { trialBody } from '../trial/support/answers.ts';
import { residentMiB } from './measure.ts';

const count = Number(process.env['PODS'] ?? '2000');
const minutes = Number(process.env['MINUTES'] ?? '5');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Measures the controller with Pods on trial of simulated agents, against one with the same Pods and no trial. */
async function measure(isTrial: boolean): Promise<string> {
  let [restarts, questions, most] = [0, 0, 0];
  const agents = createServer((_request, response) => {
    questions += 1;
    const liveness = {
      restarts,
      lastRestartSecondsAgo: 7,
      check: 'redis',
      reason: `timed out after 1s ${'x'.repeat(90)}`,
    };
    response.end(trialBody({ liveness }, { sinceSeconds: 3_600 + questions }));
  }).listen(0, '127.0.0.1');
  await once(agents, 'listening');
  const { port } = agents.address() as AddressInfo;
  const started = performance.now();
  const args = [
    '--expose-gc',
    '--max-semi-space-size=2',
    '--max-old-space-size=96',
    import.meta.filename,
    'controller',
    `${port}`,
    `${isTrial}`,
  ];
  // As in the image.
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let [seen, heap] = [0, 0];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [restartsSeen = 0, heapBytes = heap] = line.split(' ').map(Number);
    seen = restartsSeen;
    heap = heapBytes;
  });
  const everyTenth = setInterval(() => {
    // A machine that is busy delivers late what was asked evenly.
    most = Math.max(most, (questions - asked) / 10);
    asked = questions;
  }, 10_000);
  let asked = 0;
  let slowest = 0;
  while (performance.now() - started < minutes * 60_000) {
    // All Pods fail once more in the same moment: how long until the status says so of all.
    restarts += 1;
    const sinceMs = performance.now();
    if (isTrial) await eventually('the status', 600_000, async () => seen >= restarts * count, 500);
    else await sleep(60_000);
    slowest = Math.max(slowest, performance.now() - sinceMs);
  }
  const memory = residentMiB(child.pid as number);
  clearInterval(everyTenth);
  child.kill();
  agents.close();
  const used = `${(heap / 2 ** 20).toFixed(1)} MiB of heap`;
  const all = `${count} Pods ${isTrial ? 'on trial' : 'not on trial'}: ${memory.toFixed(1)} MiB resident, ${used}`;
  const age = `the status is at most ${(slowest / 1_000).toFixed(0)} s old, at most ${most.toFixed(1)} calls a second in ten`;
  return isTrial ? `${all}; ${age}` : all;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const name = (index: number): string => `web-${index % 200}-5d8f-${index}`;

const onError = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

/** Runs the controller of coverage in this process, and prints the restarts that the status of the policy has. */
async function control(port: string, isTrial: boolean): Promise<void> {
  const apiserver = createMemoryApiserver();
  const spec = { mode: 'Enforce', inject: { pattern: 'sidecar', check: 'redis://:6379', 'health-port': port } };
  apiserver.put(policiesPath, { metadata: { name: 'all', generation: 1 }, spec });
  for (let index = 0; index < 20; index += 1)
    apiserver.put('/api/v1/namespaces', { metadata: { name: `team-${index}` } });
  for (let index = 0; index < count; index += 1) apiserver.put('/api/v1/pods', podOf(index, port, isTrial));
  const { signal } = new AbortController();
  const metrics = createControllerMetrics();
  const { client } = apiserver;
  const reporter = { controller: 'health-injector', instance: 'bench' };
  void runCoverageController(
    {
      client,
      context: { ...testContext, annotatedOnly: false },
      owners: createOwnerResolver(client),
      recorder: createEventRecorder({ client, ...reporter, onOutcome: metrics.countEvent, onError }, signal),
      metrics,
      repair: undefined,
      tickMs: 2_000,
      onError,
      onAction: () => {},
    },
    signal,
  );
  for (let looks = 1; ; looks += 1) {
    await sleep(500);
    apiserver.sent.splice(0);
    apiserver.reads.splice(0);
    const status = apiserver.collectionAt(policiesPath).get('/all')?.status;
    // What garbage is left for later depends on how busy the machine is.
    const isCollected = looks % 60 === 0;
    if (isCollected) gc?.();
    const heap = isCollected ? ` ${process.memoryUsage().heapUsed}` : '';
    print(`${status?.trial?.wouldRestart.count ?? 0}${heap}`);
  }
}

function podOf(index: number, port: string, isTrial: boolean) {
  const metadata = {
    name: name(index),
    namespace: `team-${index % 20}`,
    uid: `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`,
    labels: { 'pod-template-hash': '5d8f' },
    creationTimestamp: new Date(Date.now() - 3_600_000),
    annotations: {
      'health.example.com/pattern': 'sidecar',
      'health.example.com/check': 'redis://:6379',
      'health.example.com/health-port': port,
    },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: `web-${index % 200}-5d8f`,
        uid: `rs-${index % 200}`,
        controller: true,
      },
    ],
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'app', image: 'redis:8' }] } }, testContext);
  if (outcome.kind !== 'injected') throw new Error(outcome.kind);
  const { 'health.example.com/status': status = '', 'health.example.com/health-port': own = '' } =
    outcome.pod.metadata?.annotations ?? {};
  const text = JSON.stringify({ ...JSON.parse(status), by: 'HealthPolicy all', ...(isTrial ? { trial: true } : {}) });
  // Without annotations that ask, the policy speaks for it.
  const annotations = { 'health.example.com/status': text, 'health.example.com/health-port': own };
  const ready = { type: 'Ready', status: 'True' };
  return {
    ...outcome.pod,
    metadata: { ...metadata, annotations },
    status: { phase: 'Running', podIP: '127.0.0.1', conditions: [ready] },
  };
}

if (process.argv[2] === 'controller') await control(process.argv[3] ?? '', process.argv[4] === 'true');
else {
  for (const isTrial of [false, true]) print(await measure(isTrial));
  process.exit(0);
}
