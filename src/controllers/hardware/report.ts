import { type Decision, reasonOf } from './decision.ts';
import { holdPassing } from './hold-passing.ts';
import { type Moving, clauseOf } from './moving.ts';
import { wholeSeconds } from './ledger.ts';

/** What passes by itself, or was told where it was found. */
const silent: ReadonlySet<string> = new Set([
  'unstable',
  'young',
  'under-way',
  'backing-off',
  'volumes-unasked',
  'passes',
]);

/** The others are told where they are done. */
type News = Extract<Decision, { kind: 'hold' | 'refuse' | 'notice' }>;

const isNews = (decision: Decision): decision is News =>
  (decision.kind === 'hold' && !silent.has(decision.reason)) ||
  decision.kind === 'refuse' ||
  decision.kind === 'notice';

/** What is told in one look at most: each may need a sidecar's answer, and the rest comes next. */
const mostAtOnce = 50;

/** How long a replacement is looked out for. */
const awaitedMs = 10 * 60_000;

/** Tells each decision once, as long as it stays the same; the state is what was told of whom. */
export function createReport(moving: Moving) {
  const { ask, tell, metrics, known, progress } = moving;
  let told = new Map<string, string>();

  const tellOf = async (decision: News, signal: AbortSignal): Promise<void> => {
    switch (decision.kind) {
      case 'hold':
      case 'refuse': {
        const { pod, kind, reason } = decision;
        const answer = await ask(pod, signal);
        if (answer.kind === 'passes') {
          // Not told yet, also where no look falls into the time for which it is left alone.
          told.delete(pod.uid);
          return holdPassing(moving, pod);
        }
        progress.passing.delete(pod.uid);
        const clause = clauseOf(answer.reading);
        await tell.about(pod, 'HardwareFailed', `${clause}.`, ['pod', 'node']);
        const note = `Pod ${pod.namespace}/${pod.name} stays on node ${pod.node}, although ${clause}: ${reasonOf(decision)}.`;
        const places = reason === 'brake' ? (['pod', 'owner', 'node'] as const) : (['pod', 'owner'] as const);
        return tell.about(pod, kind === 'hold' ? 'MoveHeld' : 'MoveRefused', note, places);
      }
      case 'notice': {
        const { pod } = decision;
        const note =
          `Pod ${pod.namespace}/${pod.name} was made on node ${pod.node}, which its owner is kept off: the webhook did ` +
          `not see it, or the Pod names that node. It counts as one of its owner's moves.`;
        return tell.about(pod, 'ReplacementCameBack', note, ['pod', 'owner', 'node']);
      }
      default:
        return decision satisfies never;
    }
  };

  return {
    /** Counts and tells what has changed since the last time. */
    async changes(decisions: readonly Decision[], signal: AbortSignal): Promise<void> {
      metrics.holding(decisions);
      const now = new Map<string, string>();
      const news: Promise<void>[] = [];
      for (const decision of decisions) {
        const about = decision.kind === 'release' ? decision.node : decision.pod.uid;
        const words = `${decision.kind} ${decision.reason}`;
        const isTold = told.get(about) === words;
        if (!isTold && isNews(decision)) {
          if (news.length >= mostAtOnce) continue;
          news.push(tellOf(decision, signal));
        }
        if (!isTold) metrics.decided(decision);
        now.set(about, words);
      }
      told = now;
      await Promise.all(news);
    },
    /** Tells of Pods that run in the place of those that were evicted. */
    async replacements(nowMs: number): Promise<void> {
      if (progress.awaited.size === 0) return;
      for (const pod of known.pods.values()) {
        const gone = progress.awaited.get(pod.ownerText);
        if (!gone || !pod.isReady || pod.isDeleting || pod.createdMs < wholeSeconds(gone.atMs)) continue;
        progress.awaited.delete(pod.ownerText);
        const note = `Pod ${pod.namespace}/${pod.name} runs on node ${pod.node} in the place of ${gone.podName}, which was moved off node ${gone.node}.`;
        await tell.about(pod, 'ReplacementRunning', note, ['owner']);
      }
      for (const [owner, { atMs }] of progress.awaited) if (nowMs - atMs > awaitedMs) progress.awaited.delete(owner);
    },
  };
}
