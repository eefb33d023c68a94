import { kubectl } from './kubectl.ts';

/** Sets a condition of a node as node-problem-detector does, by a strategic merge of its status. */
export async function setCondition(node: string, type: string, status: 'True' | 'False', message = ''): Promise<void> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const reason = status === 'True' ? 'TaskHung' : 'KernelHasNoDeadlock';
  const condition = { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now };
  const patch = JSON.stringify({ status: { conditions: [condition] } });
  await kubectl(['patch', 'node', node, '--subresource=status', '--type=strategic', '-p', patch]);
}

/** Takes a condition off a node. */
export async function removeCondition(node: string, type: string): Promise<void> {
  const patch = JSON.stringify({ status: { conditions: [{ $patch: 'delete', type }] } });
  await kubectl(['patch', 'node', node, '--subresource=status', '--type=strategic', '-p', patch]);
}
