// https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
import type { V1Pod } from '@kubernetes/client-node';
import type { ClaimedDevice } from '../../quarantine/quarantine.ts';
import type { SickDevice } from '../../quarantine/sick-devices.ts';

const prefix = 'claim:';

/** Whether a resource is a claim of DRA; a name of an extended resource has no colon. */
export const isClaim = (resource: string): boolean => resource.startsWith(prefix);

/** The kubelet names the devices of a claim `claim:NAME` or `claim:NAME/REQUEST`. */
function partsOf(resource: string): { readonly claim: string; readonly request: string } | undefined {
  if (!isClaim(resource)) return undefined;
  const [claim = '', request = ''] = resource.slice(prefix.length).split('/', 2);
  return { claim, request };
}

/** No object has another name. */
const namePattern = /^[a-z0-9.-]{1,253}$/;

/** The ResourceClaim of a Pod behind such a name; undefined for another resource. */
export function claimNameOf({ spec, status }: V1Pod, resource: string): string | undefined {
  const parts = partsOf(resource);
  if (!parts) return undefined;
  const made = status?.resourceClaimStatuses?.find(({ name }) => name === parts.claim)?.resourceClaimName;
  const name = made ?? spec?.resourceClaims?.find((each) => each.name === parts.claim)?.resourceClaimName;
  return name !== undefined && namePattern.test(name) ? name : undefined;
}

/** A ResourceClaim, as far as it is read. */
export type ResourceClaim = {
  readonly status?: {
    readonly allocation?: {
      readonly devices?: { readonly results?: readonly (ClaimedDevice & { readonly request?: string })[] };
    };
    readonly reservedFor?: readonly { readonly uid?: string }[];
  };
};

/**
 * The one device of a claim that a Pod's status calls unhealthy, or why no device can be named. The kubelet gives the id
 * of CDI where a driver has one, which no other object has: of several devices it tells none.
 */
export function claimedDeviceOf(
  { status }: ResourceClaim,
  { resource, id }: Pick<SickDevice, 'resource' | 'id'>,
  podUid: string,
): { readonly device: ClaimedDevice } | { readonly why: string } {
  // A claim that others hold stays with its device, and so would the Pod that comes after.
  if (status?.reservedFor?.some(({ uid }) => uid !== podUid)) return { why: 'other Pods hold the same claim' };
  const request = partsOf(resource)?.request ?? '';
  const results = (status?.allocation?.devices?.results ?? []).filter(
    (result) => request === '' || result.request?.split('/', 1)[0] === request,
  );
  const named = results.filter(({ driver, pool, device }) => `${driver}/${pool}/${device}` === id);
  const [only, ...others] = named.length > 0 ? named : results;
  if (!only) return { why: 'the claim has no device' };
  if (others.length > 0) return { why: `which of ${others.length + 1} devices of the claim it is cannot be said` };
  return { device: { driver: only.driver, pool: only.pool, device: only.device } };
}
