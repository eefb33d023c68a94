// Creates generated Pods as a dry run on a real apiserver, without and with what is injected: what it takes without us, it
// must take with us. `npm run test:validity -- COUNT SEED`; the versions are those of the test cluster.
import fc from 'fast-check';
import { inject } from '../../src/inject/inject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { eventually } from '../support/eventually.ts';
import { startWebhook, testContext } from '../support/webhook.ts';
import { type ApiAnswer, type Apiserver, startApiserver } from './apiserver.ts';
import { type NamespaceKind, namespaceKinds } from './namespaces.ts';
import { arbitraryCandidate } from './pods.ts';
import { follow, makePolicyResource, registerWebhook } from './registration.ts';

const root = new URL('../../', import.meta.url).pathname;
const [count = 2_000, seed = 1] = process.argv.slice(2).map(Number);
const inFlight = 6;
const asked = 'validity.example/asked';

/** What became of the Pods of one kind of namespace. */
type Tally = {
  pods: number;
  valid: number;
  injected: number;
  fitted: number;
  refused: number;
  otherClass: number;
  readonly left: Map<string, number>;
};

const emptyTally = (): Tally => ({
  pods: 0,
  valid: 0,
  injected: 0,
  fitted: 0,
  refused: 0,
  otherClass: 0,
  left: new Map(),
});

/** Makes a namespace of a kind twice: with the webhook, and without it. */
async function makeNamespaces({ must }: Apiserver, kind: NamespaceKind): Promise<void> {
  for (const [name, label] of [
    [kind.name, { [asked]: 'true' }],
    [`${kind.name}-control`, {}],
  ] as const) {
    const labels = { ...kind.labels, ...label };
    await must('POST', '/api/v1/namespaces', { metadata: { name, labels, annotations: kind.annotations } });
    const path = `/api/v1/namespaces/${name}`;
    await must('POST', `${path}/serviceaccounts`, { metadata: { name: 'default' } });
    if (kind.limits) {
      await must('POST', `${path}/limitranges`, { metadata: { name: 'bounds' }, spec: { limits: kind.limits } });
    }
    for (const [index, { hard, used, spec }] of (kind.quotas ?? []).entries()) {
      const quota = { metadata: { name: `share-${index}` }, spec: { hard, ...spec } };
      const made = await must('POST', `${path}/resourcequotas`, quota);
      await must('PUT', `${path}/resourcequotas/share-${index}/status`, { ...made, status: { hard, used } });
    }
  }
}

const create = ({ call }: Apiserver, namespace: string, pod: object): Promise<ApiAnswer> =>
  call('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, { apiVersion: 'v1', kind: 'Pod', ...pod });

const apiserver = await startApiserver(process.env['CLUSTER_TOOLS'] ?? `${root}../shared/cluster`);
const stopping = new AbortController();
const webhook = await startWebhook();
let isBroken = false;
try {
  await makePolicyResource(apiserver);
  for (const kind of namespaceKinds) await makeNamespaces(apiserver, kind);
  await registerWebhook(apiserver, {
    name: 'validity',
    connection: webhook.connection,
    namespaceSelector: { matchLabels: { [asked]: 'true' } },
  });
  await follow(apiserver, webhook.store, stopping.signal);
  await untilEnforced();
  isBroken = await run();
} finally {
  stopping.abort();
  await webhook.stop();
  await apiserver.stop();
}
process.exit(isBroken ? 1 : 0);

/** The apiserver's own caches of namespaces, webhooks, LimitRanges and quotas are behind at first. */
async function untilEnforced(): Promise<void> {
  const containers = [{ name: 'app', image: 'image:1' }];
  await eventually('the bound of a LimitRange', 60_000, async () => {
    const { body } = await create(apiserver, 'pod-min-control', { metadata: { name: 'a' }, spec: { containers } });
    return JSON.stringify(body).includes('minimum memory usage per Pod');
  });
  await eventually('a quota', 60_000, async () => {
    const { body } = await create(apiserver, 'quota-of-limits', { metadata: { name: 'a' }, spec: { containers } });
    return JSON.stringify(body).includes('must specify limits.cpu');
  });
  await eventually('the webhook', 60_000, async () => {
    const annotations = { 'health.example.com/pattern': 'port', 'health.example.com/check': 'tcp://:80' };
    const metadata = { name: 'a', annotations };
    const { body } = await create(apiserver, 'none', { metadata, spec: { containers } });
    return JSON.stringify(body).includes('health.example.com/status');
  });
}

async function run(): Promise<boolean> {
  const pods = fc.sample(arbitraryCandidate, { numRuns: count, seed });
  const tallies = new Map(namespaceKinds.map(({ name }) => [name, emptyTally()]));
  const failures: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < pods.length; index = next++) {
      const { name } = namespaceKinds[index % namespaceKinds.length] as NamespaceKind;
      const failure = await judge(pods[index] as Pod, name, tallies.get(name) as Tally);
      if (failure !== undefined) failures.push(`Pod ${index} in ${name}: ${failure}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  report(tallies);
  for (const failure of failures.slice(0, 20)) process.stdout.write(`${failure}\n`);
  process.stdout.write(`${failures.length} of ${count} Pods are refused or of another class because of us.\n`);
  return failures.length > 0;
}

/** What is wrong with a Pod because of us; undefined where nothing is. */
async function judge(pod: Pod, namespace: string, tally: Tally): Promise<string | undefined> {
  const plain = await create(apiserver, `${namespace}-control`, pod);
  tally.pods++;
  if (plain.status >= 300) {
    if (process.env['SHOW'] === 'invalid') process.stdout.write(`${namespace}: ${plain.body.message}\n`);
    return undefined;
  }
  tally.valid++;
  // As the command line writes it into a manifest, before any default is filled in.
  const outcome = inject(pod, testContext, webhook.store.scopeFor(namespace, 0));
  const written = await create(apiserver, `${namespace}-control`, outcome.pod);
  const mutated = await create(apiserver, namespace, pod);
  const status: string = mutated.body.metadata?.annotations?.['health.example.com/status'] ?? '';
  const isInjected = JSON.parse(status || '{}').patterns?.length > 0;
  if (isInjected) tally.injected++;
  else tally.left.set(outcome.result, (tally.left.get(outcome.result) ?? 0) + 1);
  if ((outcome.fitting ?? []).some((sentence) => sentence.startsWith('The agent asks'))) tally.fitted++;
  const before: string = plain.body.status.qosClass;
  for (const [way, { status: code, body }] of [
    ['the webhook', mutated],
    ['the command line', written],
  ] as const) {
    if (code >= 300) {
      tally.refused++;
      return `with ${way}: ${body.message}\n${JSON.stringify(pod)}`;
    }
    const after: string = body.status.qosClass;
    if (after !== before && before !== 'BestEffort') {
      tally.otherClass++;
      return `with ${way}: ${before} becomes ${after}\n${JSON.stringify(pod)}`;
    }
  }
  return undefined;
}

function report(tallies: ReadonlyMap<string, Tally>): void {
  process.stdout.write(`Kubernetes ${apiserver.version}, ${count} Pods, seed ${seed}\n`);
  for (const [namespace, { pods, valid, injected, fitted, refused, otherClass, left }] of tallies) {
    const reasons = [...left].map(([reason, times]) => `${reason} ${times}`).join(', ');
    const numbers = `${valid} of ${pods} valid without us, ${injected} injected, ${fitted} with less than usual`;
    const harm = `refused because of us ${refused}, class changed ${otherClass}`;
    process.stdout.write(`${namespace.padEnd(24)}${numbers}; left alone: ${reasons || 'none'}; ${harm}\n`);
  }
}
