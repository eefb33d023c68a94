import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import { createPool } from '../inject/fit/pool.ts';
import {
  type LimitRange,
  type Quota,
  type ResourceRules,
  noRules,
  readLimitRange,
  readQuota,
  readQuotaKey,
  strictestOf,
} from '../inject/fit/rules.ts';
import { type Follower, createShelf } from './follower.ts';

/** Holds what the LimitRanges and ResourceQuotas of all namespaces demand of Pods. */
export type RulesStore = {
  readonly limitRanges: Follower<LimitRange>;
  readonly resourceQuotas: Follower<V1ResourceQuota>;
  readonly rulesOf: (namespace: string) => ResourceRules;
};

/** An empty store; `onChange` is called with each change. */
export function createRulesStore(onChange: () => void): RulesStore {
  const limitRanges = createShelf(readLimitRange, strictestOf, onChange);
  const quotas = createShelf(readQuota, (items) => (items.every(counts) ? items : items.filter(counts)), onChange);
  return {
    limitRanges: limitRanges.follower,
    resourceQuotas: quotas.follower,
    rulesOf(namespace) {
      const [limits, counted] = [limitRanges.read(namespace), quotas.read(namespace)];
      return limits || counted ? { ...(limits ?? noRules), quotas: counted ?? [] } : noRules;
    },
  };
}

const counts = ({ rule }: Quota): boolean => rule.shares.length > 0;

const placeOnly = ({ name, namespace }: V1ObjectMeta = {}): V1ObjectMeta => ({
  ...(name && { name }),
  ...(namespace && { namespace }),
});

/** While a cluster is listed all of its objects are held: of what many have alike there is one. */
const pool = createPool<object>();
const pooled = <T extends object>(value: T): T => pool(JSON.stringify(value), () => value) as T;

/** Without what bounds no Pod and no container. */
export function withoutOthers({ metadata, spec }: LimitRange): LimitRange {
  const limits = (spec?.limits ?? []).filter((item) => item?.type === 'Container' || item?.type === 'Pod');
  return { metadata: placeOnly(metadata), spec: pooled({ limits }) };
}

/** Without what counts no Pod: some namespaces have quotas for a hundred kinds of objects. */
export function withoutUncounted({ metadata, spec, status }: V1ResourceQuota): V1ResourceQuota {
  const { scopes, scopeSelector } = spec ?? {};
  return {
    metadata: placeOnly(metadata),
    spec: pooled({
      ...(scopes && { scopes }),
      ...(scopeSelector && { scopeSelector }),
      ...(status?.hard ? {} : { hard: counted(spec?.hard) }),
    }),
    ...(status?.hard && { status: { hard: pooled(counted(status.hard)), used: counted(status.used) } }),
  };
}

const counted = (values: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => readQuotaKey(key) !== undefined));
