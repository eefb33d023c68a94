import type { Client } from '../../kube/client.ts';
import { isHardware } from '../../check/check.ts';
import { agentsWithScheme } from '../../inject/model/guesses.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { isNotFound } from '../../kube/api-error.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import { type HardwareState, hardwareStateOf, readingsOf } from '../explain/hardware.ts';
import { readVerbose, whyNot } from './agents.ts';

const timeoutMs = 10_000;
const mostQuarantines = 1_000;

/** What is known of the hardware under a Pod that asks for a check of it; undefined for another one. */
export async function readHardware(
  pod: Pod,
  { strangers, client }: { readonly strangers: Client; readonly client: Client },
  prefix: string,
): Promise<{ readonly hardware?: HardwareState; readonly unanswered: readonly string[] }> {
  if (pod.metadata?.labels?.[`${prefix}hardware`] === undefined) return { unanswered: [] };
  const [quarantines, readings] = await Promise.all([readQuarantines(client), readReadings(pod, strangers, prefix)]);
  return {
    hardware: hardwareStateOf(pod, quarantines.items, readings),
    unanswered:
      quarantines.why === undefined ? [] : [`which nodes its owner is kept off is not known: ${quarantines.why}.`],
  };
}

async function readQuarantines(
  client: Client,
): Promise<{ readonly items: readonly NodeQuarantine[]; readonly why?: string }> {
  try {
    const signal = new AbortController().signal;
    return {
      items: (await client.list<NodeQuarantine>(quarantinesPath, { limit: mostQuarantines, signal, timeoutMs })).items,
    };
  } catch (error) {
    return isNotFound(error) ? { items: [] } : { items: [], why: whyNot(error as Error, 'list nodequarantines') };
  }
}

/** Of a check that fails nothing more is read: its verdict has the reading. Why an agent cannot be asked is said with its checks. */
async function readReadings(pod: Pod, client: Client, prefix: string): Promise<readonly string[]> {
  const agents = agentsWithScheme(pod, prefix, (scheme) => isHardware({ scheme }));
  const answers = await Promise.all(agents.map((agent) => readVerbose(pod, agent, client, timeoutMs)));
  return answers.flatMap(({ text }) => (text === undefined ? [] : readingsOf(text)));
}
