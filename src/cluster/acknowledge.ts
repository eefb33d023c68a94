// https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
import type { Follower } from '../policy/store.ts';
import type { NodeQuarantine } from '../quarantine/quarantine.ts';
import { createBackOff } from './back-off.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { quarantinesPath } from './follow-quarantines.ts';
import type { Failed } from './follow-surroundings.ts';
import { messageOf, readAnswer } from './read-answer.ts';
import { within } from './within.ts';

const limits = { minMs: 100, maxMs: 10_000 };
const callMs = 5_000;

/**
 * Says in the status of each quarantine that this replica has seen it: once for each generation of its spec, over any
 * failure, one after the other. Whoever waits for that evicts no Pod before, whose replacement would come back.
 */
export function acknowledgeQuarantines(
  connection: Connection,
  replica: string,
  failed: Failed,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Follower<NodeQuarantine> {
  /** The generation that was said of each quarantine, by its uid. */
  const said = new Map<string, number>();
  const waiting = new Map<string, NodeQuarantine>();
  let isBusy = false;

  const see = (quarantine: NodeQuarantine): void => {
    const { uid = '', generation = 0 } = quarantine.metadata;
    const known = Math.max(said.get(uid) ?? 0, quarantine.status?.seenBy?.[replica] ?? 0);
    if (generation <= known) return;
    said.set(uid, generation);
    waiting.set(uid, quarantine);
    if (!isBusy) void sayAll();
  };

  const sayAll = async (): Promise<void> => {
    const backOff = createBackOff(limits);
    isBusy = true;
    for (;;) {
      const [uid, quarantine] = waiting.entries().next().value ?? [];
      if (uid === undefined || !quarantine || signal.aborted) break;
      waiting.delete(uid);
      const mistake = await say(quarantine);
      if (mistake === undefined || signal.aborted) {
        backOff.reset();
        continue;
      }
      failed(`NodeQuarantine ${quarantine.metadata.name} could not be acknowledged: ${mistake}.`);
      // A newer one may have come meanwhile, and one that is gone is not asked for again.
      if (said.has(uid) && !waiting.has(uid)) waiting.set(uid, quarantine);
      await clock.sleep(backOff.nextMs(), signal);
    }
    isBusy = false;
  };

  /** What went wrong; undefined where nothing did, or the quarantine is gone. */
  const say = async ({ metadata: { name, generation } }: NodeQuarantine): Promise<string | undefined> => {
    try {
      return await within(callMs, signal, clock, async (inner) => {
        const body = { status: { seenBy: { [replica]: generation } } };
        const response = await connection.send('PATCH', `${quarantinesPath}/${name}/status`, body, { signal: inner });
        const answer = await readAnswer(response, 4 * 1024 * 1024);
        return answer.status === 200 || answer.status === 404 ? undefined : `the answer was ${messageOf(answer)}`;
      });
    } catch (error) {
      return (error as Error).message;
    }
  };

  const forget = ({ metadata: { uid = '' } }: NodeQuarantine): void => {
    said.delete(uid);
    waiting.delete(uid);
  };
  return {
    reset(all) {
      const present = new Set(all.map(({ metadata }) => metadata.uid ?? ''));
      for (const uid of said.keys()) if (!present.has(uid)) said.delete(uid);
      for (const uid of waiting.keys()) if (!present.has(uid)) waiting.delete(uid);
      for (const quarantine of all) see(quarantine);
    },
    upsert: see,
    remove: forget,
  };
}
