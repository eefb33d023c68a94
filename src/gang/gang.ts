import { type GangKind, type GangPod, gangKinds } from './kinds.ts';

/** Pods that stand or fall together, by a name that outlives them and the objects that create them. */
export type Gang = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly onEviction: GangKind['onEviction'];
};

/** The apiserver takes annotations of any text; what names an object that could exist has this form. */
const namePattern = /^[a-z0-9.-]{1,253}$/;

/** The gang of a Pod, by what stands on the Pod; undefined for one that is in none. */
export function gangOf(namespace: string, pod: GangPod): Gang | undefined {
  const controller = pod.metadata?.ownerReferences?.find((owner) => owner.controller);
  const owner = { group: groupOfVersion(controller?.apiVersion), kind: controller?.kind ?? '' };
  for (const { kind, isOwner, nameOf, onEviction } of gangKinds) {
    if (!isOwner(owner)) continue;
    const name = nameOf(pod);
    if (namePattern.test(name)) return { namespace, kind, name, onEviction };
  }
  return undefined;
}

/** The apiserver has not looked at a Pod under admission: a field may be of another shape. */
const groupOfVersion = (apiVersion: unknown): string =>
  typeof apiVersion === 'string' && apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
