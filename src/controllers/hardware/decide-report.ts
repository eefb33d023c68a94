import type { Decision } from './decision.ts';
import { unsureReport } from './devices.ts';
import type { HardwareNode } from './nodes.ts';
import type { HardwarePod } from './pod.ts';

/** Holds a Pod of which only a kubelet says that its hardware fails that may mean a device of another Pod. */
export function decideReport(
  pod: HardwarePod,
  node: HardwareNode | undefined,
): Extract<Decision, { readonly kind: 'hold' }> | undefined {
  const device = pod.failing?.device;
  const detail = device && node && unsureReport(device, node);
  return detail === undefined ? undefined : { kind: 'hold', reason: 'device-unsure', pod, detail };
}
