import type { V1Container } from '@kubernetes/client-node';
import { type Pod, allContainers } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';

const { prefix } = testContext;
/** What the other webhook and the apiserver put into each container that is there when they look, ours too or not yet. */
const isOfOthers = ({ name, mountPath }: { readonly name: string; readonly mountPath?: string }): boolean =>
  mountPath === tokenPath || /^mesh$/i.test(name);
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A Pod as a user would write it anew from what the apiserver returned: without what the server sets in each Pod. */
export function asManifest({ metadata, spec }: Pod): Pod {
  const { generateName, labels, ownerReferences } = metadata ?? {};
  // LimitRanger tells what it gave in this call.
  const { 'kubernetes.io/limit-ranger': _, ...annotations } = metadata?.annotations ?? {};
  const kept = { generateName, labels, annotations, ownerReferences };
  return JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: kept, spec }));
}

/**
 * A Pod in a form in which two that mean the same are equal: the volume of the token has a random name, and what others give
 * to each container they have given to ours only where it was there before. Where another webhook has put its own between
 * ours, `isUnordered`, the order of lists may be another, and so may that of the names in our sentences.
 */
export function comparable(pod: Pod, isUnordered: boolean): Pod {
  const plain: Pod = JSON.parse(
    JSON.stringify(pod).replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access'),
    (_, value) => (isEmpty(value) ? undefined : value),
  );
  for (const container of allContainers(plain)) {
    if (!container.name.startsWith('health-probe')) continue;
    const mounts = container.volumeMounts?.filter((mount) => !isOfOthers(mount)) ?? [];
    const env = container.env?.filter((entry) => !isOfOthers(entry)) ?? [];
    delete container.volumeMounts;
    delete container.env;
    if (mounts.length > 0) container.volumeMounts = mounts;
    if (env.length > 0) container.env = env;
  }
  if (!isUnordered) return plain;
  delete plain.metadata?.annotations?.[`${prefix}problems`];
  const { containers, initContainers, volumes } = plain.spec;
  const sorted = (list: V1Container[] | undefined): V1Container[] => byName(list).map(sortedWithin);
  const spec = { ...plain.spec, containers: sorted(containers), initContainers: sorted(initContainers) };
  return { ...plain, spec: { ...spec, volumes: byName(volumes) } };
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).every((item) => item === undefined));

const byName = <T extends { readonly name: string }>(list: readonly T[] = []): T[] =>
  list.toSorted((one, other) => (one.name < other.name ? -1 : 1));

const sortedWithin = ({ env, volumeMounts, ...rest }: V1Container): V1Container => ({
  ...rest,
  ...(env && { env: byName(env) }),
  ...(volumeMounts && { volumeMounts: byPath(volumeMounts) }),
});

const byPath = <T extends { readonly mountPath: string }>(list: readonly T[]): T[] =>
  list.toSorted((one, other) => (one.mountPath < other.mountPath ? -1 : 1));
