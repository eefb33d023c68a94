import type { V1Pod } from '@kubernetes/client-node';
import { isOnTrial, servingAgents } from '../../inject/model/guesses.ts';
import { readStatus } from '../../inject/model/status.ts';
import { allContainers, type Pod } from '../../inject/pod/pod.ts';
import type { Client } from '../../kube/client.ts';
import { ApiError } from '../../kube/api-error.ts';
import { defaultReflectorOptions, listPages } from '../../kube/reflector.ts';
import { ownerKeyOf } from '../../quarantine/quarantine.ts';
import { type TrialAnswer, readTrialAnswer } from '../../trial/answer.ts';
import { readTrialSettings } from '../../trial/settings.ts';
import type { PodOnTrial } from '../../trial/workload.ts';
import { UserError, exitCode } from '../command.ts';
import { whyNot } from './agents.ts';
import { type Cluster } from './cluster.ts';

/** A question through the apiserver takes it a connection to the Pod: no more of them for one table. */
const mostPods = 1_000;
const places = 16;
const timeoutMs = 5_000;

/** The Pods on trial, and one sentence for each thing that could not be asked. */
export type PodsOnTrial = { readonly pods: readonly PodOnTrial[]; readonly unanswered: readonly string[] };

/** Where an agent of a Pod on trial is asked. */
type Subject = { readonly pod: Pod; readonly namespace: string; readonly name: string; readonly about: PodOnTrial };

/** Reads the Pods on trial of a namespace, or of all where it is undefined, and asks their agents with the rights of the user. */
export async function readTrials(
  { client, strangers }: Pick<Cluster, 'client' | 'strangers'>,
  { namespace, policy, prefix }: { readonly namespace?: string; readonly policy?: string; readonly prefix: string },
): Promise<PodsOnTrial> {
  const subjects = await podsOnTrial(client, namespace, prefix);
  const chosen = inTurns(policy === undefined ? subjects : subjects.filter(({ about }) => about.policy === policy));
  const queue = chosen.slice(0, mostPods).values();
  const answers = new Map<Subject, readonly TrialAnswer[]>();
  let silent = 0;
  const refused = new Set<string>();
  const work = async (): Promise<void> => {
    for (const subject of queue) {
      const right = `get pods/proxy in namespace ${subject.namespace}`;
      if (refused.has(right)) continue;
      try {
        answers.set(subject, await askTrial(subject.pod, strangers, prefix));
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) refused.add(right);
        else silent += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: places }, work));
  return {
    pods: chosen.map((subject) => ({ ...subject.about, answers: answers.get(subject) })),
    unanswered: [
      ...[...refused].map((right) => `What the Pods on trial counted is not known: you lack the right to ${right}.`),
      ...(silent === 0 ? [] : [`The agents of ${silent} Pods on trial did not answer.`]),
      ...(chosen.length <= mostPods ? [] : [`Of ${chosen.length} Pods on trial ${mostPods} were asked.`]),
    ],
  };
}

async function podsOnTrial(client: Client, namespace: string | undefined, prefix: string): Promise<Subject[]> {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const path = `/api/v1${within}/pods`;
  const found: Subject[] = [];
  try {
    const signal = new AbortController().signal;
    for await (const { items } of listPages<V1Pod>({ client, path }, defaultReflectorOptions, signal)) {
      found.push(...items.flatMap((pod) => subjectOf(pod, prefix) ?? []));
    }
  } catch (error) {
    throw new UserError(exitCode.unreadable, [
      `The cluster does not show ${path}: ${whyNot(error as Error, 'list pods')}.`,
    ]);
  }
  return found;
}

function subjectOf(live: V1Pod, prefix: string): Subject | undefined {
  const { metadata = {}, status } = live;
  const pod = live as Pod;
  const isOver = metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed'].includes(status?.phase ?? '');
  if (isOver || !live.spec || !isOnTrial(pod, prefix)) return undefined;
  const { namespace = '', name = '' } = metadata;
  const owner = ownerKeyOf(namespace, metadata) ?? { namespace, kind: 'Pod', name };
  const by = /^HealthPolicy (.{1,253})$/.exec(String(readStatus(pod, prefix)?.fields['by'] ?? ''))?.[1];
  return {
    pod,
    namespace,
    name,
    about: { ...owner, policy: by, settings: settingsOf(pod, prefix), answers: undefined },
  };
}

/** How the agents of a Pod on trial ask each of its containers. */
export function settingsOf(pod: Pod, prefix: string): PodOnTrial['settings'] {
  const serving = new Set(servingAgents(pod, prefix).map(({ name }) => name));
  const agents = allContainers(pod).filter(({ name }) => serving.has(name));
  return new Map(agents.flatMap(({ args = [] }) => Array.from(readTrialSettings(args))));
}

/** Pods with one of each workload in turn: where not all are asked, each workload is. */
function inTurns(subjects: readonly Subject[]): Subject[] {
  const byWorkload = Map.groupBy(subjects, ({ about: { namespace, kind, name } }) => `${namespace}/${kind}/${name}`);
  const rank = new Map([...byWorkload.values()].flatMap((same) => same.map((subject, index) => [subject, index])));
  return subjects.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

/** Asks the agents of a Pod through the apiserver what they counted; rejects where one does not answer as an agent on trial. */
export async function askTrial(pod: Pod, client: Client, prefix: string): Promise<readonly TrialAnswer[]> {
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const signal = new AbortController().signal;
  return Promise.all(
    servingAgents(pod, prefix).map(async ({ name: agent, port }) => {
      const answer = readTrialAnswer(await client.getText(`${path}:${port}/proxy/trialz`, { signal, timeoutMs }));
      if (!answer) throw new Error(`${agent} does not answer as an agent on trial`);
      return answer;
    }),
  );
}
