import { podReference } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import type { OwnerResolver } from '../../kube/owners.ts';
import { type Decision, isCommand } from './decision.ts';
import type { HardwareMetrics } from './metrics.ts';
import { type HardwarePod, wholeSeconds } from './pod.ts';
import type { SensorReading } from './reading.ts';
import { type Reason, reasons, sentenceOf } from './reasons.ts';
import { inTurns } from '../shares.ts';

/** The reasons of Events about Pods, each with what was done. */
const actions = {
  HardwareFailed: 'Check',
  MovedOffNode: 'Evict',
  MoveScheduled: 'Announce',
  MoveCancelled: 'Withdraw',
  MoveHeld: 'Hold',
  MoveRefused: 'Refuse',
  ReplacementRunning: 'Evict',
  ReplacementCameBack: 'Evict',
  ReplacementUnschedulable: 'LetBack',
} as const;

type EventReason = keyof typeof actions;

/** The objects that an Event about a Pod is recorded on. */
type EventPlaces = readonly ('pod' | 'owner' | 'node')[];

/** Records Events in the background; nothing here throws or waits. */
export type HardwareEvents = {
  readonly record: (pod: HardwarePod, reason: EventReason, note: string, places: EventPlaces) => void;
  readonly released: (node: string, by: 'controller' | 'person', note: string) => void;
  /** Resolves when the recorder has all Events; it may still have to write them. */
  readonly idle: () => Promise<void>;
};

/** The action of the Event by which the next leader knows that a person has released a node. */
export const manualReleaseAction = 'ReleaseByHand';

/** Records Events by the recorder. Where the root owner is not known, the Event is on the direct owner. */
export function createHardwareEvents(
  recorder: EventRecorder,
  owners: OwnerResolver,
  signal: AbortSignal,
): HardwareEvents {
  let recorded: Promise<void> = Promise.resolve();
  const onOwner = async (pod: HardwarePod, event: Omit<Parameters<EventRecorder['event']>[0], 'regarding'>) => {
    const { owner, namespace } = pod;
    if (!owner) return;
    const root = await owners.resolveRoot(owner, namespace, signal).catch(() => owner);
    recorder.event({ ...event, regarding: { ...root, namespace } });
  };
  return {
    record(pod, reason, note, places) {
      const { namespace, node } = pod;
      const type = reason === 'ReplacementRunning' || reason === 'MoveCancelled' ? 'Normal' : 'Warning';
      const event = { type, reason, action: actions[reason], note, onBehalfOf: namespace } as const;
      if (places.includes('pod')) recorder.event({ ...event, regarding: podReference(pod) });
      if (places.includes('node') && node !== '') recorder.event({ ...event, regarding: nodeReference(node) });
      if (!places.includes('owner')) return;
      const onThisOwner = onOwner(pod, event);
      recorded = recorded.then(() => onThisOwner);
    },
    released(node, by, note) {
      const event = { regarding: nodeReference(node), type: 'Normal', reason: 'NodeReleased', note } as const;
      // The next leader knows of a person's release by this Event alone.
      if (by === 'person') recorder.eventDurable({ ...event, action: manualReleaseAction });
      else recorder.event({ ...event, action: 'Release' });
    },
    idle: () => recorded,
  };
}

/** As the kubelet has it: an Event about a node has the node's name for a uid. */
const nodeReference = (name: string) => ({ apiVersion: 'v1', kind: 'Node', name, uid: name });

/** A reading as a clause. */
export const clauseOf = ({ check, message }: SensorReading): string => `${check}: ${message}`;

/** The last decision about a Pod or a node, and the last one that was no command. */
type Report = { readonly lastReason: Reason; readonly reported?: Reason };

/** Reports each decision once, for as long as its reason stays the same. */
export type DecisionReporter = {
  /** By the uid of the Pod or the name of the node. */
  readonly reported: () => ReadonlyMap<string, Report>;
  readonly report: (decisions: readonly Decision[]) => void;
};

/** In one pass; the rest comes in the next, so that the recorder's limits drop none. */
const maxEventsPerPass = 50;

export function createDecisionReporter(
  events: HardwareEvents,
  metrics: Pick<HardwareMetrics, 'decided' | 'failed' | 'holding'>,
): DecisionReporter {
  let last: ReadonlyMap<string, Report> = new Map();
  return {
    reported: () => last,
    report(decisions) {
      metrics.holding(decisions);
      const next = new Map<string, Report>();
      let count = 0;
      for (const decision of inTurns(decisions, namespaceOf)) {
        const { reason } = decision;
        const about = decision.kind === 'release' ? decision.node : decision.pod.uid;
        const before = last.get(about);
        if (before?.lastReason !== reason) metrics.decided(decision);
        const isNews = before?.reported !== reason && reasons[reason].isEvent && !isCommand(decision);
        if (isCommand(decision) || (isNews && count >= maxEventsPerPass)) {
          next.set(about, { ...before, lastReason: reason });
          continue;
        }
        if (isNews) {
          count += 1;
          if ('reading' in decision && decision.reading) metrics.failed(decision.reading);
          recordDecision(decision, events);
        }
        next.set(about, { lastReason: reason, reported: reason });
      }
      last = next;
    },
  };
}

const namespaceOf = (decision: Decision): string => (decision.kind === 'release' ? '' : decision.pod.namespace);

/** Acts record their own Events once they are done. */
function recordDecision(decision: Decision, events: HardwareEvents): void {
  switch (decision.kind) {
    case 'move':
    case 'hold':
    case 'refuse': {
      const { pod, kind, reason, reading } = decision;
      const isOfNode = pod.failing?.input === 'condition';
      const about = `Pod ${pod.namespace}/${pod.name}`;
      const failed = isOfNode ? `Node ${pod.node} fails ${about}` : `${about} is not ready on node ${pod.node}`;
      if (reading) events.record(pod, 'HardwareFailed', `${failed}: ${clauseOf(reading)}.`, ['pod', 'node']);
      if (kind === 'move') return;
      const unread = isOfNode ? (pod.failing?.message ?? '') : `container ${pod.failing?.container ?? ''} is not ready`;
      const what = reading ? clauseOf(reading) : unread;
      const note = `${about} stays on node ${pod.node}, although ${what}: ${sentenceOf(decision)}.`;
      const places =
        reason === 'brake' || reason === 'brake-share'
          ? (['pod', 'owner', 'node'] as const)
          : (['pod', 'owner'] as const);
      return events.record(pod, kind === 'hold' ? 'MoveHeld' : 'MoveRefused', note, places);
    }
    case 'notice': {
      const { pod } = decision;
      const note =
        `Pod ${pod.namespace}/${pod.name} was made on node ${pod.node}, which its owner is kept off: the webhook did ` +
        `not see it, or the Pod names that node. It counts as one of its owner's moves.`;
      return events.record(pod, 'ReplacementCameBack', note, ['pod', 'owner', 'node']);
    }
    case 'read-sensor':
    case 'look-up-owner':
    case 'look-up-volumes':
    case 'soften':
    case 'withdraw':
    case 'release':
      return undefined;
    default:
      return decision satisfies never;
  }
}

/** Reports the Pods that run in the place of those that were evicted. */
export type ReplacementWatch = {
  readonly expect: (pod: HardwarePod, nowMs: number) => void;
  readonly report: (pods: Iterable<HardwarePod>, nowMs: number) => void;
};

/** How long a replacement is looked out for. */
const maxExpectedMs = 10 * 60_000;

type Evicted = { readonly podName: string; readonly node: string; readonly atMs: number };

/** Each evicted Pod has one replacement, and each Pod replaces one: that of its name, or else the first that was evicted. */
export function createReplacementWatch(events: HardwareEvents): ReplacementWatch {
  /** By owner, in the order of the evictions. */
  const expected = new Map<string, Evicted[]>();
  /** When Pods were reported, by uid. */
  const reportedMs = new Map<string, number>();

  const replacedBy = (pod: HardwarePod, evicted: readonly Evicted[]): Evicted | undefined => {
    if (!pod.isReady || pod.isDeleting || reportedMs.has(pod.uid)) return undefined;
    const earlier = evicted.filter(({ atMs }) => pod.createdMs >= wholeSeconds(atMs));
    return earlier.find(({ podName }) => podName === pod.name) ?? earlier[0];
  };
  const forgetOld = (nowMs: number): void => {
    for (const [owner, evicted] of expected) {
      const recent = evicted.filter(({ atMs }) => nowMs - atMs <= maxExpectedMs);
      if (recent.length > 0) expected.set(owner, recent);
      else expected.delete(owner);
    }
    for (const [uid, atMs] of reportedMs) if (nowMs - atMs > maxExpectedMs) reportedMs.delete(uid);
  };

  return {
    expect: ({ ownerText: owner, name: podName, node }, atMs) =>
      void expected.set(owner, [...(expected.get(owner) ?? []), { podName, node, atMs }]),
    report(pods, nowMs) {
      forgetOld(nowMs);
      if (expected.size === 0) return;
      for (const pod of pods) {
        const evicted = expected.get(pod.ownerText);
        const gone = evicted && replacedBy(pod, evicted);
        if (!gone) continue;
        evicted.splice(evicted.indexOf(gone), 1);
        reportedMs.set(pod.uid, nowMs);
        const note = `Pod ${pod.namespace}/${pod.name} runs on node ${pod.node} in the place of ${gone.podName}, which was moved off node ${gone.node}.`;
        events.record(pod, 'ReplacementRunning', note, ['owner']);
      }
    },
  };
}
