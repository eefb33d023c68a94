// https://kubernetes.io/docs/reference/node/node-status/#condition
import { type Refusal, quote, refuse } from './check.ts';
import { isDnsName } from './kinds.ts';

/** What the apiserver's own conditions may be called, behind an optional DNS name. */
const typeName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Why a text is not the type of a condition of a node that a check may wait for; undefined where it is one. */
export function conditionRefusal(type: string): Refusal | undefined {
  const received = `condition is ${quote(type)}`;
  if (type === 'Ready') return refuse(received, 'another: the cluster itself takes Pods off a node that is not ready');
  const slash = type.indexOf('/');
  const isPrefixed = slash < 0 || isDnsName(type.slice(0, slash));
  const isType = isPrefixed && typeName.test(type.slice(slash + 1));
  return isType ? undefined : refuse(received, 'the type of a condition of the node, such as KernelDeadlock');
}
