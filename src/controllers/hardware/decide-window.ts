import { restartOf } from './decide-owner.ts';
import type { BeforeReading, Decision, MoveDecision } from './decision.ts';
import type { HardwarePod } from './pod.ts';
import { reasons } from './reasons.ts';
import type { Pass } from './snapshot.ts';
import { calledOff, readyMove } from './window.ts';

/** A Pod whose application is ready is moved without another reading. */
export type InWindow = BeforeReading | (MoveDecision & { readonly reason: 'ready' });

/**
 * A Pod is ready again in its window. It is moved if its application is ready to go: without load, hardware that fails looks
 * fine. Otherwise the window goes on to its end, since the hardware may fail again as soon as the work goes on.
 */
export function decideRecovered(pod: HardwarePod, { snapshot, settings, budget, windows, nowMs }: Pass): Decision {
  const { uid, node, ownerText: owner } = pod;
  if (snapshot.inFlight.has(uid)) return { kind: 'hold', reason: 'under-way', pod };
  const isOff = pod.ineligible ?? (settings.mode === 'dry-run' ? 'dry-run' : undefined);
  if (isOff) return { kind: 'withdraw', reason: 'called-off', pod, detail: reasons[isOff].sentence };
  if (budget.entry(node, owner)?.affinity === 'Preferred')
    return { kind: 'withdraw', reason: 'called-off', pod, detail: reasons['no-other-node'].sentence };
  const state = windows.stateOf(pod);
  if (state === 'over' || state === 'untold') return { kind: 'withdraw', reason: 'recovered', pod };
  const retryMs = snapshot.retries.get(uid)?.untilMs ?? 0;
  if (nowMs < retryMs) return { kind: 'hold', reason: 'backing-off', pod, untilMs: retryMs };
  return state === 'ready' ? readyMove(pod) : inItsWindow(pod);
}

/** What is decided about a Pod whose application is to have time: nothing changes for others. */
export function inWindow(decision: BeforeReading, { snapshot, windows }: Pass): InWindow {
  if (decision.kind !== 'move') return calledOff(decision) ?? decision;
  const { pod } = decision;
  if (pod.moveWindowMs === undefined) return decision;
  switch (windows.stateOf(pod)) {
    case 'untold': {
      const isWhole = restartOf(snapshot.owners.get(pod.uid))?.kind === 'whole';
      return { ...decision, window: { members: isWhole ? windows.membersOf(pod) : [] } };
    }
    case 'open':
      return inItsWindow(pod);
    case 'ready':
      return readyMove(pod) as MoveDecision & { readonly reason: 'ready' };
    case 'over':
      return decision;
  }
}

const inItsWindow = (pod: HardwarePod) =>
  ({ kind: 'hold', reason: 'move-window', pod, ...(pod.moveUntilMs && { untilMs: pod.moveUntilMs }) }) as const;
