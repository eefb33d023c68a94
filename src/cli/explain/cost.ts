import type { V1Container, V1Probe } from '@kubernetes/client-node';
import type { Outcome } from '../../inject/outcome.ts';
import { probeField, probeNames } from '../../inject/pod/additions.ts';
import { allContainers } from '../../inject/pod/pod.ts';

/** What one run of a probe costs the node in CPU time, as measured: nearly all of an exec probe is the runtime's. */
const execMs = 40;
const networkMs = 2;

const defaultPeriodSeconds = 10;

/** How often a probe runs, and what it costs the node in an hour. */
export type ProbeCost = {
  readonly kind: 'exec' | 'network';
  readonly periodSeconds: number;
  readonly cpuMsPerHour: number;
};

/** What a Pod costs more than without injection, once it has started. */
export type Cost = {
  readonly cpuMsPerHour: number;
  /** What the injected sidecar reserves; undefined where there is none. */
  readonly sidecar?: { readonly cpu: string; readonly memory: string };
};

/** The cost of a probe for as long as it runs. */
export function costOfProbe(probe: V1Probe): ProbeCost {
  const kind = probe.exec ? 'exec' : 'network';
  const periodSeconds = probe.periodSeconds ?? defaultPeriodSeconds;
  return { kind, periodSeconds, cpuMsPerHour: (3_600 / periodSeconds) * (kind === 'exec' ? execMs : networkMs) };
}

/** The cost of all that was added; startup probes and containers that end are over by then. */
export function costOfAll({ pod, added }: Outcome & { kind: 'injected' }): Cost {
  const isAdded = ({ name }: V1Container): boolean => added.includes(`initContainers/${name}`);
  const probes = allContainers(pod).flatMap((container) =>
    probeNames.flatMap((probe) => {
      const field = probeField(probe);
      const isOurs = isAdded(container) || added.includes(`${container.name}/${field}`);
      const value = probe === 'startup' || !isOurs ? undefined : container[field];
      return value ? [costOfProbe(value).cpuMsPerHour] : [];
    }),
  );
  const sidecar = pod.spec.initContainers?.find(
    (container) => isAdded(container) && container.restartPolicy === 'Always',
  );
  const { cpu = '0', memory = '0' } = sidecar?.resources?.requests ?? {};
  return {
    cpuMsPerHour: probes.reduce((sum, cost) => sum + cost, 0),
    ...(sidecar ? { sidecar: { cpu, memory } } : {}),
  };
}

/** Such as `14.4 s of node CPU an hour`. */
export const formatCpu = (cpuMsPerHour: number): string =>
  `${Number((cpuMsPerHour / 1_000).toFixed(1))} s of node CPU an hour`;
