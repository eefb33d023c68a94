import { type Clock, withDeadline } from '../../kube/clock.ts';
import { askInRounds, nextInTurn } from '../rounds.ts';
import { type SidecarAnswer, askSidecar } from '../sidecar.ts';
import type { ProbedPod } from './pod.ts';

/** As long as the liveness of a Pod is in question, its sidecar is asked this often. */
const againMs = 5_000;

const timeoutMs = 1_000;

/** Forty in a second at most. */
const places = 8;
const mostPerRound = 400;
const pauseMs = 500;

/** Asks the sidecars of Pods whose liveness is in question, each namespace in turn, first those that were asked least recently. */
export async function askAboutLiveness(
  {
    list,
    onAnswer,
    clock,
  }: {
    readonly list: () => readonly ProbedPod[];
    readonly onAnswer: (pod: ProbedPod, passes: boolean) => void;
    readonly clock: Clock;
  },
  signal: AbortSignal,
): Promise<void> {
  /** When a Pod was last asked, by uid. */
  let askedMs: ReadonlyMap<string, number> = new Map();
  const dueNow = (): readonly ProbedPod[] => {
    const pods = list().filter(({ sidecar }) => sidecar);
    const nowMs = clock.now();
    const due = pods.filter(({ uid }) => nowMs - (askedMs.get(uid) ?? -Infinity) >= againMs);
    const chosen = nextInTurn(due, ({ uid }) => askedMs.get(uid), mostPerRound);
    const now = new Set(chosen.map(({ uid }) => uid));
    askedMs = new Map(
      pods.flatMap(({ uid }): [string, number][] => {
        const beforeMs = now.has(uid) ? nowMs : askedMs.get(uid);
        return beforeMs === undefined ? [] : [[uid, beforeMs]];
      }),
    );
    return chosen;
  };
  const ask = async (pod: ProbedPod): Promise<void> => {
    const passes = await askPod(pod, clock, signal);
    if (passes !== undefined && !signal.aborted) onAnswer(pod, passes);
  };
  await askInRounds({ dueNow, ask, places, pauseMs, clock }, signal);
}

/** Whether liveness passes, whatever the kubelet is told in a hold; undefined where nobody says. */
async function askPod(
  { sidecar, containers }: ProbedPod,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (!sidecar) return undefined;
  try {
    const answers = await withDeadline(timeoutMs, signal, clock, (inner) =>
      Promise.all(containers.map((container) => askSidecar({ ...sidecar, path: `/livez/${container}` }, inner))),
    );
    const verdicts = answers.map(passesBy);
    return verdicts.includes(false) ? false : verdicts.every(Boolean) || undefined;
  } catch {
    return undefined;
  }
}

const failing: ReadonlySet<number> = new Set([502, 503, 504]);

/** In a hold the agent answers 200, and says behind it what fails. */
function passesBy({ status, body }: SidecarAnswer): boolean | undefined {
  if (failing.has(status)) return false;
  if (status !== 200 || !body.startsWith('ok')) return undefined;
  return !/^ok, held until [^,\n]*, without that failed: /.test(body);
}
