import type { KubernetesObject } from '@kubernetes/client-node';
import { groupOf, templatePath } from '../../workload/template.ts';
import { type ConsiderContext, type ConsideredObject, consider } from '../consider.ts';
import { explainPod } from '../explain/explain-pod.ts';
import { type Explanation, explainConsidered } from '../explain/explanation.ts';
import { type Cluster, type Target, openCluster } from './cluster.ts';
import { liveSurroundings } from './live-surroundings.ts';
import type { LiveKind, Reference } from './reference.ts';

/** Objects of a cluster, explained, and one sentence for what the cluster does not show. */
export type LiveExplanations = { readonly explanations: readonly Explanation[]; readonly unseen: readonly string[] };

/**
 * Explains objects of a cluster, each with its newest Pod, by the policies of the cluster or by those of the context; a
 * string is the one sentence that says what is in the way.
 */
export async function explainLive(
  references: readonly Reference[],
  target: Target,
  context: ConsiderContext,
  hasPolicies: boolean,
): Promise<LiveExplanations | string> {
  const cluster = await openCluster(target);
  if (typeof cluster === 'string') return cluster;
  const { surroundings, unseen } = hasPolicies
    ? { surroundings: context.scopeFor(cluster.namespace), unseen: [] }
    : await liveSurroundings(cluster, context.prefix);
  const explanations: Explanation[] = [];
  for (const reference of references) {
    const explanation = await explainOne(reference, cluster, { ...context, scopeFor: () => surroundings });
    if (typeof explanation === 'string') return explanation;
    explanations.push(explanation);
  }
  return { explanations, unseen };
}

async function explainOne(
  reference: Reference,
  { read, newestPod }: Cluster,
  context: ConsiderContext,
): Promise<Explanation | string> {
  const object = await read(reference);
  if (typeof object === 'string') return object;
  const considered = consider(subject(reference.kind, object), context);
  if (!considered) return `${reference.kind} ${reference.name} has no containers to look at.`;
  const newest = reference.kind === 'Pod' ? object : await newestPod(reference, object);
  if (typeof newest === 'string') return newest;
  const live = newest && consider(subject('Pod', newest), context)?.pod;
  const pod = live ? explainPod(live, considered, context.prefix) : null;
  return { ...explainConsidered(considered, context.prefix), pod };
}

function subject(kind: LiveKind, object: object): ConsideredObject {
  const { apiVersion = '', metadata } = object as KubernetesObject;
  const found = templatePath(groupOf(apiVersion), kind);
  const { name = '', namespace = '' } = metadata ?? {};
  return { kind, name, namespace, value: { ...object }, ...(found ? { templatePath: found } : {}) };
}
