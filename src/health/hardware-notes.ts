import { type Addition, nameOf } from '../pod/addition.ts';
import type { Pod } from '../pod/pod.ts';
import type { Assignment } from './assign.ts';
import type { HealthIntent } from './intent.ts';
import type { Kept } from './outcome.ts';
import type { Status } from './status.ts';

/** The label by which the controller finds a Pod whose hardware is checked; one that the user wrote stays. */
export function hardwareLabel(
  wishes: Assignment['wishes'],
  { hardware }: HealthIntent,
  { pod, ours, prefix }: { readonly pod: Pod; readonly ours: ReadonlySet<string>; readonly prefix: string },
): { readonly additions: readonly Addition[]; readonly kept: readonly Kept[] } {
  if (!wishes.has('hardware')) return { additions: [], kept: [] };
  const label: Addition = { kind: 'label', key: `${prefix}hardware`, value: hardware.onFailure };
  const what = nameOf(label);
  if (pod.metadata?.labels?.[label.key] === undefined || ours.has(what)) return { additions: [label], kept: [] };
  return { additions: [], kept: [{ what, why: 'the Pod has this label already' }] };
}

/** What the status says of pattern hardware; nothing where it has no part. */
export function hardwareStatus(
  wishes: Assignment['wishes'],
  { hardware: { mode, onFailure } }: HealthIntent,
): Pick<Status, 'hardware'> {
  const containers = wishes.get('hardware')?.map(({ container }) => container);
  return containers ? { hardware: { mode, onFailure, containers } } : {};
}
