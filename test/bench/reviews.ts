import { reviewOf } from '../support/webhook.ts';

/** Reviews of Pods that differ in name and namespace, as those of a whole cluster do; the namespaces are `shop-0` and on. */
export const reviewsAcross = (pod: { metadata: object }, namespaceCount: number): string[] =>
  Array.from({ length: 4_096 }, (_, index) => {
    const uid = `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`;
    const changed = { ...pod, metadata: { ...pod.metadata, generateName: `checkout-648df954fb-${index}-` } };
    return JSON.stringify(reviewOf(changed, { uid, namespace: `shop-${(index * 7) % namespaceCount}` }));
  });
