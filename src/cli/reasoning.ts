import { type Assignment, assign } from '../health/assign.ts';
import type { InjectionContext } from '../health/inject.ts';
import type { HealthIntent } from '../health/intent.ts';
import { readIntent } from '../health/read-intent.ts';
import { readStatus } from '../health/status.ts';
import { findWish } from '../health/wish.ts';
import { readAnnotations } from '../health/written.ts';
import type { Pod } from '../pod/pod.ts';
import type { Surroundings } from '../policies/surroundings.ts';

/** Who asks for what, and which pattern it went to. */
export type Reasoning = { readonly intent: HealthIntent; readonly assignment: Assignment };

/** Takes the steps of `inject` again for what its outcome does not hold; undefined where nobody asks for anything. */
export function reasoningFor(pod: Pod, context: InjectionContext, surroundings: Surroundings): Reasoning | undefined {
  const wish = findWish(readAnnotations(pod.metadata?.annotations ?? {}, context.prefix).written, pod, surroundings);
  if (typeof wish === 'string') return undefined;
  const ours = new Set(readStatus(pod, context.prefix)?.added);
  const isByDefault = wish.by !== undefined;
  const intent = readIntent(wish.written, { pod, context, isByDefault, ours, problems: [], kept: [] });
  return { intent, assignment: assign(intent, pod, ours, []) };
}
