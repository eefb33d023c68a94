// https://kubernetes.io/docs/concepts/policy/limit-range/
// https://kubernetes.io/docs/concepts/policy/resource-quotas/
import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import { type Amount, parseQuantity } from './quantity.ts';

/** Quantities by the names of resources. */
type Quantities = Readonly<Record<string, string>>;

/** A LimitRange as the apiserver writes it; the client library has another name for `default`. */
export type LimitRange = {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: { readonly limits?: readonly LimitRangeItem[] };
};

type LimitRangeItem = { readonly type: string } & { readonly [Kind in (typeof kinds)[number]]?: Quantities };

/** A bound of a LimitRange, with the name of the LimitRange. */
type Bound = { readonly amount: Amount; readonly by: string };

/** What LimitRanges say of one resource, the strictest of them; a default is what a container gets that says nothing. */
export type Bounds = {
  readonly min?: Bound;
  readonly max?: Bound;
  readonly ratio?: Bound;
  readonly default?: Amount;
  readonly defaultRequest?: Amount;
};

/** A Pod that a quota counts. */
export type QuotaScope = {
  readonly scopeName: string;
  readonly operator: string;
  readonly values: readonly string[];
};

/** What is left of one resource of a quota. */
type QuotaShare = {
  readonly key: string;
  readonly counts: 'requests' | 'limits' | 'pods';
  readonly resource: string;
  readonly hard: Amount;
  readonly used: Amount;
};

export type Quota = {
  readonly name: string;
  readonly scopes: readonly QuotaScope[];
  readonly shares: readonly QuotaShare[];
};

/** What a namespace demands of the resources of a Pod. */
export type ResourceRules = {
  readonly container: ReadonlyMap<string, Bounds>;
  readonly pod: ReadonlyMap<string, Bounds>;
  readonly quotas: readonly Quota[];
};

/** The rules of a namespace that has none. */
export const noRules: ResourceRules = { container: new Map(), pod: new Map(), quotas: [] };

/** A user who may write these objects may fill them; no namespace bounds more resources than a node has. */
const mostResources = 64;

/** Reads the LimitRanges and ResourceQuotas of one namespace; what cannot be read bounds nothing. */
export const readRules = (limitRanges: readonly LimitRange[], quotas: readonly V1ResourceQuota[]): ResourceRules => ({
  ...readLimitRanges(limitRanges),
  quotas: readQuotas(quotas),
});

/** Reads the LimitRanges of one namespace, which seldom change. */
export function readLimitRanges(limitRanges: readonly LimitRange[]): Omit<ResourceRules, 'quotas'> {
  const inOrder = limitRanges.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  return { container: boundsOf(inOrder, 'Container'), pod: boundsOf(inOrder, 'Pod') };
}

/** Reads the ResourceQuotas of one namespace, which change with each Pod. */
export const readQuotas = (quotas: readonly V1ResourceQuota[]): readonly Quota[] =>
  quotas.map(readQuota).filter(({ shares }) => shares.length > 0);

const nameOf = ({ metadata }: { readonly metadata?: V1ObjectMeta }): string => metadata?.name ?? '';

const kinds = ['min', 'max', 'maxLimitRequestRatio', 'default', 'defaultRequest'] as const;

function boundsOf(limitRanges: readonly LimitRange[], type: 'Container' | 'Pod'): ReadonlyMap<string, Bounds> {
  const bounds = new Map<string, Bounds>();
  for (const limitRange of limitRanges) {
    for (const item of limitRange.spec?.limits ?? []) {
      if (item?.type !== type) continue;
      const resources = new Set(kinds.flatMap((kind) => Object.keys(item[kind] ?? {})));
      for (const resource of resources) {
        if (!bounds.has(resource) && bounds.size >= mostResources) continue;
        const [min, max, ratio, limit, request] = kinds.map((kind) => parseQuantity(item[kind]?.[resource]));
        const own = { min, max, ratio, ...defaultsOf({ type, min, max, limit, request }) };
        bounds.set(resource, strictest(bounds.get(resource) ?? {}, own, nameOf(limitRange)));
      }
    }
  }
  return bounds;
}

type Own = { readonly [Key in keyof Bounds]: Amount | undefined };

/** The defaults of a container: the apiserver writes those that are missing into the LimitRange when it is created. */
function defaultsOf({
  type,
  min,
  max,
  limit,
  request,
}: {
  readonly type: string;
  readonly min: Amount | undefined;
  readonly max: Amount | undefined;
  readonly limit: Amount | undefined;
  readonly request: Amount | undefined;
}): Own {
  if (type !== 'Container') return {};
  const byDefault = limit ?? max;
  return { default: byDefault, defaultRequest: request ?? byDefault ?? min };
}

function strictest(known: Bounds, own: Own, by: string): Bounds {
  const bound = (key: 'min' | 'max' | 'ratio', isStricter: (one: Amount, other: Amount) => boolean) => {
    const [before, amount] = [known[key], own[key]];
    if (amount === undefined || (before && !isStricter(amount, before.amount))) return before ? { [key]: before } : {};
    return { [key]: { amount, by } };
  };
  const first = (key: 'default' | 'defaultRequest') => {
    const amount = known[key] ?? own[key];
    return amount === undefined ? {} : { [key]: amount };
  };
  return {
    ...bound('min', (one, other) => one > other),
    ...bound('max', (one, other) => one < other),
    ...bound('ratio', (one, other) => one < other),
    ...first('default'),
    ...first('defaultRequest'),
  };
}

/** A quota as its status says; before the first count, and in a manifest, its spec says all there is. */
function readQuota(quota: V1ResourceQuota): Quota {
  const { spec, status } = quota;
  const hard = status?.hard ?? spec?.hard ?? {};
  const shares = Object.keys(hard)
    .filter((key) => readQuotaKey(key) !== undefined)
    .slice(0, mostResources)
    .flatMap((key) => {
      const counted = readQuotaKey(key);
      const amount = parseQuantity(hard[key]);
      const used = parseQuantity(status?.used?.[key] ?? '0');
      return counted === undefined || amount === undefined || used === undefined
        ? []
        : [{ key, ...counted, hard: amount, used }];
    });
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] })),
    ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName, operator, values }) => ({
      scopeName,
      operator,
      values: values ?? [],
    })),
  ];
  return { name: nameOf(quota), scopes, shares };
}

/** What a key of a quota counts of a Pod; undefined for what is no Pod's. */
export function readQuotaKey(
  key: string,
): { readonly counts: QuotaShare['counts']; readonly resource: string } | undefined {
  if (key === 'pods' || key === 'count/pods') return { counts: 'pods', resource: 'pods' };
  if (key.startsWith('limits.')) return { counts: 'limits', resource: key.slice('limits.'.length) };
  if (key === 'requests.storage') return undefined;
  if (key.startsWith('requests.')) return { counts: 'requests', resource: key.slice('requests.'.length) };
  const isRequest = ['cpu', 'memory', 'ephemeral-storage'].includes(key) || key.startsWith('hugepages-');
  return isRequest ? { counts: 'requests', resource: key } : undefined;
}
