import type { V1Pod } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hold, holdKey, parseHold } from '../../hold/hold.ts';
import { pauseKey, pauseReadinessKey } from '../../hold/pause.ts';
import { utcTime } from '../../wording/times.ts';
import { servingAgents } from '../../inject/model/guesses.ts';
import { reasonNotToHold } from '../../inject/model/holdable.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { UserError, exitCode } from '../command.ts';
import type { PodEvent } from '../explain/pod-events.ts';
import { readMetrics, whyNot } from './agents.ts';
import { type Cluster, type Target, openCluster } from './cluster.ts';
import { readObjectEvents } from './pod-events.ts';

/** A pause that a person asks for; without a text its end. */
type PauseWish = {
  readonly name: string;
  readonly prefix: string;
  readonly text: string | undefined;
  readonly holdsReadiness: boolean;
};

const pollMs = 200;

/** The controller writes the hold within a second; a new leader takes some fifteen. */
const controllerMs = 30_000;

/** The kubelet shows an annotation within two seconds, and on a busy node within its own sync of a minute. */
const kubeletMs = 90_000;

const timeoutMs = 30_000;

/** Pauses a Pod or ends its pause, waits until that is in force, and says so in a sentence. */
export async function pausePod(wish: PauseWish, target: Target): Promise<string> {
  const { name, prefix, text, holdsReadiness } = wish;
  const cluster = await openCluster(target);
  const read = async (): Promise<V1Pod> => cluster.read({ kind: 'Pod', name });
  const pod = await read();
  const what = `Pod ${cluster.namespace}/${name}`;
  const annotations = pod.metadata?.annotations;
  if (text === undefined) {
    if (annotations?.[prefix + pauseKey] === undefined && !heldByPause(pod, prefix)) return `${what} is not paused.`;
    await write(cluster, name, { [prefix + pauseKey]: null, [prefix + pauseReadinessKey]: null });
    await waitFor(
      `the controller to end the pause of ${what}`,
      controllerMs,
      async () => !heldByPause(await read(), prefix),
    );
    const isOver = await waitForAgents(pod, cluster, { prefix, isHeld: false });
    return `The liveness of ${what} is no longer held${isOver ? '' : soon}.`;
  }
  const reason = reasonNotToHold(pod, prefix);
  if (reason !== undefined) throw unreadable(`${what} cannot be paused: ${reason}.`);
  const refusedBefore = await refusalOf(pod, cluster);
  // The time of an annotation is that of its last change: the same text again would change nothing.
  if (annotations?.[prefix + pauseKey] === text) await write(cluster, name, { [prefix + pauseKey]: null });
  await write(cluster, name, {
    [prefix + pauseKey]: text,
    [prefix + pauseReadinessKey]: holdsReadiness ? 'true' : null,
  });
  const hold = await waitFor(`the controller to pause ${what}`, controllerMs, async () => {
    const held = heldByPause(await read(), prefix);
    if (held?.source === text && (held.readinessUntilMs !== undefined) === holdsReadiness) return held;
    const refused = await refusalOf(pod, cluster);
    if (refused && refused.last !== refusedBefore?.last) throw unreadable(refused.message);
    return undefined;
  });
  const isInForce = await waitForAgents(pod, cluster, { prefix, isHeld: true });
  const held = holdsReadiness ? 'liveness and readiness' : 'liveness';
  const until = utcTime(hold.livenessUntilMs);
  return `The ${held} of ${what} is held until ${until}${isInForce ? '' : soon}.`;
}

/** The newest Event by which the controller refused a pause; undefined where there is none, or the user may not read it. */
async function refusalOf({ metadata }: V1Pod, { strangers, namespace }: Cluster): Promise<PodEvent | undefined> {
  const { events } = await readObjectEvents(namespace, metadata?.uid ?? '', strangers);
  return events.find((event) => event.reason === 'HealthPauseRefused');
}

/** Where no agent can be asked. */
const soon = ', as soon as the kubelet has shown it to the agent, which takes some two seconds';

function heldByPause({ metadata }: V1Pod, prefix: string): Hold | undefined {
  const hold = parseHold(metadata?.annotations?.[prefix + holdKey]);
  return hold?.reason === 'pause' ? hold : undefined;
}

async function write({ client, namespace }: Cluster, name: string, annotations: object): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  try {
    await client.patch(path, { metadata: { annotations } }, { signal: new AbortController().signal, timeoutMs });
  } catch (error) {
    const why = whyNot(error as Error, `patch pods in namespace ${namespace}`);
    throw unreadable(`Pod ${namespace}/${name} could not be annotated: ${why}.`);
  }
}

/** Waits until all sidecars of a Pod say that their liveness is held, or is not; false where none can be asked. */
async function waitForAgents(
  pod: V1Pod,
  { strangers }: Cluster,
  { prefix, isHeld }: { readonly prefix: string; readonly isHeld: boolean },
): Promise<boolean> {
  const agents = servingAgents(pod as Pod, prefix);
  const sample = `health_probe_hold{probe="liveness"} ${isHeld ? 1 : 0}\n`;
  if (agents.length === 0) return false;
  return waitFor(`the agent of Pod ${pod.metadata?.name} to learn of it from the kubelet`, kubeletMs, async () => {
    const answers = await Promise.all(agents.map((agent) => readMetrics(pod as Pod, agent, strangers)));
    if (answers.some(({ text }) => text === undefined)) return 'unknown' as const;
    // The sidecar of pattern hardware has no hold.
    const holding = answers.filter(({ text }) => text?.includes('health_probe_hold{'));
    return holding.every(({ text }) => text?.includes(sample)) && ('known' as const);
  }).then((answer) => answer === 'known');
}

async function waitFor<T>(what: string, limitMs: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() >= endMs)
      throw unreadable(`It took longer than ${limitMs / 1_000}s for ${what}: see health-injector explain.`);
    await sleep(pollMs);
  }
}

const unreadable = (sentence: string): UserError => new UserError(exitCode.unreadable, [sentence]);
