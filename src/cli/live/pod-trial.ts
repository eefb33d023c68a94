import { isOnTrial } from '../../inject/model/guesses.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import type { Client } from '../../kube/client.ts';
import { adviceFor, adviceLine } from '../../trial/advice.ts';
import { spokenSeconds } from '../../trial/durations.ts';
import { type Measured, measure } from '../../trial/measured.ts';
import { type TrialSettings, defaultSettings } from '../../trial/settings.ts';
import { whyNot } from './agents.ts';
import { askTrial, settingsOf } from './trial.ts';

/** What became of the trial of one Pod, as `health-injector trial` says it of a workload. */
type PodTrialLines = { readonly lines: readonly string[]; readonly unanswered: readonly string[] };

/** Asks the agents of a Pod on trial what its checks would have done; nothing for any other Pod. */
export async function readPodTrial(pod: Pod, client: Client, prefix: string): Promise<PodTrialLines> {
  if (!isOnTrial(pod, prefix)) return { lines: [], unanswered: [] };
  try {
    const settings = settingsOf(pod, prefix);
    const measured = measure(await askTrial(pod, client, prefix));
    return { lines: measured.flatMap((each) => linesOf(each, settings.get(each.container))), unanswered: [] };
  } catch (error) {
    const why = whyNot(error as Error, `get pods/proxy in namespace ${pod.metadata?.namespace ?? ''}`);
    return { lines: [], unanswered: [`what its trial counted is not known, since the agent cannot be asked: ${why}.`] };
  }
}

function linesOf(measured: Measured, settings: TrialSettings = defaultSettings): string[] {
  const { container, restarts, unreadySeconds, seconds, lastRestart } = measured;
  const { advice, remarks } = adviceFor(measured, settings);
  const often = restarts === 1 ? 'one restart' : `${restarts} restarts`;
  const last = lastRestart === undefined ? '' : `; the last time ${lastRestart}`;
  const counted = `${often} and ${unreadySeconds === 0 ? 'no time' : spokenSeconds(unreadySeconds)} not ready`;
  return [
    `in ${spokenSeconds(seconds)} there would have been ${counted}${last}`,
    ...remarks,
    ...advice.map(adviceLine),
  ].map((line) => `${container}: ${line}.`);
}
