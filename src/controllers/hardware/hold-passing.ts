import { holds } from './decision.ts';
import { type Moving, waitAfter } from './moving.ts';
import type { HardwarePod } from './record.ts';

/** The kubelet's next probe should make it ready; where it does not, what fails again is to be seen soon. */
const longestMs = 10_000;

/**
 * Leaves a Pod alone whose sidecar says that nothing fails by now: the heat is over, or the kubelet was restarted and
 * has not probed again yet. Its sidecar is asked more seldom each time in a row, and it is told the first time.
 */
export async function holdPassing(
  { progress: { passing }, retryMs, tell }: Pick<Moving, 'progress' | 'retryMs' | 'tell'>,
  pod: HardwarePod,
): Promise<void> {
  const { uid, namespace, name, node, failing } = pod;
  const count = (passing.get(uid)?.count ?? 0) + 1;
  passing.set(uid, { count, untilMs: Date.now() + waitAfter(count, retryMs, longestMs) });
  if (count > 1) return;
  const what = `container ${failing?.container ?? ''} is not ready`;
  const note = `Pod ${namespace}/${name} stays on node ${node}, although ${what}: ${holds.passes}.`;
  await tell.about(pod, 'MoveHeld', note, ['pod', 'owner']);
}
