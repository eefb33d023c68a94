import type { KubernetesObject, V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import type { LimitRange } from '../../inject/fit/rules.ts';
import { type HealthPolicy, policiesPath } from '../../policy/policy.ts';
import { createStore } from '../../policy/store.ts';
import type { PolicyScope } from '../../inject/model/scope.ts';
import { groupOf, templatePath } from '../../inject/workload.ts';
import { UserError, exitCode } from '../command.ts';
import { type Evaluable, type EvaluationContext, evaluate } from '../evaluate.ts';
import { askedWithin } from '../explain/asked-within.ts';
import { type Explanation, explain, explainPod, withAnswers } from '../explain/explain.ts';
import { type Cluster, type Target, openCluster } from './cluster.ts';
import { askAgents } from './agents.ts';
import { readHardware } from './hardware.ts';
import { readObjectEvents } from './pod-events.ts';
import { readPodTrial } from './pod-trial.ts';
import type { LiveKind, Reference } from './reference.ts';

/** Objects of a cluster, explained, and one sentence for what the cluster does not show. */
type LiveExplanations = { readonly explanations: readonly Explanation[]; readonly unseen: readonly string[] };

/** Explains objects of a cluster, each with its newest Pod, by the policies of the cluster or by those of the context. */
export async function explainLive(
  references: readonly Reference[],
  target: Target,
  context: EvaluationContext,
  hasPolicies: boolean,
): Promise<LiveExplanations> {
  const cluster = await openCluster(target);
  const { scope, unseen } = hasPolicies
    ? { scope: context.scopeFor(cluster.namespace), unseen: [] }
    : await liveScope(cluster, context.prefix);
  const explanations: Explanation[] = [];
  for (const reference of references) {
    explanations.push(await explainOne(reference, cluster, { ...context, scopeFor: () => scope }));
  }
  return { explanations, unseen };
}

async function explainOne(
  reference: Reference,
  { strangers, client, read, newestPod }: Cluster,
  context: EvaluationContext,
): Promise<Explanation> {
  const object = await read(reference);
  const evaluation = evaluate(subject(reference.kind, object), context);
  if (!evaluation) {
    const sentence = `${reference.kind} ${reference.name} has no containers to look at.`;
    throw new UserError(exitCode.unreadable, [sentence]);
  }
  const newest = reference.kind === 'Pod' ? object : await newestPod(reference, object);
  const live = newest && evaluate(subject('Pod', newest), context)?.pod;
  if (!live) return { ...explain(evaluation, context.prefix), pod: null };
  const { namespace = '', uid = '' } = live.metadata ?? {};
  const ownUid = (object as KubernetesObject).metadata?.uid ?? '';
  const [agents, events, ofWorkload, trial, { hardware, unanswered }] = await Promise.all([
    askAgents(live, strangers, context.prefix),
    readObjectEvents(namespace, uid, strangers),
    reference.kind === 'Pod' ? { events: [] } : readObjectEvents(namespace, ownUid, strangers),
    readPodTrial(live, strangers, context.prefix),
    readHardware(live, { strangers, client }, context.prefix),
  ]);
  const explanation = { ...explain(evaluation, context.prefix), events: ofWorkload.events };
  const { guesses, checks } = agents;
  const found = explainPod(live, evaluation, context.prefix);
  const within = found.isComplete ? askedWithin(explanation.containers, live) : [];
  const pod = withAnswers(found, {
    ...(within.length > 0 ? { within } : {}),
    ...(guesses.length > 0 ? { guesses } : {}),
    ...(trial.lines.length > 0 ? { trial: trial.lines } : {}),
    checks,
    ...(hardware && { hardware }),
    events: events.events,
    unanswered: [...agents.unanswered, ...events.unanswered, ...trial.unanswered, ...unanswered],
  });
  const isMissed = explanation.result === 'injected' && !pod.isComplete;
  return isMissed
    ? { ...explanation, sentence: `a new Pod gets ${explanation.sentence}`, pod }
    : { ...explanation, pod };
}

function subject(kind: LiveKind, object: object): Evaluable {
  const { apiVersion = '', metadata } = object as KubernetesObject;
  const found = templatePath(groupOf(apiVersion), kind);
  const { name = '', namespace = '' } = metadata ?? {};
  return { kind, name, namespace, value: { ...object }, ...(found ? { templatePath: found } : {}) };
}

/** What a cluster says of the namespace and of its policies, and one sentence for each that it does not show. */
async function liveScope(
  { namespace: name, get }: Cluster,
  prefix: string,
): Promise<{ readonly scope: PolicyScope; readonly unseen: readonly string[] }> {
  const unseen: string[] = [];
  // Who may see a workload may still not see these.
  const getIfShown = async (path: string, what: string): Promise<object | undefined> => {
    try {
      return await get(path, what);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unseen.push(...error.sentences);
      return undefined;
    }
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
  const [version, namespace, policies, limitRanges, quotas] = await Promise.all([
    getIfShown('/version', 'the version of the apiserver'),
    getIfShown(path, `Namespace ${name}`),
    getIfShown(policiesPath, 'the HealthPolicies'),
    getIfShown(`${path}/limitranges`, `the LimitRanges of namespace ${name}`),
    getIfShown(`${path}/resourcequotas`, `the ResourceQuotas of namespace ${name}`),
  ]);
  const store = createStore(prefix);
  if (version) store.setApiserverVersion(version);
  store.namespaces.upsert(namespace ? (namespace as { metadata: V1ObjectMeta }) : { metadata: { name } });
  if (policies) store.policies.reset((policies as { items: HealthPolicy[] }).items);
  if (limitRanges) store.limitRanges.reset((limitRanges as { items: LimitRange[] }).items);
  if (quotas) store.resourceQuotas.reset((quotas as { items: V1ResourceQuota[] }).items);
  return { scope: store.scopeFor(name, Date.now()), unseen };
}
