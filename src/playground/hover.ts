import { isOfFamily } from '../check/options.ts';
import { partsOf } from './completion.ts';
import { placeAt } from './place.ts';
import {
  type Term,
  annotationWords,
  checkKeys,
  namespaceWord,
  optionWords,
  policyWords,
  schemeWords,
} from './vocabulary.ts';

/** What is to be said of the word from `from` to `to`. */
export type Hover = { readonly from: number; readonly to: number; readonly word: Term };

/** Explains the word at an offset of a manifest; undefined where it is none of ours. */
export function hoverAt(text: string, offset: number, prefix: string): Hover | undefined {
  const place = placeAt(text, offset, prefix);
  if (!place || offset > place.to) return undefined;
  const { kind, word, from, to, key, parent } = place;
  if (kind === 'key') {
    const found = findKey(word, parent, prefix);
    return found && { from, to, word: found };
  }
  return checkKeys.has(key) ? hoverCheck(word, from, offset - from) : undefined;
}

function findKey(key: string, parent: string, prefix: string): Term | undefined {
  if (parent === 'inject') return policyWords.find(({ name }) => name === key);
  if (!key.startsWith(prefix)) return undefined;
  const name = key.slice(prefix.length).replace(/\..*$/s, '');
  return [...annotationWords, namespaceWord].find((word) => word.name === name);
}

function hoverCheck(check: string, start: number, column: number): Hover | undefined {
  const { scheme, schemeStart, query } = partsOf(check);
  if (scheme === undefined) return undefined;
  if (query === undefined || column < query) {
    const found = schemeWords.find(({ name }) => name === scheme);
    const end = query === undefined ? check.length : query - 1;
    return found && { from: start + schemeStart, to: start + end, word: found };
  }
  const from = Math.max(check.lastIndexOf('&', column - 1), query - 1) + 1;
  const next = check.indexOf('&', from);
  const to = next < 0 ? check.length : next;
  const [name = ''] = check.slice(from, to).split('=');
  const isNamed = (word: Term): boolean => word.name === name || isOfFamily(name, word.name);
  const found = optionWords(scheme).find(isNamed);
  return found && { from: start + from, to: start + to, word: found };
}
