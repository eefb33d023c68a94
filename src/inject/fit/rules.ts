// https://kubernetes.io/docs/concepts/policy/limit-range/
// https://kubernetes.io/docs/concepts/policy/resource-quotas/
import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import { createPool } from './pool.ts';
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

/** What a quota allows of one resource. */
type QuotaShare = {
  readonly key: string;
  readonly counts: 'requests' | 'limits' | 'pods';
  readonly resource: string;
  readonly hard: Amount;
};

/** What a quota says, which many namespaces have alike. */
type QuotaRule = {
  readonly name: string;
  readonly scopes: readonly QuotaScope[];
  readonly shares: readonly QuotaShare[];
};

/** A quota, with what its namespace uses of each share. */
export type Quota = { readonly rule: QuotaRule; readonly used: readonly Amount[] };

/** What LimitRanges demand, by resource. */
export type LimitRules = {
  readonly container: ReadonlyMap<string, Bounds>;
  readonly pod: ReadonlyMap<string, Bounds>;
};

/** What a namespace demands of the resources of a Pod. */
export type ResourceRules = LimitRules & { readonly quotas: readonly Quota[] };

/** The rules of a namespace that has none. */
export const noRules: ResourceRules = { container: new Map(), pod: new Map(), quotas: [] };

/** A user who may write these objects may fill them; no namespace bounds more resources than a node has. */
const mostResources = 64;

/** Reads the LimitRanges and ResourceQuotas of one namespace; what cannot be read bounds nothing. */
export const readRules = (limitRanges: readonly LimitRange[], quotas: readonly V1ResourceQuota[]): ResourceRules => ({
  ...strictestOf(limitRanges.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)).map(readLimitRange)),
  quotas: quotas.map(readQuota).filter(({ rule }) => rule.shares.length > 0),
});

/** Clusters make the rules of their namespaces from a few templates: what is alike is read once, and kept once. */
const limitRules = createPool<LimitRules>();
const quotaRules = createPool<QuotaRule>();

/** Reads one LimitRange. */
export function readLimitRange(limitRange: LimitRange): LimitRules {
  const by = nameOf(limitRange);
  const items = (limitRange.spec?.limits ?? []).filter((item) => item?.type === 'Container' || item?.type === 'Pod');
  return limitRules(JSON.stringify([by, items]), () => ({
    container: boundsOf(items, 'Container', by),
    pod: boundsOf(items, 'Pod', by),
  }));
}

/** What several LimitRanges demand together; their order decides which default counts, and whom a sentence names. */
export function strictestOf(rules: readonly LimitRules[]): LimitRules {
  const [first, ...others] = rules;
  if (!first) return { container: noRules.container, pod: noRules.pod };
  return others.reduce(
    (all, each) => ({ container: joined(all.container, each.container), pod: joined(all.pod, each.pod) }),
    first,
  );
}

function joined(all: ReadonlyMap<string, Bounds>, more: ReadonlyMap<string, Bounds>): ReadonlyMap<string, Bounds> {
  const bounds = new Map(all);
  for (const [resource, own] of more) add(bounds, resource, own);
  return bounds;
}

function add(bounds: Map<string, Bounds>, resource: string, own: Bounds): void {
  const known = bounds.get(resource);
  if (known) bounds.set(resource, strictest(known, own));
  else if (bounds.size < mostResources) bounds.set(resource, own);
}

const nameOf = ({ metadata }: { readonly metadata?: V1ObjectMeta }): string => metadata?.name ?? '';

const kinds = ['min', 'max', 'maxLimitRequestRatio', 'default', 'defaultRequest'] as const;

function boundsOf(
  items: readonly LimitRangeItem[],
  type: 'Container' | 'Pod',
  by: string,
): ReadonlyMap<string, Bounds> {
  const bounds = new Map<string, Bounds>();
  for (const item of items) {
    if (item.type !== type) continue;
    const resources = new Set(kinds.flatMap((kind) => Object.keys(item[kind] ?? {})));
    for (const resource of resources) {
      if (!bounds.has(resource) && bounds.size >= mostResources) continue;
      const [min, max, ratio, limit, request] = kinds.map((kind) => parseQuantity(item[kind]?.[resource]));
      // An apiserver takes no ratio below 1; a file may hold any.
      const least = ratio !== undefined && ratio > 0n ? ratio : undefined;
      const bound = (amount: Amount | undefined): Bound | undefined => (amount === undefined ? amount : { amount, by });
      const defaults = defaultsOf({ type, min, max, limit, request });
      add(bounds, resource, defined({ min: bound(min), max: bound(max), ratio: bound(least), ...defaults }));
    }
  }
  return bounds;
}

/** The bounds that there are. */
const defined = (bounds: Own): Bounds =>
  Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));

type Own = { readonly [Key in keyof Bounds]: Bounds[Key] | undefined };

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

function strictest(known: Bounds, own: Bounds): Bounds {
  const bound = (key: 'min' | 'max' | 'ratio', isStricter: (one: Amount, other: Amount) => boolean) => {
    const [before, now] = [known[key], own[key]];
    return now === undefined || (before && !isStricter(now.amount, before.amount)) ? before : now;
  };
  return defined({
    min: bound('min', (one, other) => one > other),
    max: bound('max', (one, other) => one < other),
    ratio: bound('ratio', (one, other) => one < other),
    default: known.default ?? own.default,
    defaultRequest: known.defaultRequest ?? own.defaultRequest,
  });
}

/** Reads a quota as its status says; before the first count, and in a manifest, its spec says all there is. */
export function readQuota(quota: V1ResourceQuota): Quota {
  const { spec, status } = quota;
  const hard = status?.hard ?? spec?.hard ?? {};
  const counted = Object.keys(hard)
    .filter((key) => readQuotaKey(key) !== undefined)
    .slice(0, mostResources)
    .flatMap((key) => {
      const used = parseQuantity(status?.used?.[key] ?? '0');
      return used === undefined || parseQuantity(hard[key]) === undefined ? [] : [{ key, used }];
    });
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] })),
    ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName, operator, values }) => ({
      scopeName,
      operator,
      values: values ?? [],
    })),
  ];
  const name = nameOf(quota);
  const rule = quotaRules(JSON.stringify([name, scopes, counted.map(({ key }) => [key, hard[key]])]), () => ({
    name,
    scopes,
    shares: counted.flatMap(({ key }) => shareOf(key, hard[key])),
  }));
  return { rule, used: counted.map(({ used }) => used) };
}

function shareOf(key: string, text: string | undefined): QuotaShare[] {
  const [counted, hard] = [readQuotaKey(key), parseQuantity(text)];
  return counted === undefined || hard === undefined ? [] : [{ key, ...counted, hard }];
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
