import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import {
  type LimitRange,
  type ResourceRules,
  noRules,
  readLimitRanges,
  readQuotaKey,
  readQuotas,
} from '../inject/fit/rules.ts';
import { type Follower, createShelf } from './follower.ts';

/** Holds the LimitRanges and ResourceQuotas of all namespaces, and reads those of one where a Pod is to be fitted. */
export type RulesStore = {
  readonly limitRanges: Follower<LimitRange>;
  readonly resourceQuotas: Follower<V1ResourceQuota>;
  readonly rulesOf: (namespace: string) => ResourceRules;
};

/** An empty store; `onChange` is called with each change. */
export function createRulesStore(onChange: () => void): RulesStore {
  const limitRanges = createShelf(withoutOthers, readLimitRanges, onChange);
  const quotas = createShelf(withoutUncounted, readQuotas, onChange);
  return {
    limitRanges: limitRanges.follower,
    resourceQuotas: quotas.follower,
    rulesOf: (namespace) => ({ ...noRules, ...limitRanges.read(namespace), quotas: quotas.read(namespace) ?? [] }),
  };
}

const placeOnly = ({ name, namespace }: V1ObjectMeta = {}): V1ObjectMeta => ({
  ...(name && { name }),
  ...(namespace && { namespace }),
});

/** Without what bounds no Pod and no container. */
export function withoutOthers({ metadata, spec }: LimitRange): LimitRange {
  const limits = (spec?.limits ?? []).filter((item) => item?.type === 'Container' || item?.type === 'Pod');
  return { metadata: placeOnly(metadata), spec: { limits } };
}

/** Without what counts no Pod: some namespaces have quotas for a hundred kinds of objects. */
export function withoutUncounted({ metadata, spec, status }: V1ResourceQuota): V1ResourceQuota {
  const { scopes, scopeSelector } = spec ?? {};
  return {
    metadata: placeOnly(metadata),
    spec: {
      ...(scopes && { scopes }),
      ...(scopeSelector && { scopeSelector }),
      ...(status?.hard ? {} : { hard: counted(spec?.hard) }),
    },
    ...(status?.hard && { status: { hard: counted(status.hard), used: counted(status.used) } }),
  };
}

const counted = (values: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => readQuotaKey(key) !== undefined));
