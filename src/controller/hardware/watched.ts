import type { V1Pod } from '@kubernetes/client-node';
import { carriesHardware } from '../../inject/patterns/hardware/index.ts';
import { readStatus } from '../../inject/status.ts';
import { podLimits } from '../../inject/pod/limits.ts';

/** Where the hardware check of a Pod is: in its sidecar, which can be asked, or as exec probe in its own containers. */
export type Watched = {
  readonly mode: 'sidecar' | 'cli';
  readonly containers: readonly string[];
  /** Of the sidecar; 0 where there is none. */
  readonly port: number;
};

/** The sidecar may have another name where the user has a container of this one. */
const sidecarName = /^health-probe-hardware(-\d+)?$/;

/** The containers whose readiness is the hardware's; none in a Pod that the webhook would not look at either. */
export function watchedOf(pod: V1Pod, prefix: string): Watched {
  const { spec } = pod;
  if ((spec?.containers.length ?? 0) > podLimits.containers) return { mode: 'cli', containers: [], port: 0 };
  const sidecar = spec?.initContainers?.find(({ name }) => sidecarName.test(name));
  if (sidecar) {
    return { mode: 'sidecar', containers: [sidecar.name], port: sidecar.ports?.[0]?.containerPort ?? 0 };
  }
  const status = readStatus(pod, prefix);
  const carriers = (spec?.containers ?? []).filter(
    ({ name, readinessProbe }) => readinessProbe?.exec && status && carriesHardware(status, name),
  );
  return { mode: 'cli', containers: carriers.map(({ name }) => name), port: 0 };
}
