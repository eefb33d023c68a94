// https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
import { stringify } from 'yaml';
import { templateAt } from '../../inject/workload.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { ApiError } from '../../kube/api-error.ts';
import { UserError, exitCode } from '../command.ts';
import { type EvaluatedObject, titleOf } from '../evaluate.ts';
import { unifiedDiff } from '../unified-diff.ts';
import { type Cluster, type Target, openCluster } from './cluster.ts';

const timeoutMs = 30_000;

/** What is compared: the policies by their names, and the workloads that they are to speak for. */
type Comparison = { readonly policies: readonly string[]; readonly objects: readonly EvaluatedObject[] };

/**
 * Has the apiserver make each Pod twice as a dry run: as its manifest has it, which the policies of the cluster change, and
 * as the core injects it, which they leave. The lines of a unified diff where the two differ; none where all are equal.
 * A `UserError` where a policy is not in the cluster.
 */
export async function verifyExport(target: Target, { policies, objects }: Comparison): Promise<string[]> {
  const cluster = await openCluster(target);
  const paths = policies.map((name) => `/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/${name}`);
  const found = await Promise.all(paths.map((path, index) => cluster.get(path, policies[index] ?? '')));
  const missing = policies.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const sentences = missing.map((name) => `MutatingAdmissionPolicy ${name} is not in the cluster: apply it first.`);
    throw new UserError(exitCode.unreadable, sentences);
  }
  const compared: string[][] = [];
  for (const object of objects) compared.push(await compare(cluster, object));
  return compared.flat();
}

async function compare(cluster: Cluster, object: EvaluatedObject): Promise<string[]> {
  const namespace = object.namespace || cluster.namespace;
  const template = templateAt(object.before, object.templatePath) as Pod;
  // A Job completes the restart policy of its template.
  const { restartPolicy } = object.pod.spec;
  const completed = { ...template, spec: { ...template.spec, ...(restartPolicy && { restartPolicy }) } };
  const [made, wanted] = [
    await dryRun(cluster, namespace, completed),
    await dryRun(cluster, namespace, object.outcome.pod),
  ];
  return unifiedDiff(titleOf(object), wanted, made);
}

/** The Pod that the apiserver would store, as text without what it gives each one anew; or why it refuses it. */
async function dryRun({ client }: Cluster, namespace: string, { metadata, spec }: Pod): Promise<string> {
  const { name, labels, annotations } = metadata ?? {};
  const named = name === undefined ? { generateName: 'health-injector-verify-' } : { name };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...named, labels, annotations }, spec };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?dryRun=All`;
  try {
    const made = await client.create<Pod>(path, pod, { signal: new AbortController().signal, timeoutMs });
    const { labels: labelled, annotations: annotated } = made.metadata ?? {};
    const kept = { metadata: { labels: labelled, annotations: annotated }, spec: made.spec };
    const text = JSON.stringify(kept).replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access');
    return stringify(JSON.parse(text, withoutOrder), { lineWidth: 0, sortMapEntries: true });
  } catch (error) {
    if (error instanceof ApiError) return `refused: ${error.summary}\n`;
    throw new UserError(exitCode.unreadable, [`The cluster does not answer: ${(error as Error).message}.`]);
  }
}

/** The apiserver mounts its token before a policy adds a mount, and behind what stands in a manifest: the order counts for nothing. */
function withoutOrder(key: string, value: unknown): unknown {
  if ((key !== 'volumes' && key !== 'volumeMounts') || !Array.isArray(value)) return value;
  const texts = new Map(value.map((item) => [item, JSON.stringify(item)]));
  return value.toSorted((one, other) => ((texts.get(one) ?? '') < (texts.get(other) ?? '') ? -1 : 1));
}
