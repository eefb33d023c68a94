import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { createStore } from '../../src/policy/store.ts';
import { testContext } from '../support/webhook.ts';
import { compare, start } from './contest.ts';
import { residentMiB } from './measure.ts';
import { type Report, addRow } from './report.ts';
import { reviewsAcross } from './reviews.ts';

const root = new URL('../../', import.meta.url).pathname;
const namespaceCount = 10_000;

/** Measures what rules in each of ten thousand namespaces cost a review, beside a webhook that follows an empty cluster. */
export async function benchRules(report: Report): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const pod = parse(readFileSync(`${root}test/bench/pod.yaml`, 'utf8'));
  const full = await startCluster(namespaceCount);
  const empty = await startCluster(0);
  // As the image and the Deployment start it.
  const program = ['--max-semi-space-size=4', `${root}test/bench/following-webhook.ts`, directory];
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' };
  const none = await start('no namespaces', 18_447, [...program, '18447', `${empty.port}`], env);
  const many = await start('with rules', 18_448, [...program, '18448', `${full.port}`], env);
  const residentOf = (contestant: typeof none): number => residentMiB(contestant.child.pid as number);
  await rest();
  const idle = [many, none].map(residentOf);
  const title = `a LimitRange and a quota in each of ${namespaceCount} namespaces`;
  const compared = await compare(report, title, many, none, ca, reviewsAcross(pod, namespaceCount));
  await rest();
  const loaded = [many, none].map(residentOf);
  for (const [when, [rules = 0, nothing = 0]] of [
    ['idle', idle],
    ['at rest after the load', loaded],
  ] as const) {
    const resident = `${rules.toFixed(0)} MiB, without namespaces ${nothing.toFixed(0)} MiB`;
    addRow(report, 'Memory', { program: `webhook with rules in ${namespaceCount} namespaces, ${when}`, resident });
  }
  for (const each of [none, many]) each.child.kill();
  for (const each of [full, empty]) each.stop();
  return [
    'rules: Pods that are all different, of all the namespaces in turn',
    ...compared,
    `  resident memory: idle ${told(idle)}; at rest after the load ${told(loaded)}`,
    `  a quota that changes: ${changeUs().toFixed(1)} us of CPU to read it, ${firstUs().toFixed(1)} us more for the next review`,
  ];
}

/** Until V8 has given back what the list, or the load, needed for a moment. */
const rest = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 20_000));

const told = ([rules, nothing]: readonly number[]): string =>
  `${rules?.toFixed(0)} MiB with rules, ${nothing?.toFixed(0)} MiB without namespaces`;

const names = Array.from({ length: namespaceCount }, (_, index) => `shop-${index}`);

const namespaceOf = (name: string) => ({
  metadata: {
    name,
    labels: { 'kubernetes.io/metadata.name': name, tier: 'a' },
    annotations: { owner: `team-${name}` },
  },
});

const limitRangeOf = (namespace: string) => ({
  metadata: { name: 'bounds', namespace },
  spec: {
    limits: [
      {
        type: 'Container',
        default: { cpu: '500m', memory: '512Mi' },
        defaultRequest: { cpu: '100m', memory: '128Mi' },
        max: { cpu: '4', memory: '8Gi' },
        min: { cpu: '1m', memory: '4Mi' },
      },
      { type: 'Pod', max: { cpu: '8', memory: '16Gi' } },
    ],
  },
});

const hard = {
  pods: '100',
  'requests.cpu': '40',
  'requests.memory': '80Gi',
  'limits.cpu': '80',
  'limits.memory': '160Gi',
};

/** A quota of which every namespace uses something else. */
const quotaOf = (namespace: string, index: number) => ({
  metadata: { name: 'compute', namespace },
  spec: { hard },
  status: {
    hard,
    used: {
      pods: `${index % 50}`,
      'requests.cpu': `${index % 977}m`,
      'requests.memory': `${index * 7 + 13}Ki`,
      'limits.cpu': `${index % 1_000}m`,
      'limits.memory': `${index * 3 + 1}Ki`,
    },
  },
});

/** An apiserver that has so many namespaces, lists them page by page, and tells of no change. */
async function startCluster(count: number) {
  const collections: Readonly<Record<string, (name: string, index: number) => object>> = {
    '/api/v1/namespaces': namespaceOf,
    '/api/v1/limitranges': limitRangeOf,
    '/api/v1/resourcequotas': quotaOf,
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://apiserver');
    response.writeHead(200, { 'content-type': 'application/json' });
    if (searchParams.has('watch')) return void response.flushHeaders();
    const from = Number(searchParams.get('continue') ?? 0);
    const to = Math.min(from + Number(searchParams.get('limit')), count);
    const make = collections[pathname];
    const items = make ? names.slice(from, to).map((name, index) => make(name, from + index)) : [];
    const next = make && to < count ? { continue: `${to}` } : {};
    response.end(JSON.stringify({ metadata: { resourceVersion: '1', ...next }, items }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

const filled = () => {
  const store = createStore(testContext.prefix);
  store.limitRanges.reset(names.map(limitRangeOf));
  store.resourceQuotas.reset(names.map(quotaOf));
  return store;
};

/** What each call of `work` takes of the CPU. */
function microseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / namespaceCount;
}

function changeUs(): number {
  const store = filled();
  const quotas = names.map((name, index) => quotaOf(name, index + 1));
  return microseconds(() => {
    for (const quota of quotas) store.resourceQuotas.upsert(quota);
  });
}

function firstUs(): number {
  const store = filled();
  const readAll = (): void => {
    for (const name of names) store.scopeFor(name, 0).resourceRules();
  };
  return microseconds(readAll) - microseconds(readAll);
}
