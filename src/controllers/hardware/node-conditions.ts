// https://kubernetes.io/docs/reference/node/node-status/#condition
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { readStatus } from '../../inject/model/status.ts';
import { type ConditionCheck, readConditions } from '../../inject/patterns/hardware/conditions.ts';
import type { Failing } from './failure.ts';
import { quoteWords } from './reading.ts';

/** A condition of a node, as those who set it say it; long texts are cut. */
export type NodeCondition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Since when it has this status; undefined where that is not said. */
  readonly sinceMs: number | undefined;
};

/** No node has as many. */
const mostOfNode = 64;
const longest = { reason: 64, message: 256 };

/** Reads the conditions of a node. */
export const nodeConditionsOf = ({ status }: V1Node): readonly NodeCondition[] =>
  (status?.conditions ?? [])
    .slice(0, mostOfNode)
    .map(({ type, status: is, reason = '', message = '', lastTransitionTime }) => {
      const sinceMs = Date.parse(String(lastTransitionTime));
      return {
        type,
        status: is,
        reason: reason.slice(0, longest.reason),
        message: message.slice(0, longest.message),
        sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
      };
    });

/** Most Pods share this one. */
const none: readonly ConditionCheck[] = [];

/** The conditions that a Pod waits for, as the webhook wrote them into its status. */
export function conditionsAskedBy(pod: V1Pod, prefix: string): readonly ConditionCheck[] {
  // Few Pods ask for one, and the status of a Pod is read at each of its versions.
  if (!pod.metadata?.annotations?.[`${prefix}status`]?.includes('"conditions"')) return none;
  const status = readStatus(pod as Parameters<typeof readStatus>[0], prefix);
  return status ? readConditions(status) : none;
}

/** What a condition of its node says against a Pod. */
type AboutPod = { readonly conditions: readonly ConditionCheck[]; readonly createdMs: number };

/**
 * The first condition of the node that fails a Pod; undefined where none does. It fails the Pod from the moment at which
 * it has been there for as long as the check wants, which may be still to come.
 */
export function failingCondition(
  { conditions, createdMs }: AboutPod,
  ofNode: readonly NodeCondition[] | undefined,
): Failing | undefined {
  const found = conditions.flatMap(({ type, status, forMs }) => {
    const condition = ofNode?.find((each) => each.type === type && each.status === status);
    if (!condition) return [];
    const begunMs = Math.max(condition.sinceMs ?? createdMs, createdMs);
    return [{ condition, begunMs, sinceMs: Math.max((condition.sinceMs ?? createdMs) + forMs, createdMs) }];
  });
  const [first] = found.toSorted((one, other) => one.sinceMs - other.sinceMs);
  if (!first) return undefined;
  const { condition, begunMs, sinceMs } = first;
  return { container: '', sinceMs, earliestMs: begunMs, input: 'condition', message: sentenceOf(condition) };
}

/** The words of the one who set the condition are quoted: he may be anyone who may write the status of nodes. */
function sentenceOf({ type, status, reason, message }: NodeCondition): string {
  const words = [reason, message].filter((text) => text !== '').join(': ');
  return `the condition ${type} of its node is ${status}${words === '' ? '' : `: ${quoteWords(words)}`}`;
}
