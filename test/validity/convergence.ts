// Sends sequences of edits through a real apiserver that asks another webhook before and after ours, and both again: the
// end has to be what one call with the final wish gives. `npm run test:convergence -- COUNT SEED`,
// and with an INDEX behind them one sequence of these, reduced where it fails.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { uninject } from '../../src/inject/uninject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { eventually } from '../support/eventually.ts';
import { assertUserKept } from '../support/invariants.ts';
import { unmarked } from '../support/other-webhook.ts';
import { startOtherWebhook } from '../support/other-webhook-server.ts';
import { startWebhook, testContext } from '../support/webhook.ts';
import { type ApiAnswer, startApiserver } from './apiserver.ts';
import { asManifest, comparable } from './comparable.ts';
import { namespaceKinds } from './namespaces.ts';
import { follow, makePolicyResource, registerWebhook } from './registration.ts';
import { type Event, type Sequence, afterEvent, builds, isInjected, isShared, places, sequence } from './sequences.ts';

const root = new URL('../../', import.meta.url).pathname;
const [count = 200, seed = 1, only] = process.argv.slice(2).map(Number);
const inFlight = 4;
/** With a bias a value would depend on how many were drawn before it, and not be found again by its index. */
const unbiased = true;
const ours = 'validity.example/build';
const limits = namespaceKinds.find(({ name }) => name === 'container-default')?.limits;

const namespaceOf = (build: number | 'control', isBounded: boolean): string =>
  `build-${build}${isBounded ? '-bounded' : ''}`;

const apiserver = await startApiserver(process.env['CLUSTER_TOOLS'] ?? `${root}../shared/cluster`);
const stopping = new AbortController();
const webhooks = await Promise.all(builds.map((build) => startWebhook({ ...build, allowImage: true })));
const other = await startOtherWebhook();
const tally = { sequences: 0, calls: 0, invalid: 0, injected: 0, shared: 0 };
let failed = 0;
try {
  await prepare();
  failed = await run();
} finally {
  stopping.abort();
  await Promise.all([...webhooks, other].map(({ stop }) => stop()));
  await apiserver.stop();
}
process.exit(failed > 0 ? 1 : 0);

/** Makes the namespaces, and has the apiserver ask webhooks by the label of each. */
async function prepare(): Promise<void> {
  const { must } = apiserver;
  await makePolicyResource(apiserver);
  for (const build of ['control', ...builds.keys()] as const) {
    for (const isBounded of [false, true]) {
      const name = namespaceOf(build, isBounded);
      await must('POST', '/api/v1/namespaces', { metadata: { name, labels: { [ours]: `${build}` } } });
      const path = `/api/v1/namespaces/${name}`;
      await must('POST', `${path}/serviceaccounts`, { metadata: { name: 'default' } });
      if (isBounded) await must('POST', `${path}/limitranges`, { metadata: { name: 'bounds' }, spec: { limits } });
    }
  }
  const matchExpressions = [{ key: ours, operator: 'In', values: ['control', ...builds.keys()].map(String) }];
  const { host, ca } = (webhooks[0] as (typeof webhooks)[number]).connection;
  for (const path of places) {
    const name = path === '/before' ? 'a-before' : 'z-after';
    const connection = { host, ca, port: other.port };
    await registerWebhook(apiserver, { name, connection, path, namespaceSelector: { matchExpressions } });
  }
  for (const [build, webhook] of webhooks.entries()) {
    const namespaceSelector = { matchLabels: { [ours]: `${build}` } };
    await registerWebhook(apiserver, { name: `m-build-${build}`, connection: webhook.connection, namespaceSelector });
    await follow(apiserver, webhook.store, stopping.signal);
  }
  for (const build of builds.keys()) {
    for (const isBounded of [false, true]) {
      await eventually(`the webhook of ${namespaceOf(build, isBounded)}`, 60_000, () => isAsked(build, isBounded));
    }
  }
}

/** The apiserver's own caches of namespaces, webhooks and LimitRanges are behind at first, and so are ours. */
async function isAsked(build: number, isBounded: boolean): Promise<boolean> {
  const wish = { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'tcp://:80' };
  const doings = JSON.stringify(['adds a variable to each container']);
  const annotations = { ...wish, 'mesh.example/before': doings, 'mesh.example/after': doings };
  const pod = { metadata: { name: 'a', annotations }, spec: { containers: [{ name: 'app', image: 'image:1' }] } };
  const { status, body } = await create(build, isBounded, pod);
  if (status >= 300) return false;
  const agent = body.spec.initContainers?.[0];
  const isFitted = !isBounded || agent?.resources?.requests?.['ephemeral-storage'] === '16Mi';
  return agent?.env?.[0]?.name === 'MESH' && isFitted;
}

function create(build: number | 'control', isBounded: boolean, pod: object): Promise<ApiAnswer> {
  tally.calls++;
  const path = `/api/v1/namespaces/${namespaceOf(build, isBounded)}/pods?dryRun=All`;
  return apiserver.call('POST', path, { apiVersion: 'v1', kind: 'Pod', ...pod });
}

/** The manifest of a Pod that the apiserver takes with us as it did without. */
async function created(build: number, isBounded: boolean, pod: Pod): Promise<Pod> {
  const { status, body } = await create(build, isBounded, pod);
  assert.ok(status < 300, `refused with the webhook, and not without: ${body.message}`);
  return asManifest(body);
}

/** Undefined where the apiserver does not take the Pod without us either, whatever the other webhook adds. */
async function plainly(isBounded: boolean, pod: Pod): Promise<Pod | undefined> {
  const { status, body } = await create('control', isBounded, pod);
  return status < 300 ? asManifest(body) : undefined;
}

/** Throws where a sequence does not converge; false where its Pod is invalid by itself. */
async function judge({ pod, isBounded, events }: Sequence): Promise<boolean> {
  let plain = await plainly(isBounded, pod);
  if (!plain) return false;
  let build = 0;
  let theirs = pod;
  let current = await created(build, isBounded, theirs);
  const occurred: Event[] = [];
  for (const event of events) {
    const edited = afterEvent(theirs, event);
    const taken = await plainly(isBounded, edited);
    if (!taken) continue;
    // Where nothing of ours is in it, nothing tells a container of the other webhook from one of the user's own.
    const base = isInjected(current) ? afterEvent(current, event) : edited;
    // What the server has computed from a Pod without that container may have no room for it.
    if (!(await plainly(isBounded, uninject(base, testContext.prefix)?.template ?? base))) continue;
    [theirs, plain] = [edited, taken];
    if (event.kind === 'build') build = event.build;
    occurred.push(event);
    current = await created(build, isBounded, base);
  }
  current = await created(build, isBounded, isInjected(current) ? current : theirs);
  const first = await created(build, isBounded, theirs);
  tally.sequences++;
  if (isInjected(first)) tally.injected++;
  const isUnordered = isShared(theirs);
  if (isUnordered) tally.shared++;
  assert.deepEqual(comparable(current, isUnordered), comparable(first, isUnordered));
  assertUserKept(comparable(unmarked(plain), false), comparable(unmarked(current), false));
  const back = unmarked(uninject(current, testContext.prefix)?.template ?? current) as Pod;
  assert.deepEqual(comparable(back, isUnordered), comparable(unmarked(plain), isUnordered));
  return true;
}

async function run(): Promise<number> {
  const property = fc.asyncProperty(sequence, async (each) => void (await judge(each)));
  // Half of the Pods are invalid by themselves: those that are not are counted.
  const drawn = fc.sample(property, { numRuns: 4 * count, seed, unbiased }) as readonly (readonly [Sequence])[];
  const failures: { readonly index: number; readonly error: Error }[] = [];
  if (only !== undefined) {
    process.stdout.write(`${stringify(drawn[only]?.[0])}\n`);
    await reduce(property, only);
    return 0;
  }
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < drawn.length && tally.sequences < count) {
      const index = next++;
      const [each] = drawn[index] as readonly [Sequence];
      try {
        if (!(await judge(each))) tally.invalid++;
      } catch (error) {
        failures.push({ index, error: error as Error });
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const { sequences, calls, invalid, injected, shared } = tally;
  process.stdout.write(
    `Kubernetes ${apiserver.version}, seed ${seed}: ${sequences} sequences, ${calls} creates, ${injected} end injected, ` +
      `${shared} with another webhook, ${invalid} Pods invalid by themselves, ${failures.length} failures\n`,
  );
  for (const { index, error } of failures.slice(0, 20)) {
    process.stdout.write(`Sequence ${index}: ${error.message.slice(0, 4_000)}\n`);
  }
  const [first] = failures.toSorted((one, another) => one.index - another.index);
  if (first) await reduce(property, first.index);
  return failures.length;
}

/** Prints the smallest sequence that fails like the one of this index. */
async function reduce(property: fc.IAsyncProperty<[Sequence]>, index: number): Promise<void> {
  const limit = { interruptAfterTimeLimit: 120_000, markInterruptAsFailure: true };
  const { counterexample, errorInstance } = await fc.check(property, {
    seed,
    path: `${index}`,
    numRuns: 1,
    unbiased,
    ...limit,
  });
  const message = (errorInstance as Error | undefined)?.message ?? 'It did not fail again.';
  process.stdout.write(`Sequence ${index}, reduced:\n${stringify(counterexample?.[0])}\n${message}\n`);
}
