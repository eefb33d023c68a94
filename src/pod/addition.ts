import type { V1Container, V1Probe, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { ProbeName } from '../health/intent.ts';

/** One thing to add to a Pod; patterns only ever make these, so nothing of the user's can be replaced. */
export type Addition =
  | {
      readonly kind: 'initContainer';
      readonly value: V1Container;
      /** The init container before which it has to start; the end of the list otherwise. */
      readonly before?: string;
    }
  | { readonly kind: 'volume'; readonly value: V1Volume }
  | { readonly kind: 'label'; readonly key: string; readonly value: string }
  | { readonly kind: 'volumeMount'; readonly container: string; readonly value: V1VolumeMount }
  | { readonly kind: 'probe'; readonly container: string; readonly probe: ProbeName; readonly value: V1Probe };

/** The field of a container that holds a probe. */
export const probeField = (probe: ProbeName): 'livenessProbe' | 'readinessProbe' | 'startupProbe' => `${probe}Probe`;

/** Names an addition as the `status` annotation does, for example `redis/livenessProbe`. */
export function nameOf(addition: Addition): string {
  switch (addition.kind) {
    case 'initContainer':
      return `initContainers/${addition.value.name}`;
    case 'volume':
      return `volumes/${addition.value.name}`;
    case 'label':
      return `labels/${addition.key}`;
    case 'volumeMount':
      return `${addition.container}/volumeMounts/${addition.value.mountPath}`;
    case 'probe':
      return `${addition.container}/${probeField(addition.probe)}`;
    default:
      return addition satisfies never;
  }
}
