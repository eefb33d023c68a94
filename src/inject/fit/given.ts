import type { V1ResourceRequirements } from '@kubernetes/client-node';
import { noRules } from './rules.ts';
import { type AskedSize, resourcesOf, sizesFor } from './sizes.ts';

type Quantities = Readonly<Record<string, string>>;

/** What our containers were given; `user` where the namespace gives them their uid. */
export type Given = { readonly requests?: Quantities; readonly limits?: Quantities; readonly user?: 'namespace' };

/** What they are given where nothing bounds them. */
function usuallyGiven(asked: AskedSize): Given {
  const [size] = sizesFor(asked, { qosClass: 'Burstable', hasLevel: false, hasDefaults: false });
  return givenBy(
    resourcesOf(size, {
      rules: noRules,
      isGuaranteed: false,
      leastLimit: () => 0n,
      mostLimit: () => undefined,
      limited: new Set(),
      unnamed: new Set(),
    }),
    false,
  );
}

/** What these resources and this user are. */
export function givenBy({ requests, limits }: V1ResourceRequirements = {}, isUserLeft: boolean): Given {
  return {
    ...(requests && { requests }),
    ...(limits && { limits }),
    ...(isUserLeft && { user: 'namespace' }),
  };
}

const usual = usuallyGiven({ cpu: undefined, memory: undefined });

/** True for what they are given where nothing bounds them. */
export function isUsuallyGiven(given: Given, asked: AskedSize): boolean {
  const expected = asked.cpu === undefined && asked.memory === undefined ? usual : usuallyGiven(asked);
  const { requests, limits, user } = expected;
  return given.user === user && areSame(given.requests, requests) && areSame(given.limits, limits);
}

function areSame(some: Quantities = {}, others: Quantities = {}): boolean {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name]);
}

/** What a `status` of an earlier call says of it. Anyone may have written that. */
export function readGiven(value: unknown): Given {
  const fields = fieldsOf(value);
  return value === undefined
    ? usual
    : { requests: fieldsOf(fields['requests']) as Quantities, limits: fieldsOf(fields['limits']) as Quantities };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
