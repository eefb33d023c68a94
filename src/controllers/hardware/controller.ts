import { type Clock, systemClock } from '../../kube/clock.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { createActs } from './acts.ts';
import { createApplications } from './applications.ts';
import { createHardwareCache, startHardwareInformers } from './cache.ts';
import { decide } from './decide.ts';
import type { Snapshot } from './snapshot.ts';
import { createDegradedWriter } from './degraded-writer.ts';
import type { Decision } from './decision.ts';
import type { HardwareDeps } from './deps.ts';
import { createDecisionReporter, createReplacementWatch } from './events.ts';
import { createOwnerFacts } from './owner-facts.ts';
import { type HardwarePod, withDeparted } from './pod.ts';
import { createReadings } from './readings.ts';
import { readManualReleases } from './release.ts';
import { createRetries, createSoftenHistory } from './retries.ts';
import { inTurns } from '../shares.ts';
import { reportUntoldMoves } from './untold-moves.ts';
import { createVolumes } from './volumes.ts';
import { podsToAsk } from './window.ts';

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

/** Events wait longer for a reading than moves do. */
const maxReads = { forMoves: 256, forEvents: 128 };
const maxLookUps = 32;

/** The only key of the queue of passes. */
const passKey = 'pass';

/**
 * Leads until `signal` is aborted: moves Pods off nodes whose hardware fails, and releases the nodes again. A pass
 * observes (the cache, readings and volumes), decides about everything at once, and hands over the acts. It waits for
 * nothing outside, and no two passes overlap.
 */
export async function runHardwareController(options: HardwareControllerOptions, signal: AbortSignal): Promise<void> {
  const { client, prefix, settings, events, metrics, retryMs, onError, tickMs, clock = systemClock } = options;
  const passes = createWorkQueue({ clock }, signal);
  const onChange = (): void => passes.addAfter(passKey, debounceMs);
  const onManualRelease = (node: string): void =>
    events.released(node, 'person', `Node ${node} is released: its NodeQuarantine was deleted.`);
  const cache = createHardwareCache({ onChange, onManualRelease, clock });
  const readings = createReadings({ client, retryMs, taintsDevices: settings.taintsDevices, onChange, clock }, signal);
  const owners = createOwnerFacts({ client, retryMs, onChange, clock }, signal);
  const volumes = createVolumes({ client, retryMs, onChange, onError, clock }, signal);
  const applications = createApplications({ onChange, clock }, signal);
  const retries = createRetries(retryMs, clock);
  const softenHistory = createSoftenHistory(Math.max(settings.softenMs, retryMs));
  const replacements = createReplacementWatch(events);
  const reporter = createDecisionReporter(events, metrics);
  const degraded = createDegradedWriter({ client, cache, settings, clock, onError }, signal);
  const acts = createActs({ ...options, clock, cache, retries, softenHistory, replacements }, signal);

  const observe = (): Snapshot => {
    cache.settle();
    retries.retain((uid) => cache.pods.has(uid));
    readings.retain((uid) => cache.pods.get(uid)?.failing !== undefined);
    owners.retain((uid) => cache.pods.get(uid)?.failing !== undefined);
    volumes.retain((uid) => cache.pods.has(uid));
    applications.retain((uid) => cache.pods.get(uid)?.moveUntilMs !== undefined);
    return {
      pods: withDeparted(cache.pods, acts.inFlight.values()),
      quarantines: [...cache.quarantines.values()],
      nodes: [...cache.nodes.values()],
      manualReleases: cache.manualReleases,
      inFlight: acts.inFlight,
      retries: retries.byKey,
      readings,
      owners,
      volumes,
      ready: applications,
      softened: softenHistory.byOwner,
      reported: reporter.reported(),
    };
  };

  const pass = async (): Promise<void> => {
    const startedMs = clock.now();
    const nowMs = clock.date().getTime();
    const snapshot = observe();
    const decisions = decide(snapshot, settings, nowMs);
    acts.plan(decisions);
    degraded.plan();
    readings.refresh(podsToRead(decisions, true), maxReads.forMoves);
    readings.refresh(podsToRead(decisions, false), maxReads.forEvents);
    owners.refresh(podsToLookUp(decisions, 'look-up-owner'), maxLookUps);
    volumes.refresh(podsToLookUp(decisions, 'look-up-volumes'), maxLookUps);
    applications.refresh(podsInTurns(podsToAsk(snapshot, nowMs)), maxReads.forMoves);
    reporter.report(decisions);
    replacements.report(snapshot.pods, nowMs);
    const checked = snapshot.pods.filter(({ isChecked }) => isChecked);
    const failing = checked.filter((pod) => pod.failing && !pod.isDeleting).length;
    metrics.counted(checked.length, failing, snapshot.quarantines.length);
    passes.addAfter(passKey, Math.min(tickMs, msUntilDue(decisions, nowMs)) + debounceMs);
    await clock.sleep((clock.now() - startedMs) * restPerPass, signal);
  };

  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([
    startHardwareInformers({ client, prefix, poolLabel: settings.poolLabel, cache, onError }, signal),
    aborted,
  ]);
  // Without it a person's release would hold only as long as the leader lives.
  await readManualReleases(client, signal).then(cache.recallManualReleases, (error: Error) => {
    if (!signal.aborted) onError(`Which nodes were released by hand is not known: ${error.message}.`);
  });
  await reportUntoldMoves({ ...options, clock, cache, replacements }, signal).catch((error: Error) => {
    if (!signal.aborted) onError(`Which moves an earlier leader has not told of is not known: ${error.message}.`);
  });
  passes.add(passKey);
  const onPassError = (_key: string, { message }: Error): void =>
    onError(`The last pass over the hardware broke off: ${message}.`);
  await Promise.all([
    runWorkers(passes, { reconcile: pass, onError: onPassError }, signal),
    acts.run(),
    degraded.run(),
  ]);
  await events.idle();
}

/** One Pod of each namespace in turn: a namespace with thousands that fail keeps no other from being read. */
const podsInTurns = (pods: readonly HardwarePod[]): HardwarePod[] => inTurns(pods, ({ namespace }) => namespace);

const podsToRead = (decisions: readonly Decision[], isForMove: boolean): HardwarePod[] =>
  podsInTurns(
    decisions.flatMap((each) => (each.kind === 'read-sensor' && each.isForMove === isForMove ? [each.pod] : [])),
  );

const podsToLookUp = (decisions: readonly Decision[], kind: 'look-up-owner' | 'look-up-volumes'): HardwarePod[] =>
  podsInTurns(decisions.flatMap((each) => (each.kind === kind ? [each.pod] : [])));

/** How long until one of these decisions may be another one. */
const msUntilDue = (decisions: readonly Decision[], nowMs: number): number =>
  decisions.reduce(
    (ms, each) =>
      each.kind === 'hold' && each.untilMs !== undefined ? Math.min(ms, Math.max(0, each.untilMs - nowMs)) : ms,
    Infinity,
  );
