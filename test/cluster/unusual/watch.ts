import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../support/kubectl.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { pidsOf } from '../support/pid-of.ts';
import { isReady, stateOf } from '../support/pods.ts';
import type { Seen } from './seen.ts';
import type { Row } from './server.ts';

/** Readiness may be held back for a minute; a busy machine adds its own. */
const readyWithinSeconds = 75;

const refusing = 'it takes no more';

const statusesOf = (pod: any): any[] => pod.status.containerStatuses ?? [];

/** The Pods of a namespace, by name. */
export async function podsIn(namespace: string): Promise<ReadonlyMap<string, any>> {
  const { items } = await get(['pods', '-n', namespace]);
  return new Map(items.map((pod: any) => [pod.metadata.name, pod]));
}

/** How often the container of a row was restarted. */
export const restartsOf = ({ name }: Row, pod: any): number => stateOf(pod, name).restartCount;

/** Looks at every Pod until the time is over, and gives what each suffered, by name. */
export async function watchHarm(
  namespace: string,
  rows: readonly Row[],
  seconds: number,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const harm = new Map(rows.map(({ name }) => [name, new Set<string>()]));
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    const pods = await podsIn(namespace);
    for (const row of rows) for (const each of harmOf(row, pods.get(row.name))) harm.get(row.name)?.add(each);
    await sleep(5_000);
  }
  return harm;
}

function harmOf(row: Row, pod: any): string[] {
  if (!pod) return ['its Pod is gone'];
  const restarts = [...statusesOf(pod), ...(pod.status.initContainerStatuses ?? [])]
    .filter(({ restartCount }) => restartCount > 0)
    .map(({ name }) => `${name} was restarted`);
  const began = statusesOf(pod).map(({ state }) => Date.parse(state.running?.startedAt));
  const isLate = Date.now() - Math.max(...began) > readyWithinSeconds * 1_000 && !isReady(pod);
  if (!isLate) return restarts;
  return [...restarts, row.mayRefuse ? refusing : 'it is not Ready'];
}

/** What is said of a row by the status of its Pod, the metrics of its agent, and the warnings of `kubectl create`. */
export async function seenOf(
  { name }: Row,
  pod: any,
  { warnings, harm }: { readonly warnings: string; readonly harm: ReadonlySet<string> },
): Promise<Seen> {
  const suffered = {
    harm: [...harm].filter((each) => each !== refusing),
    isRefusing: harm.has(refusing),
  };
  const found: string | undefined = JSON.parse(pod.metadata.annotations['health.example.com/status'] ?? '{}').found?.[
    name
  ];
  if (found === undefined) {
    const [, why] = new RegExp(`\\b${name}: (.*?)\\.(?: [\\w-]+: |$)`, 'm').exec(warnings) ?? [];
    return { outcome: 'left-alone', checks: [], ...(why === undefined ? {} : { why }), ...suffered };
  }
  const checks = found.replace(/ by image .*$/, '').split(' and ');
  const agent = pod.spec.initContainers.find((container: any) => container.name === 'health-probe');
  const unproven = (await metricsOf(pod, agent))
    .split('\n')
    .filter((line) => line.startsWith(`health_probe_check_unproven{checked_container="${name}"`));
  const outcome = unproven.every((line) => line.endsWith(' 0')) ? 'proven' : 'unproven';
  const isTold = unproven.length > 0;
  return { outcome, checks, ...suffered, harm: isTold ? suffered.harm : [...suffered.harm, 'its agent says nothing'] };
}

/** Stops every process of a row's container, from the machine that all nodes are on. */
export function stop({ name }: Row, pod: any): void {
  const id = statusesOf(pod)
    .find((each) => each.name === name)
    ?.containerID?.replace(/^.*\/\//, '');
  if (id === undefined) return;
  for (const pid of pidsOf(id)) {
    try {
      process.kill(pid, 'SIGSTOP');
    } catch {
      // It has ended.
    }
  }
}
