import type { EventRecorder } from '../../kube/event-recorder.ts';
import type { OwnerResolver } from '../../kube/owners.ts';
import type { HardwarePod } from './record.ts';

/** What is told, and what was done about it, in the words that Events have. */
const actions = {
  HardwareFailed: 'Check',
  MovedOffNode: 'Evict',
  MoveHeld: 'Hold',
  MoveRefused: 'Refuse',
  ReplacementRunning: 'Evict',
  ReplacementCameBack: 'Evict',
  ReplacementUnschedulable: 'LetBack',
} as const;

export type HardwareReason = keyof typeof actions;

/** Tells a Pod, its owner and its node what happened. */
export type Tell = {
  readonly about: (
    pod: HardwarePod,
    reason: HardwareReason,
    note: string,
    places: readonly ('pod' | 'owner' | 'node')[],
  ) => Promise<void>;
  readonly released: (node: string, byHand: boolean, note: string) => void;
};

/** The action of an Event by which the next leader knows that a person has released a node. */
export const byHandAction = 'ReleaseByHand';

export const everywhere = ['pod', 'owner', 'node'] as const;

/** Tells by Events; what cannot be told of an owner is told of the Pod at least. */
export function createTell(events: EventRecorder, owners: OwnerResolver, signal: AbortSignal): Tell {
  return {
    async about({ uid, namespace, name, node, owner }, reason, note, places) {
      const type = reason === 'ReplacementRunning' ? 'Normal' : 'Warning';
      const happening = { type, reason, action: actions[reason], note } as const;
      const pod = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
      if (places.includes('pod')) events.event({ ...happening, regarding: pod });
      if (places.includes('node') && node !== '') events.event({ ...happening, regarding: nodeOf(node) });
      if (!owner || !places.includes('owner')) return;
      const top = await owners.resolveRoot(owner, namespace, signal).catch(() => owner);
      events.event({ ...happening, regarding: { ...top, namespace } });
    },
    released(node, byHand, note) {
      const happening = { regarding: nodeOf(node), type: 'Normal', reason: 'NodeReleased', note } as const;
      // The next leader knows of a person's word by this Event alone.
      if (byHand) events.eventDurable({ ...happening, action: byHandAction });
      else events.event({ ...happening, action: 'Release' });
    },
  };
}

/** As the kubelet has it: an Event about a node has the node's name for a uid. */
const nodeOf = (name: string) => ({ apiVersion: 'v1', kind: 'Node', name, uid: name });
