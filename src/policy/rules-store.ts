import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import { type LimitRange, type ResourceRules, noRules, readQuotaKey, readRules } from '../inject/fit/rules.ts';
import { type Follower, createShelf } from './follower.ts';

/** Holds the LimitRanges and ResourceQuotas of all namespaces, and reads those of one where a Pod is to be fitted. */
export type RulesStore = {
  readonly limitRanges: Follower<LimitRange>;
  readonly resourceQuotas: Follower<V1ResourceQuota>;
  readonly rulesOf: (namespace: string) => ResourceRules;
};

/** How many namespaces are kept as they were read; the oldest go. */
const rememberedNamespaces = 256;

/** An empty store; `onChange` is called with each change. */
export function createRulesStore(onChange: () => void): RulesStore {
  const read = new Map<string, ResourceRules>();
  const forget = (namespace: string | undefined): void => {
    if (namespace === undefined) read.clear();
    else read.delete(namespace);
    onChange();
  };
  const limitRanges = createShelf<LimitRange>(withoutOthers, forget);
  const quotas = createShelf<V1ResourceQuota>(withoutUncounted, forget);
  return {
    limitRanges: limitRanges.follower,
    resourceQuotas: quotas.follower,
    rulesOf(namespace) {
      const known = read.get(namespace);
      if (known) return known;
      const [ranges, shares] = [limitRanges.of(namespace), quotas.of(namespace)];
      if (ranges.length === 0 && shares.length === 0) return noRules;
      if (read.size >= rememberedNamespaces) read.delete(read.keys().next().value ?? '');
      const rules = readRules(ranges, shares);
      read.set(namespace, rules);
      return rules;
    },
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
