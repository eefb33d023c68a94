import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { isHoldable } from '../../hold/volume.ts';
import { type ProbeName, probeField } from '../pod/additions.ts';
import type { Pod } from '../pod/pod.ts';
import { sidecarPorts } from './guesses.ts';
import { readStatus } from './status.ts';

/** Why no probe of a Pod can be held, as a clause; undefined where one can. */
export function reasonNotToHold(pod: V1Pod, prefix: string): string | undefined {
  if (isHoldable(pod, prefix)) return undefined;
  const { patterns = [], fields } = readStatus(pod, prefix) ?? {};
  if (patterns.length === 0) return 'health-injector has added no check to it';
  if (fields?.['trial'] === true) return 'it is on trial, and has no probe that could be held';
  return (
    reasonOfPatterns(patterns) ??
    'it was made while pauses were off, or has a volume of its own at the place: a new Pod in its place can be held'
  );
}

/** Why no probe of these patterns can be held, as a clause; undefined where one of them has an agent that answers the kubelet. */
export function reasonOfPatterns(patterns: readonly string[]): string | undefined {
  if (patterns.includes('sidecar') || patterns.includes('cli')) return undefined;
  const why = patterns.includes('port') ? 'the kubelet asks the application itself' : 'it restarts nothing';
  return `pattern ${patterns.join(' and ')} cannot be held, only sidecar and cli can: ${why}`;
}

/** An Event has room for no more. */
const mostNamed = 8;

/** The probes that may restart a container and are not held, such as `web/livenessProbe`: those of the user's, and those that ask no agent. */
export function unholdableProbes(pod: V1Pod, prefix: string): readonly string[] {
  const added = new Set(readStatus(pod, prefix)?.added);
  const ports = new Set(sidecarPorts(pod as Pod, prefix));
  const isHeld = ({ name, ...container }: V1Container, probe: ProbeName): boolean => {
    const { exec, httpGet } = container[probeField(probe)] ?? {};
    const asksAgent = exec?.command?.includes('--hold') === true || ports.has(Number(httpGet?.port));
    return asksAgent && added.has(`${name}/${probeField(probe)}`);
  };
  const others = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].filter(
    ({ name }) => !added.has(`initContainers/${name}`),
  );
  const found = others.flatMap((container) =>
    (['liveness', 'startup'] as const)
      .filter((probe) => container[probeField(probe)] && !isHeld(container, probe))
      .map((probe) => `${container.name}/${probeField(probe)}`),
  );
  return found.slice(0, mostNamed);
}
