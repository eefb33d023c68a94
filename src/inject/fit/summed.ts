import { type Amounts, type PodResources, type QosClass, chargeOf, qosClassOf, sumPod } from './resources.ts';

type Kind = 'requests' | 'limits';

/** What a Pod asks for in all. Many rules go by the same sums: each is made once, where a rule asks for it. */
export type SummedPod = PodResources & {
  /** As a LimitRange counts it. */
  readonly sum: (kind: Kind) => Amounts;
  /** As a quota counts it. */
  readonly charge: (kind: Kind) => Amounts;
  readonly qosClass: () => QosClass;
};

/** A Pod with its sums. */
export function summed(pod: PodResources): SummedPod {
  const sums: { [kind in Kind]?: Amounts } = {};
  const charges: { [kind in Kind]?: Amounts } = {};
  let qosClass: QosClass | undefined;
  const sum = (kind: Kind): Amounts => (sums[kind] ??= sumPod(pod, kind));
  return {
    ...pod,
    sum,
    charge: (kind) => (pod.overhead.size === 0 ? sum(kind) : (charges[kind] ??= chargeOf(pod, kind))),
    qosClass: () => (qosClass ??= qosClassOf(pod)),
  };
}
