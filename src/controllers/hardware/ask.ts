// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { get } from 'node:http';
import { createSemaphore } from '../../kube/flow-control.ts';
import { systemClock } from '../../kube/clock.ts';
import type { Client } from '../../kube/client.ts';
import { withDeadline } from '../../kube/clock.ts';
import type { Reading } from './edit-quarantine.ts';
import { type LoopMonitor, monitorEventLoop } from './event-loop.ts';
import type { HardwarePod } from './record.ts';
import { isPassing, readAgentAnswer, readKubeletNote } from './readings.ts';

/** What fails in a Pod by now, with reading, threshold and unit; that nothing does; or why nobody says. */
export type Answer = { readonly kind: 'fails' | 'unknown'; readonly reading: Reading } | { readonly kind: 'passes' };

/** Asks what fails in a Pod; never rejects. */
export type Ask = (pod: HardwarePod, signal: AbortSignal) => Promise<Answer>;

const limitMs = 1_000;
const mostAtOnce = 256;
const limitBytes = 64 * 1024;

/** Asks the sidecar of a Pod, or where it has none the kubelet's Events; one second, and then it goes without. */
export function createAsk(client: Client, life: AbortSignal): Ask {
  const limit = createSemaphore(mostAtOnce);
  const loop = monitorEventLoop(life);
  return (pod, signal) => limit(() => askInTime({ client, loop }, pod, signal));
}

type Means = { readonly client: Client; readonly loop: LoopMonitor };

/**
 * Asks again where the controller itself stood still meanwhile: what it did not hear in time says nothing of the Pod
 * then, and an unknown reading lets a Pod be moved.
 */
async function askInTime({ client, loop }: Means, pod: HardwarePod, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    const startMs = performance.now();
    const answer = await ask(client, pod, signal);
    if (answer.kind !== 'unknown' || signal.aborted || !loop.stalledSince(startMs)) return answer;
  }
}

async function ask(client: Client, pod: HardwarePod, signal: AbortSignal): Promise<Answer> {
  const { failing, watched } = pod;
  const container = failing?.container ?? watched.containers[0] ?? '';
  if (failing?.input === 'device') return { kind: 'fails', reading: { check: 'device', message: failing.message } };
  try {
    const reading = await withDeadline(limitMs, signal, systemClock, (inner) =>
      watched.mode === 'sidecar' ? askSidecar(pod, inner) : askEvents(client, pod, container, inner),
    );
    return reading ? { kind: 'fails', reading } : { kind: 'passes' };
  } catch (error) {
    const whom = watched.mode === 'sidecar' ? 'its sidecar' : 'the Events of the kubelet';
    const why = `${whom} could not be asked: ${(error as Error).message}`;
    const message = `container ${container} is not ready, and its reading is not known: ${why}`;
    return { kind: 'unknown', reading: { check: 'hardware', message } };
  }
}

/** Undefined where nothing fails. The name of a Pod's address is not resolved anywhere, and its answer is short. */
async function askSidecar({ ip, watched }: HardwarePod, signal: AbortSignal): Promise<Reading | undefined> {
  const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const options = { host: ip, port: watched.port, path: '/readyz?verbose', signal, agent: false };
    const request = get(options, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
          if ((text += chunk).length > limitBytes) throw new Error('too long an answer');
        }
        resolve({ status: response.statusCode ?? 0, body: text });
      } catch (error) {
        reject(error as Error);
      }
    });
    request.on('error', reject);
  });
  const reading = readAgentAnswer(body);
  if (!reading && !isPassing(status, body)) throw new Error(`the answer was ${status}`);
  return reading;
}

type Event = {
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly involvedObject?: { readonly fieldPath?: string };
};

async function askEvents(
  client: Client,
  { namespace, uid }: HardwarePod,
  container: string,
  signal: AbortSignal,
): Promise<Reading | undefined> {
  const fieldSelector = `involvedObject.uid=${uid},reason=Unhealthy`;
  // The kubelet writes it at the same time as the status.
  for (;;) {
    const events = await client.list<Event>(`/api/v1/namespaces/${namespace}/events`, { fieldSelector, signal });
    const mine = events.items.filter(({ involvedObject }) => involvedObject?.fieldPath?.endsWith(`{${container}}`));
    const newest = mine.toSorted((a, b) => ((a.lastTimestamp ?? '') < (b.lastTimestamp ?? '') ? 1 : -1));
    const readings = newest.flatMap(({ message = '' }) => readKubeletNote(message) ?? []);
    if (readings.length > 0) return readings[0];
    await systemClock.sleep(200, signal);
  }
}
