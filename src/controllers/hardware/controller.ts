import { type Clock, systemClock } from '../../kube/clock.ts';
import { createSemaphore } from '../../kube/flow-control.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { createHardwareCache, startHardwareInformers } from './cache.ts';
import { type Snapshot, decide } from './decide.ts';
import type { Decision, MoveDecision, ReleaseDecision, SoftenDecision } from './decision.ts';
import type { HardwareDeps, Work } from './deps.ts';
import { createDecisionReporter, createReplacementWatch } from './events.ts';
import { createRetries } from './facts.ts';
import { evictFailing, moveOff } from './move.ts';
import { type Taint, nodesToTaint, wantedTaint, writeTaint } from './nodes.ts';
import { createReadings } from './readings.ts';
import { createSoftenHistory, evictWaiting, relaxNodes } from './relax.ts';
import { readManualReleases, release } from './release.ts';
import { createVolumes } from './volumes.ts';

export type HardwareControllerOptions = Pick<
  HardwareDeps,
  'client' | 'prefix' | 'settings' | 'webhook' | 'events' | 'metrics' | 'retryMs' | 'onError' | 'onAction'
> & {
  /** How long between two passes at the most. */
  readonly tickMs: number;
  readonly clock?: Clock;
};

/** Many Pods of one node fail in the same moment, and their quarantine is written once. */
const debounceMs = 50;

/** Passes take a tenth of the time at most, however many Pods there are and however fast they change. */
const restPerPass = 9;

/** More would only wait in the apiserver, and the renewal of the Lease behind them: flow control serves a ServiceAccount in turn. */
const maxWrites = 32;

/** Most workers wait: for the webhook, or for their turn to write. */
const workers = 256;

/** Events wait longer for a reading than moves do. */
const maxReads = { forMoves: 256, forEvents: 128 };
const maxLookUps = 32;

/** The only key of the queue of passes. */
const passKey = 'pass';

/** The key of an act on a Pod; that of an act on a node is its name, which has no slash. */
const podKey = (uid: string): string => `pod/${uid}`;

/**
 * Leads until `signal` is aborted: moves Pods off nodes whose hardware fails, and releases the nodes again. A pass
 * observes (the cache, readings and volumes), decides about everything at once, and queues the acts; it never waits, and
 * no two passes overlap. The workers act on one key at a time, on what the newest pass has decided.
 */
export async function runHardwareController(options: HardwareControllerOptions, signal: AbortSignal): Promise<void> {
  const { client, prefix, settings, events, metrics, retryMs, onError, tickMs, clock = systemClock } = options;
  const passes = createWorkQueue({ clock }, signal);
  const acts = createWorkQueue({ clock }, signal);
  const onChange = (): void => passes.addAfter(passKey, debounceMs);
  const onManualRelease = (node: string): void =>
    events.released(node, 'person', `Node ${node} is released: its NodeQuarantine was deleted.`);
  const cache = createHardwareCache({ onChange, onManualRelease, clock });
  const readings = createReadings({ client, retryMs, onChange, clock }, signal);
  const volumes = createVolumes({ client, retryMs, onChange, onError, clock }, signal);
  const inFlight = new Map<string, Work>();
  const deps: HardwareDeps = {
    ...options,
    clock,
    cache,
    inFlight,
    writes: createSemaphore(maxWrites),
    retries: createRetries(retryMs, clock),
    softenHistory: createSoftenHistory(Math.max(settings.softenMs, retryMs)),
    replacements: createReplacementWatch(events),
    requestEviction: (uid) => acts.add(podKey(uid)),
  };
  const reporter = createDecisionReporter(events, metrics);
  let plan = new Map<string, NodeActs>();

  const observe = (): Snapshot => {
    deps.retries.retain((uid) => cache.pods.has(uid));
    readings.retain((uid) => cache.pods.get(uid)?.failing !== undefined);
    volumes.retain((uid) => cache.pods.has(uid));
    return {
      pods: [...cache.pods.values()],
      quarantines: [...cache.quarantines.values()],
      nodes: [...cache.nodes.values()],
      manualReleases: cache.manualReleases,
      inFlight: new Set(inFlight.keys()),
      retries: deps.retries.byKey,
      readings: readings.facts,
      volumes: volumes.facts,
      softened: deps.softenHistory.byOwner,
      reported: reporter.reported(),
    };
  };

  const pass = async (): Promise<void> => {
    const startedMs = clock.now();
    const nowMs = clock.date().getTime();
    const snapshot = observe();
    const decisions = decide(snapshot, settings, nowMs);
    readings.refresh(podsToRead(decisions, true), maxReads.forMoves);
    readings.refresh(podsToRead(decisions, false), maxReads.forEvents);
    volumes.refresh(podsToLookUp(decisions), maxLookUps);
    plan = actsByNode(decisions, settings.scope === 'Node' ? taintsToWrite() : []);
    for (const node of plan.keys()) acts.add(node);
    const checked = snapshot.pods.filter(({ isChecked }) => isChecked);
    const failing = checked.filter((pod) => pod.failing && !pod.isDeleting).length;
    metrics.counted(checked.length, failing, snapshot.quarantines.length);
    reporter.report(decisions);
    deps.replacements.report(snapshot.pods, nowMs);
    passes.addAfter(passKey, Math.min(tickMs, ...decisions.map((each) => msUntilDue(each, nowMs))) + debounceMs);
    await clock.sleep((clock.now() - startedMs) * restPerPass, signal);
  };

  /** A dry run takes back what an earlier move left, and keeps no Pods off. */
  const mayWrite = (taint: Taint): boolean => settings.mode === 'move' || taint !== 'NoSchedule';
  const taintsToWrite = (): string[] =>
    nodesToTaint(cache.nodes.values(), cache.quarantines.values()).flatMap(({ node, taint }) =>
      mayWrite(taint) ? [node] : [],
    );

  /** Takes what the newest pass has decided about the node, so that no decision is acted on twice. */
  const actOnNode = async (node: string): Promise<void> => {
    const decided = plan.get(node);
    plan.delete(node);
    if (!decided) return;
    await moveOff(node, decided.moves, deps, signal);
    await relaxNodes(decided.softens, deps, signal);
    if (decided.release) await release(decided.release, deps, signal);
    const taint = wantedTaint(cache.quarantines.get(node));
    if (decided.isTaintDue && mayWrite(taint)) await writeTaint(deps, node, taint, signal);
  };

  const actOnPod = async (uid: string): Promise<void> => {
    const work = inFlight.get(uid);
    try {
      if (work?.kind === 'move') await evictFailing(work, deps, signal);
      if (work?.kind === 'soften') await evictWaiting(work, deps, signal);
    } finally {
      inFlight.delete(uid);
    }
  };

  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([startHardwareInformers({ client, prefix, cache, onError }, signal), aborted]);
  // Without it a person's release would hold only as long as the leader lives.
  await readManualReleases(client, signal).then(cache.recallManualReleases, (error: Error) => {
    if (!signal.aborted) onError(`Which nodes were released by hand is not known: ${error.message}.`);
  });
  passes.add(passKey);
  await Promise.all([
    runWorkers(
      passes,
      {
        reconcile: pass,
        onError: (_key, { message }) => onError(`The last pass over the hardware broke off: ${message}.`),
      },
      signal,
    ),
    runWorkers(
      acts,
      {
        workers,
        reconcile: (key) => (key.startsWith(podKey('')) ? actOnPod(key.slice(podKey('').length)) : actOnNode(key)),
        onError: (key, { message }) => onError(`What was done about ${key} broke off: ${message}.`),
      },
      signal,
    ),
  ]);
  await events.idle();
}

/** What one pass has decided about a node. */
type NodeActs = {
  readonly moves: readonly MoveDecision[];
  /** Those of the Pods whose list of nodes begins with this one. */
  readonly softens: readonly SoftenDecision[];
  readonly release?: ReleaseDecision;
  readonly isTaintDue?: boolean;
};

function actsByNode(decisions: readonly Decision[], taints: readonly string[]): Map<string, NodeActs> {
  const byNode = new Map<string, { moves: MoveDecision[]; softens: SoftenDecision[] } & NodeActs>();
  const of = (node: string) => {
    const acts = byNode.get(node) ?? { moves: [], softens: [] };
    byNode.set(node, acts);
    return acts;
  };
  for (const decision of decisions) {
    if (decision.kind === 'move') of(decision.pod.node).moves.push(decision);
    if (decision.kind === 'soften') of(decision.nodes[0] ?? '').softens.push(decision);
    if (decision.kind === 'release') byNode.set(decision.node, { ...of(decision.node), release: decision });
  }
  for (const node of taints) byNode.set(node, { ...of(node), isTaintDue: true });
  return byNode;
}

const podsToRead = (decisions: readonly Decision[], isForMove: boolean) =>
  decisions.flatMap((each) => (each.kind === 'read-sensor' && each.isForMove === isForMove ? [each.pod] : []));

const podsToLookUp = (decisions: readonly Decision[]) =>
  decisions.flatMap((each) => (each.kind === 'look-up-volumes' ? [each.pod] : []));

/** How long until this decision may be another one. */
const msUntilDue = (decision: Decision, nowMs: number): number =>
  decision.kind === 'hold' && decision.untilMs !== undefined ? Math.max(0, decision.untilMs - nowMs) : Infinity;
