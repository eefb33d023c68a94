import { expectedOfKind } from '../check/kinds.ts';
import { formOf, schemes } from '../check/schemes.ts';
import { annotationOnlyKeys, keys, reaches } from '../inject/intent/annotations.ts';
import { shortSchemes } from '../inject/intent/checks.ts';
import { deliveries } from '../inject/intent/pod-settings.ts';
import { hardwareActions, hardwareModes } from '../inject/patterns/hardware/options.ts';
import { reasonAudiences } from '../inject/patterns/sidecar/options.ts';
import { patternNames } from '../inject/patterns/index.ts';

/** A word that may be written somewhere, and what it means. */
export type Term = {
  readonly name: string;
  /** A clause beside it. */
  readonly detail: string;
  /** One sentence a line. */
  readonly meaning: readonly string[];
};

/** The keys of annotations, without the prefix. */
export const annotationWords: readonly Term[] = Object.entries(keys).map(([name, { reach, meaning }]) => ({
  name,
  detail: `of ${reaches[reach]}`,
  meaning: [meaning],
}));

/** The keys below `inject` of a HealthPolicy. */
export const policyWords: readonly Term[] = annotationWords.filter(
  ({ name }) => !Object.hasOwn(annotationOnlyKeys, name),
);

/** The key that speaks of a Namespace. */
export const namespaceWord: Term = {
  name: 'inject',
  detail: 'of a Namespace',
  meaning: [
    'Label or annotation of a Namespace: enabled checks the well-known servers in it; disabled leaves its Pods as they are.',
  ],
};

const word = (name: string, detail = ''): Term => ({ name, detail, meaning: [] });

const off = word('off', 'no such probe');

/** What a key takes where that is one of a few words; the values of checks are URLs. */
export const valueWords: ReadonlyMap<string, readonly Term[]> = new Map([
  ['pattern', [...patternNames, 'auto', 'none'].map((name) => word(name))],
  ['scheme', shortSchemes.map((name) => word(name))],
  ['delivery', deliveries.map((name) => word(name))],
  ['mode', hardwareModes.map((name) => word(name))],
  ['trial', [word('true')]],
  ['on-failure', hardwareActions.map((name) => word(name))],
  ['reasons', reasonAudiences.map((name) => word(name))],
  ['inject', ['enabled', 'disabled'].map((name) => word(name))],
  ['liveness', [off]],
  ['readiness', [off]],
  ['startup', [off]],
]);

/** The keys whose values are checks. */
export const checkKeys: ReadonlySet<string> = new Set(['check', 'liveness', 'readiness', 'startup']);

/** The schemes of checks: the form of each, and when it passes. */
export const schemeWords: readonly Term[] = [...schemes].map(([name, row]) => ({
  name,
  detail: formOf(name, row),
  meaning: [
    `${row.summary}.`,
    ...(row.credentials ? ['It may have a login: user:$PASSWORD@ before the host.'] : []),
    ...(row.tls === 'always' ? ['It always uses TLS.'] : []),
    ...(row.options.size > 0 ? [`Options: ${[...row.options.keys()].join(', ')}.`] : []),
  ],
}));

/** The options of a scheme; none of a scheme that there is not. */
export const optionWords = (scheme: string): readonly Term[] =>
  [...(schemes.get(scheme)?.options ?? [])].map(([name, kind]) => {
    const expected = kind === 'flag' ? 'no value' : expectationOf(kind);
    return { name, detail: `of ${scheme}`, meaning: [`It takes ${expected}.`] };
  });

/** The values that an option takes where they are a few words. */
export function optionValues(scheme: string, option: string): readonly Term[] {
  const [type, list = ''] = (schemes.get(scheme)?.options.get(option) ?? '').split(':');
  return type === 'choice' || type === 'temperature' ? list.split('|').map((name) => word(name)) : [];
}

/** No kind takes a text like this one, so that each says what it takes. */
const noValue = '\u0000';

function expectationOf(kind: string): string {
  if (kind === 'secret' || kind === 'header') return 'a value, or $NAME of an environment variable';
  return expectedOfKind(kind, noValue) ?? 'a value';
}
