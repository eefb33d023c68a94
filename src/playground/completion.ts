import { placeAt } from './place.ts';
import {
  type Term,
  annotationWords,
  checkKeys,
  namespaceWord,
  optionValues,
  optionWords,
  policyWords,
  schemeWords,
  valueWords,
} from './vocabulary.ts';

/** A word that may be written, and what is inserted for it. */
type Offer = { readonly term: Term; readonly text: string };

/** What may be written at a place: each word with the text that takes the place of what is between `from` and `to`. */
export type Completion = {
  readonly from: number;
  readonly to: number;
  readonly words: readonly Offer[];
};

/** The words that fit at an offset of a manifest; undefined where none is known. */
export function completionAt(text: string, offset: number, prefix: string): Completion | undefined {
  const place = placeAt(text, offset, prefix);
  if (!place) return undefined;
  const { kind, word, from, to, key, parent } = place;
  if (kind === 'key') return completeKey(parent, { from, to, prefix });
  if (checkKeys.has(key)) return completeCheck(word, { from, to, offset }, valueWords.get(key) ?? []);
  return offered(from, to, (valueWords.get(key) ?? []).map(asWritten));
}

const asWritten = (term: Term): Offer => ({ term, text: term.name });

const offered = (from: number, to: number, words: Completion['words']): Completion | undefined =>
  words.length === 0 ? undefined : { from, to, words };

function completeKey(
  parent: string,
  { from, to, prefix }: { readonly from: number; readonly to: number; readonly prefix: string },
): Completion | undefined {
  const prefixed = ({ name, detail, meaning }: Term): Offer => ({
    term: { name: prefix + name, detail, meaning },
    text: `${prefix}${name}: `,
  });
  if (parent === 'annotations') return offered(from, to, [...annotationWords, namespaceWord].map(prefixed));
  if (parent === 'labels') return offered(from, to, [prefixed(namespaceWord)]);
  if (parent !== 'inject') return undefined;
  return offered(
    from,
    to,
    policyWords.map((term) => ({ term, text: `${term.name}: ` })),
  );
}

function completeCheck(
  word: string,
  { from, to, offset }: { readonly from: number; readonly to: number; readonly offset: number },
  others: readonly Term[],
): Completion | undefined {
  const { scheme, schemeStart, query } = partsOf(word);
  if (scheme === undefined) {
    const forms = schemeWords.map((term) => ({ term, text: startOf(term.detail) }));
    return offered(from + schemeStart, to, [...forms, ...others.map(asWritten)]);
  }
  if (query === undefined || offset - from < query) return undefined;
  const start = Math.max(word.lastIndexOf('&', offset - from - 1), query - 1) + 1;
  const end = word.indexOf('&', start) < 0 ? word.length : word.indexOf('&', start);
  const option = word.slice(start, end);
  const equals = option.indexOf('=');
  if (equals >= 0 && offset - from > start + equals) {
    const values = optionValues(scheme, option.slice(0, equals));
    return offered(from + start + equals + 1, from + end, values.map(asWritten));
  }
  const words = optionWords(scheme).map((term) => {
    const isFlag = term.meaning.includes('It takes no value.');
    return { term, text: isFlag ? term.name : `${term.name.replace(/\.(?:NAME|PATH)$/, '.')}=` };
  });
  return offered(from + start, from + end, words);
}

/** A form without what is optional, and without the words that stand for something. */
const startOf = (form: string): string =>
  form.replace(/\[.*$/s, '').replace(/(?:PORT|NAME|PATH|PROGRAM ARGUMENTS)$/, '');

/** The parts of a check that is being written: its scheme, undefined before the colon, and where its options begin. */
export function partsOf(word: string): {
  readonly scheme: string | undefined;
  readonly schemeStart: number;
  readonly query: number | undefined;
} {
  const colon = word.indexOf(':');
  const name = word.indexOf('=');
  const schemeStart = name >= 0 && (colon < 0 || name < colon) ? name + 1 : 0;
  const mark = word.indexOf('?');
  return {
    scheme: colon < 0 ? undefined : word.slice(schemeStart, colon),
    schemeStart,
    query: mark < 0 ? undefined : mark + 1,
  };
}
