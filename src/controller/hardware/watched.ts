import type { V1Container, V1Pod } from '@kubernetes/client-node';

/** Where the hardware check of a Pod is: in its sidecar, which can be asked, or as exec probe in its own containers. */
export type Watched = {
  readonly mode: 'sidecar' | 'cli';
  readonly containers: readonly string[];
  /** Of the sidecar; 0 where there is none. */
  readonly port: number;
};

/** The sidecar may have another name where the user has a container of this one. */
const sidecarName = /^health-probe-hardware(-\d+)?$/;

const known = new Map<string, Watched>();

/** The containers whose readiness is the hardware's; the same value for Pods that are alike, of which there are many. */
export function watchedOf(pod: V1Pod, prefix: string): Watched {
  const watched = find(pod, prefix);
  const key = JSON.stringify(watched);
  const same = known.get(key) ?? watched;
  if (known.size < 4_096) known.set(key, same);
  return same;
}

function find({ metadata, spec }: V1Pod, prefix: string): Watched {
  const sidecar = spec?.initContainers?.find(({ name }) => sidecarName.test(name));
  if (sidecar) {
    return { mode: 'sidecar', containers: [sidecar.name], port: sidecar.ports?.[0]?.containerPort ?? 0 };
  }
  const added = addedIn(metadata?.annotations?.[`${prefix}status`]);
  const isOurs = ({ name, readinessProbe }: V1Container): boolean =>
    readinessProbe?.exec !== undefined && added.includes(`${name}/readinessProbe`);
  return { mode: 'cli', containers: (spec?.containers ?? []).filter(isOurs).map(({ name }) => name), port: 0 };
}

/** What the annotation says was added by the pattern; whoever made the Pod may have written anything there. */
function addedIn(text: string | undefined): readonly unknown[] {
  try {
    const { patterns, added } = JSON.parse(text ?? '') as { readonly patterns?: unknown; readonly added?: unknown };
    return Array.isArray(patterns) && patterns.includes('hardware') && Array.isArray(added) ? added : [];
  } catch {
    return [];
  }
}
