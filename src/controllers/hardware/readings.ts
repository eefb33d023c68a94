// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock, withDeadline } from '../../kube/clock.ts';
import { askSidecar } from '../sidecar.ts';
import { taintableDevice } from './device-taints.ts';
import { deviceOfKubelet } from './devices.ts';
import { type FactCache, createFactCache } from './facts.ts';
import type { HardwarePod } from './pod.ts';
import { type SensorReading, isPassing, quoteWords, readAgentAnswer, readKubeletNote } from './reading.ts';
import { backoffMs } from './retries.ts';

/** What a Pod's sensor says; `unknown`: it did not answer, and the reading says why. */
export type SensorAnswer =
  | { readonly kind: 'fails' | 'unknown'; readonly reading: SensorReading }
  | { readonly kind: 'passes' };

/** An answer with its time. `untilMs`: the sensor passed `count` times in a row, and is not read again before. */
export type ReadingFact =
  | { readonly kind: 'fails' | 'unknown'; readonly reading: SensorReading; readonly atMs: number }
  | { readonly kind: 'passes'; readonly atMs: number; readonly count: number; readonly untilMs: number };

/** The kubelet's next probe should make the Pod ready; where it does not, what fails again is to be seen soon. */
const maxPassingMs = 10_000;

/** The readings of failing Pods. `retryMs`: how long a Pod whose sensor passes is left alone at first. */
export function createReadings(
  {
    client,
    retryMs,
    taintsDevices,
    onChange,
    clock = systemClock,
  }: {
    readonly client: Client;
    readonly retryMs: number;
    /** Looks up which device of DRA fails, so that it can be tainted. */
    readonly taintsDevices: boolean;
    readonly onChange: () => void;
    readonly clock?: Clock;
  },
  signal: AbortSignal,
): FactCache<ReadingFact> {
  const read = createSensorReader(client, signal, taintsDevices);
  const fetch = async (pod: HardwarePod, before: ReadingFact | undefined): Promise<ReadingFact> => {
    const answer = await read(pod, signal);
    const atMs = clock.date().getTime();
    if (answer.kind !== 'passes') return { ...answer, atMs };
    const count = before?.kind === 'passes' ? before.count + 1 : 1;
    return { kind: 'passes', atMs, count, untilMs: atMs + backoffMs(count, retryMs, maxPassingMs) };
  };
  return createFactCache({ fetch, onChange }, signal);
}

const timeoutMs = 1_000;

/**
 * Asks the sidecar of a Pod, or where it has none the kubelet's Events, for at most a second; never rejects. Where the
 * controller itself stood still meanwhile, it asks again: an answer that it did not hear in time says nothing of the Pod,
 * and an unknown reading lets a Pod be moved.
 */
export function createSensorReader(
  client: Client,
  life: AbortSignal,
  taintsDevices = false,
): (pod: HardwarePod, signal: AbortSignal) => Promise<SensorAnswer> {
  const loop = monitorEventLoop(life);
  return async (pod, signal) => {
    for (;;) {
      const startMs = performance.now();
      const answer = await askOnce(client, pod, signal, taintsDevices);
      if (answer.kind !== 'unknown' || signal.aborted || !loop.stalledSince(startMs)) return answer;
    }
  };
}

async function askOnce(
  client: Client,
  pod: HardwarePod,
  signal: AbortSignal,
  taintsDevices: boolean,
): Promise<SensorAnswer> {
  const { failing, target } = pod;
  const container = failing?.container ?? target.containers[0] ?? '';
  if (failing?.input === 'device') {
    const found = taintsDevices ? await findTaintable(client, pod, signal) : undefined;
    const tainted = found && 'device' in found ? { tainted: found.device } : undefined;
    const device = failing.device && { ...deviceOfKubelet(failing.device), ...tainted };
    const why = found && 'why' in found ? `; its node is quarantined and not the device: ${found.why}` : '';
    const message = `the kubelet says ${quoteWords(failing.message)}${why}`;
    return { kind: 'fails', reading: { check: 'device', message, ...(device && { device }) } };
  }
  if (failing?.input === 'condition') return { kind: 'fails', reading: { check: 'node', message: failing.message } };
  try {
    const reading = await withDeadline(timeoutMs, signal, systemClock, (inner) =>
      target.mode === 'sidecar' ? readSidecar(pod, inner) : readKubeletEvents(client, pod, container, inner),
    );
    return reading ? { kind: 'fails', reading } : { kind: 'passes' };
  } catch (error) {
    const whom = target.mode === 'sidecar' ? 'its sidecar' : 'the Events of the kubelet';
    const why = `${whom} could not be asked: ${(error as Error).message}`;
    const message = `container ${container} is not ready, and its reading is not known: ${why}`;
    return { kind: 'unknown', reading: { check: 'hardware', message } };
  }
}

/** Where the device of a claim is in DRA, or why its node is quarantined for the owner as ever. */
async function findTaintable(client: Client, pod: HardwarePod, signal: AbortSignal) {
  if (pod.failing?.device?.claim === undefined) return undefined;
  return taintableDevice(client, pod, signal).catch(({ message }: Error) => ({ why: quoteWords(message) }));
}

/** Undefined where nothing fails. */
async function readSidecar({ ip, target }: HardwarePod, signal: AbortSignal): Promise<SensorReading | undefined> {
  const { status, body } = await askSidecar({ ip, port: target.port, path: '/readyz?verbose' }, signal);
  const reading = readAgentAnswer(body);
  if (!reading && !isPassing(status, body)) throw new Error(`the answer was ${status}`);
  return reading;
}

type Event = {
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly involvedObject?: { readonly fieldPath?: string };
};

async function readKubeletEvents(
  client: Client,
  { namespace, uid }: HardwarePod,
  container: string,
  signal: AbortSignal,
): Promise<SensorReading | undefined> {
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

const monitorMs = 100;

/** A timer may be this late on a busy machine without anything having stood still. */
const maxDelayMs = 250;

/** Watches the event loop until the signal; its timer keeps no process alive. `stalledSince` takes a `performance.now()`. */
function monitorEventLoop(signal: AbortSignal): { readonly stalledSince: (sinceMs: number) => boolean } {
  let lastTickMs = performance.now();
  let lastStallMs = Number.NEGATIVE_INFINITY;
  const isLate = (nowMs: number): boolean => nowMs - lastTickMs > monitorMs + maxDelayMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (isLate(nowMs)) lastStallMs = nowMs;
    lastTickMs = nowMs;
  }, monitorMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    stalledSince(sinceMs) {
      const nowMs = performance.now();
      return isLate(nowMs) || lastStallMs >= sinceMs;
    },
  };
}
