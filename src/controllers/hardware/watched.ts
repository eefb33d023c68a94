import type { V1Pod } from '@kubernetes/client-node';
import { podLimits } from '../../pod/limits.ts';

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
export function watchedOf({ metadata, spec }: V1Pod, prefix: string): Watched {
  if ((spec?.containers.length ?? 0) > podLimits.containers) return { mode: 'cli', containers: [], port: 0 };
  const sidecar = spec?.initContainers?.find(({ name }) => sidecarName.test(name));
  if (sidecar) {
    return { mode: 'sidecar', containers: [sidecar.name], port: sidecar.ports?.[0]?.containerPort ?? 0 };
  }
  const isOurs = carriersIn(metadata?.annotations?.[`${prefix}status`]);
  const carriers = (spec?.containers ?? []).filter(({ name, readinessProbe }) => readinessProbe?.exec && isOurs(name));
  return { mode: 'cli', containers: carriers.map(({ name }) => name), port: 0 };
}

type Status = {
  readonly patterns?: unknown;
  readonly added?: unknown;
  readonly hardware?: { readonly containers?: unknown };
};

const has = (list: unknown, word: string): boolean => Array.isArray(list) && list.includes(word);

/** Which containers got their probe from this pattern, as the annotation has it; whoever made the Pod may have written anything there. */
function carriersIn(text: string | undefined): (container: string) => boolean {
  try {
    const { patterns, added, hardware } = JSON.parse(text ?? '') as Status;
    return (name) =>
      has(patterns, 'hardware') && has(added, `${name}/readinessProbe`) && has(hardware?.containers ?? [name], name);
  } catch {
    return () => false;
  }
}
