// docs/decisions/0055-one-run-says-that-hardware-is-unknown.md
import { isHardware } from '../../check/check.ts';
import { probeField } from '../../inject/pod/additions.ts';
import { type Pod, allContainers } from '../../inject/pod/pod.ts';
import type { AskedWithin, ContainerExplanation } from './explain.ts';
import type { PodEvent } from './pod-events.ts';

/** The checks of hardware of a live Pod that no sidecar can be asked about. */
export function askedWithin(containers: readonly ContainerExplanation[], pod: Pod): AskedWithin[] {
  const { name = '', namespace = '' } = pod.metadata ?? {};
  return containers.flatMap(({ name: container, probes }) =>
    probes
      .filter(({ cost, checks }) => cost?.kind === 'exec' && checks.some(isOfHardware))
      .map(({ probe, checks }) => {
        const found = allContainers(pod).find((each) => each.name === container)?.[probeField(probe)];
        const [program = '', ...rest] = found?.exec?.command ?? [];
        const flags = ['--timeout', '--state'].flatMap((flag) => {
          const value = rest.includes(flag) ? rest[rest.indexOf(flag) + 1] : undefined;
          return value === undefined ? [] : [flag, value];
        });
        const words = ['kubectl', 'exec', name, '-n', namespace, '-c', container, '--', program, 'check', ...flags];
        return { container, checks: checks.join(' and '), command: [...words, ...checks].map(shellWord).join(' ') };
      }),
  );
}

const isOfHardware = (text: string): boolean => isHardware({ scheme: text.split(':', 1)[0] as string });

const shellWord = (word: string): string =>
  /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** True for the Event of the one run by which the agent says that hardware stays unknown. */
export const isOfUnknown = ({ reason, message }: PodEvent): boolean =>
  reason === 'Unhealthy' && message.startsWith('Readiness probe failed: said once, the probe holds: ');
