import { systemClock } from '../cluster/clock.ts';
import type { Connection } from '../cluster/connection.ts';
import type { EventWriter } from '../cluster/events.ts';
import { followSurroundings } from '../cluster/follow-surroundings.ts';
import { createStore } from '../policy/store.ts';
import type { MutateContext } from '../webhook/mutate-context.ts';
import { createCensus } from './census.ts';
import { type Evicted, evict } from './evict.ts';
import { followPods } from './follow-pods.ts';
import type { ControllerMetrics } from './metrics.ts';
import { type News, newsAbout, newsActions, newsOfMissed, newsOfMistaken } from './news.ts';
import type { Owners } from './owners.ts';
import { recordPolicies } from './record-policies.ts';
import { type Repair, type RepairSettings, decideRepairs } from './repair.ts';
import { countMistaken, writeStatuses } from './status-writer.ts';

/** What leading needs: the ways out, and how to decide. */
export type Running = {
  readonly connection: Connection;
  readonly context: MutateContext;
  /** Whether the webhook is asked about no Pod without an annotation. */
  readonly annotatedOnly: boolean;
  readonly owners: Owners;
  readonly events: EventWriter;
  readonly metrics: ControllerMetrics;
  /** Undefined: tell of missed Pods, and leave them. */
  readonly repair: RepairSettings | undefined;
  /** How long between two looks at what is to be done. */
  readonly tickMs: number;
  readonly failed: (sentence: string) => void;
  readonly done: (what: Readonly<Record<string, unknown>>, message: string) => void;
};

/** Leads until `signal` is aborted: judges all Pods, tells owners and policies of it, and repairs what was missed. */
export async function run(running: Running, signal: AbortSignal): Promise<void> {
  const { connection, context, annotatedOnly, metrics, repair, failed } = running;
  const { store, policies } = recordPolicies(createStore(context.prefix));
  const census = createCensus();
  let history: readonly Repair[] = [];
  const end = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([followSurroundings(connection, store, failed, signal), end]);
  const following = followPods(connection, census, { ...context, annotatedOnly }, store, failed, signal);
  while (!signal.aborted) {
    try {
      if (census.isComplete()) {
        metrics.counted(census);
        metrics.mistakenPolicies.set(countMistaken(policies.values(), context));
        await tell([...newsOfMissed(census.missed()), ...newsOfMistaken(census.mistaken())], running, signal);
        await writeStatuses(connection, policies.values(), census, context, failed, signal);
        if (repair) history = await repairMissed(census, history, running, repair, signal);
      }
    } catch (error) {
      if (!signal.aborted) failed(`The last look at the Pods broke off: ${(error as Error).message}.`);
    }
    await systemClock.sleep(running.tickMs, signal);
  }
  await following;
}

async function tell(news: readonly News[], { owners, events }: Running, signal: AbortSignal): Promise<void> {
  for (const { namespace, owner, reason, note } of news) {
    const top = await owners.topOf(owner, namespace, signal);
    events.write({ regarding: { ...top, namespace }, type: 'Warning', reason, action: newsActions[reason], note });
  }
}

async function repairMissed(
  census: ReturnType<typeof createCensus>,
  history: readonly Repair[],
  running: Running,
  settings: RepairSettings,
  signal: AbortSignal,
): Promise<readonly Repair[]> {
  const { connection, metrics, done } = running;
  const nowMs = Date.now();
  const decision = decideRepairs(census, history, nowMs, settings);
  const kept = history.filter(({ atMs }) => nowMs - atMs < Math.max(settings.windowMs, settings.ownerWindowMs));
  const news: News[] = decision.givenUp.map((record) =>
    newsAbout(
      record,
      'HealthCheckRepairGivenUp',
      `Pod ${record.name} was replaced and came back without its health check, so no more Pods are: the webhook does not see them.`,
    ),
  );
  for (const record of decision.evict) {
    const { uid, namespace, name, owner } = record;
    let mayBeGone = false;
    const evicted = await evict(connection, { namespace, name, uid }, signal).catch(({ message }: Error): Evicted => {
      mayBeGone = true;
      return { result: 'failed', message };
    });
    metrics.repaired(evicted);
    done({ namespace, pod: name, owner: owner?.name, ...evicted }, 'missed Pod evicted');
    // One whose answer was lost counts too, and once: it is asked for again where it did not arrive.
    if ((mayBeGone || evicted.result === 'evicted') && !kept.some((repair) => repair.uid === uid)) {
      kept.push({ uid, owner: owner?.uid ?? '', atMs: nowMs });
    }
    if (evicted.result === 'refused') {
      news.push(
        newsAbout(record, 'HealthCheckRepairRefused', `Pod ${name} could not be replaced: ${evicted.message}.`),
      );
    }
  }
  await tell(news, running, signal);
  return kept;
}
