import { readGuesses } from '../../inject/model/guesses.ts';
import type { Client } from '../../kube/client.ts';
import { whyNot } from './agents.ts';
import type { GuessingPod } from './pod-groups.ts';

/** A question through the apiserver takes it a connection to the Pod: no more of them for one table. */
const mostPods = 200;
const places = 8;
const timeoutMs = 2_000;

/** How many Pods of each owner have a guess that has not passed; undefined where the sidecars may not be asked. */
type UnprovenCount = {
  /** Undefined of an owner where a sidecar has not answered. */
  readonly byOwner: ReadonlyMap<string, number | undefined> | undefined;
  readonly unanswered: readonly string[];
};

/** Asks the sidecars of Pods with a guess, eight at a time, through the apiserver and with the rights of the user. */
export async function countUnproven(pods: readonly GuessingPod[], client: Client): Promise<UnprovenCount> {
  const byOwner = new Map<string, number | undefined>();
  const unknown = new Set(pods.slice(mostPods).map(({ owner }) => owner));
  const queue = pods.slice(0, mostPods).values();
  let silent = 0;
  let refused: string | undefined;
  const work = async (): Promise<void> => {
    for (const pod of queue) {
      if (refused !== undefined) return;
      try {
        if (await isUnproven(pod, client)) byOwner.set(pod.owner, (byOwner.get(pod.owner) ?? 0) + 1);
      } catch (error) {
        const why = whyNot(error as Error, `get pods/proxy in namespace ${pod.namespace}`);
        if (why.startsWith('you lack')) refused = why;
        else {
          silent += 1;
          unknown.add(pod.owner);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: places }, work));
  for (const owner of unknown) byOwner.set(owner, undefined);
  const about = 'which checks that were found are unproven';
  if (refused !== undefined) return { byOwner: undefined, unanswered: [`It is not known ${about}: ${refused}.`] };
  return {
    byOwner,
    unanswered: [
      ...(silent === 0 ? [] : [`It is not known of ${silent} Pods ${about}: their sidecars did not answer.`]),
      ...(pods.length <= mostPods ? [] : [`Of ${pods.length} Pods with a guess ${mostPods} were asked.`]),
    ],
  };
}

async function isUnproven({ namespace, name, ports }: GuessingPod, client: Client): Promise<boolean> {
  const pod = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const signal = new AbortController().signal;
  const answers = await Promise.all(
    ports.map((port) => client.getText(`${pod}:${port}/proxy/metrics`, { signal, timeoutMs })),
  );
  return answers.flatMap(readGuesses).some(({ isProven }) => !isProven);
}
