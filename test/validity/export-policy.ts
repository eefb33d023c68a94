// Exports each golden case as a MutatingAdmissionPolicy to a real apiserver: the Pod that comes out has to be the one that the
// webhook makes, and what is not exported has a sentence. `npm run test:export -- LATENCY`; LATENCY is how many Pods are
// created each way for the times of an admission, none by default. The versions are those of the test cluster, from 1.36 on.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type EvaluatedObject, evaluateAll, withNamespaces } from '../../src/cli/evaluate.ts';
import { evaluationContext } from '../../src/cli/context.ts';
import { type Exports, exportAll, exportContext } from '../../src/cli/export.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { readManifest } from '../../src/manifest/documents.ts';
import { fillStore, policyObjectsIn } from '../../src/policy/objects.ts';
import type { HealthPolicy } from '../../src/policy/policy.ts';
import { createStore } from '../../src/policy/store.ts';
import { testContext } from '../support/webhook.ts';
import { type ApiAnswer, startApiserver } from './apiserver.ts';
import { asManifest, comparable } from './comparable.ts';
import { measureLatency } from './export-latency.ts';

const root = new URL('../../', import.meta.url).pathname;
const [latency = 0] = process.argv.slice(2).map(Number);
const api = '/apis/admissionregistration.k8s.io/v1';
const collections: Readonly<Record<string, string>> = {
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings',
};

/** A golden case in a namespace of its own, evaluated and exported. */
type Case = {
  readonly file: string;
  readonly namespace: string;
  readonly metadata: { readonly labels?: object; readonly annotations?: object };
  readonly input: Pod;
  readonly object: EvaluatedObject | undefined;
  readonly exports: Exports;
};

const cases = globSync(process.env['CASES'] ?? '**/*.input.yaml', { cwd: `${root}test/cases` })
  .toSorted()
  .map(readCase);

const apiserver = await startApiserver(process.env['CLUSTER_TOOLS'] ?? `${root}../shared/cluster`);
const failures: string[] = [];
const tally = { exported: 0, same: 0, invalid: 0, refused: 0 };
try {
  for (const { namespace, metadata } of cases) await makeNamespace(namespace, metadata);
  await makeNamespace('control', {});
  const ofPods = cases.filter((each) => !objectsOf(each).some(({ metadata }) => isOfHealthPolicy(metadata.name)));
  for (const each of ofPods) await apply(each);
  for (const each of ofPods) await judge(each);
  // A policy that speaks for any Pod would speak for those of the other cases too.
  for (const each of cases.filter((one) => !ofPods.includes(one))) {
    await apply(each);
    await judge(each);
    await remove(each);
  }
  if (latency > 0) await measureLatency(apiserver, latency);
  const panics = readFileSync(`${apiserver.directory}/kube-apiserver.log`, 'utf8').match(/panic/gi) ?? [];
  if (panics.length > 0) failures.push(`the apiserver panicked ${panics.length} times`);
} finally {
  await apiserver.stop();
}
report();
process.exit(failures.length > 0 ? 1 : 0);

/** A case in which the namespace `shop` has a name of its own. */
function readCase(file: string, index: number): Case {
  const namespace = `case-${index}`;
  const text = readFileSync(`${root}test/cases/${file}`, 'utf8').replaceAll(/\bshop\b/g, namespace);
  const manifest = readManifest(text);
  const documents = manifest.objects.map(({ value }) => value as any);
  const store = createStore(testContext.prefix);
  const found = policyObjectsIn(documents);
  fillStore(store, found);
  const context = exportContext(evaluationContext({ ...testContext, namespace }, store, () => 0));
  const objects = evaluateAll([{ name: file, text, manifest, isKustomized: false } as never], context);
  const own = documents.find(({ kind }) => kind === 'Namespace')?.metadata ?? {};
  return {
    file,
    namespace,
    metadata: { labels: own.labels, annotations: own.annotations },
    input: documents[0],
    object: objects[0],
    exports: exportAll(objects, found.policies as HealthPolicy[], withNamespaces(context, manifest.objects)),
  };
}

function isOfHealthPolicy(name: string): boolean {
  return name.startsWith('health-injector-policy-');
}

async function makeNamespace(name: string, metadata: object): Promise<void> {
  await apiserver.must('POST', '/api/v1/namespaces', { metadata: { ...metadata, name } });
  await apiserver.must('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
}

function objectsOf({ exports }: Case): any[] {
  return exports.results.flatMap((each) => (each.kind === 'exported' ? each.policy.objects : []));
}

async function apply(each: Case): Promise<void> {
  for (const object of objectsOf(each)) {
    await apiserver.must('POST', `${api}/${collections[object.kind]}`, object);
  }
}

async function remove(each: Case): Promise<void> {
  for (const object of objectsOf(each)) {
    await apiserver.must('DELETE', `${api}/${collections[object.kind]}/${object.metadata.name}`);
  }
}

/** Creates a Pod as a dry run, as a client that knows nothing of a server would. */
function create(namespace: string, { metadata, spec }: Pod): Promise<ApiAnswer> {
  const { name, generateName, labels, annotations, ownerReferences } = metadata ?? {};
  const named = name === undefined ? { generateName: generateName ?? 'pod-' } : { name, generateName };
  const kept = { ...named, labels, annotations, ownerReferences };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  return apiserver.call('POST', path, { apiVersion: 'v1', kind: 'Pod', metadata: kept, spec });
}

/**
 * A Pod without what the apiserver makes anew each time. It mounts its token before a policy adds a mount, and behind what
 * stands in a manifest: the order counts for nothing.
 */
function plain({ status, body }: ApiAnswer): Pod | string {
  return status < 300 ? comparable(asManifest(body), true) : `${status} ${body.message}`;
}

/** Compares what the policies of a case make of its Pod with what the webhook makes, and looks that they touch nothing else. */
async function judge({ file, namespace, input, object, exports }: Case): Promise<void> {
  for (const each of exports.results) {
    if (each.kind === 'refused' && !/\S.*\.$/s.test(each.why)) failures.push(`${file}: no sentence: ${each.why}`);
  }
  const speaks = exports.byPolicy.length > 0 || exports.results.some(({ kind }) => kind === 'exported');
  if (!speaks || !object) return void tally.refused++;
  tally.exported++;
  // A policy leaves what is injected already, so that this is what the apiserver makes of it.
  const wanted = await create(namespace, object.outcome.pod);
  if (wanted.status >= 300) return void tally.invalid++;
  const isSame = async (): Promise<boolean> => isDeepStrictEqual(plain(await create(namespace, input)), plain(wanted));
  if (!(await soon(isSame))) {
    const made = await create(namespace, input);
    try {
      assert.deepEqual(plain(made), plain(wanted));
    } catch (error) {
      failures.push(`${file}: ${made.status} ${(error as Error).message.slice(0, 1_500)}`);
    }
    return;
  }
  tally.same++;
  const alone = await create('control', object.outcome.pod);
  if (alone.status < 300 && !isDeepStrictEqual(plain(alone), plain(wanted)))
    failures.push(`${file}: it is injected twice`);
  await leavesProbesAlone(file, namespace, input);
}

/** Policies are in force within a second or two of their creation; a Pod that differs still differs then. */
async function soon(look: () => Promise<boolean>): Promise<boolean> {
  const tries = tally.same > 0 ? 40 : 600;
  for (let index = 0; index < tries; index++) {
    if (await look()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** A Pod whose containers have other probes already is as it was. */
async function leavesProbesAlone(file: string, namespace: string, input: Pod): Promise<void> {
  const probe = { exec: { command: ['true'] } };
  const all = { livenessProbe: probe, readinessProbe: probe, startupProbe: probe };
  const containers = input.spec.containers.map((container) => Object.assign({}, container, all));
  const probed = { ...input, spec: { ...input.spec, containers } } as Pod;
  const [made, wanted] = [await create(namespace, probed), await create('control', probed)];
  const isSidecarProbed = (input.spec.initContainers ?? []).some(({ restartPolicy }) => restartPolicy === 'Always');
  if (wanted.status < 300 && !isSidecarProbed && !isDeepStrictEqual(plain(made), plain(wanted))) {
    failures.push(`${file}: it changes a Pod that has its probes`);
  }
}

function report(): void {
  const whys = cases.flatMap(({ exports }) =>
    exports.results.flatMap((each) => (each.kind === 'refused' ? [each.why] : [])),
  );
  const counts = Object.entries(Object.groupBy(whys, (why) => why)).map(
    ([why, all = []]) => [all.length, why] as const,
  );
  for (const [count, why] of counts.toSorted(([one], [other]) => other - one).slice(0, 20)) {
    process.stdout.write(`${count} refused: ${why}\n`);
  }
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  process.stdout.write(
    `Kubernetes ${apiserver.version}: of ${cases.length} golden cases ${tally.exported} are exported, ${tally.refused} are not; ` +
      `${tally.same} Pods are those of the webhook, ${tally.invalid} are invalid in themselves, ${failures.length} failures.\n`,
  );
}
