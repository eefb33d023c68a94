import type { Word } from './shell.ts';
import type { Meaning, Server } from './server.ts';

/** One option, as it is written and by its name in the vocabulary; without a value it is a flag. */
export type Argument = {
  readonly name: string;
  readonly shown: string;
  readonly meaning: Meaning | undefined;
  readonly value: Word | undefined;
  readonly takesValue: boolean;
};

/** The options of a command line in their order, and the words that belong to none. */
export type Arguments = { readonly options: readonly Argument[]; readonly operands: readonly Word[] };

const takingNone: ReadonlySet<Meaning | undefined> = new Set([undefined, 'secured', 'hidden', 'weakening', 'harmless']);

/** Whether the value may be the next word. */
const takesValue = (meaning: Meaning | undefined): boolean => typeof meaning !== 'number' && !takingNone.has(meaning);

/** The name of an option or of a key in a pair, as the vocabularies have it. */
export const optionName = (text: string): string => text.replace(/^-+/, '').replaceAll('_', '-').toLowerCase();

/** Takes arguments apart as the server does: each value is beside its name, behind `=` or white space, glued, or the next word. */
export function readArguments(words: readonly Word[], server: Server): Arguments {
  const options: Argument[] = [];
  const operands: Word[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word;
    if (!isOption(word)) {
      // The value of an option that the vocabulary does not have.
      const previous = words[at - 1];
      if (at === 0 || !previous || !isOption(previous) || /[=\s]/.test(previous.text)) operands.push(word);
      continue;
    }
    const found = isCluster(word, server) ? readCluster(word, server) : [readLong(word, server)];
    const last = found.at(-1);
    const next = words[at + 1];
    if (last?.takesValue && last.value === undefined && next) {
      found[found.length - 1] = { ...last, value: next };
      at++;
      while (last.meaning === 'host' && isMoreHosts(words[at + 1])) {
        at++;
        found.push({ ...last, value: words[at] });
      }
    }
    options.push(...found);
  }
  return { options, operands };
}

const isOption = ({ text }: Word): boolean => text.startsWith('-') && text !== '-';

/** redis takes several words: `--bind 127.0.0.1 -::1`. */
const isMoreHosts = (word: Word | undefined): boolean => word !== undefined && /^-?[\d:*[]/.test(word.text);

const isCluster = ({ text }: Word, { letters }: Server): boolean => letters !== undefined && !text.startsWith('--');

function readLong({ raw, text }: Word, { options, patterns }: Server): Argument {
  // Where the name itself comes from a variable, the value is no reference of its own.
  const { head, rest } = cut(text);
  const name = optionName(head);
  const written = cut(raw);
  const value = rest === undefined ? undefined : { raw: written.rest ?? rest, text: rest };
  const meaning = meaningOf(options, name, patterns);
  return { name, shown: head, meaning, value, takesValue: takesValue(meaning) };
}

function cut(text: string): { readonly head: string; readonly rest: string | undefined } {
  const at = text.search(/[=\s]/);
  return at < 0 ? { head: text, rest: undefined } : { head: text.slice(0, at), rest: text.slice(at + 1).trim() };
}

/** `-vp80`: flags, and an option that takes the rest. */
function readCluster({ raw, text }: Word, { options, letters = '', patterns }: Server): Argument[] {
  const found: Argument[] = [];
  for (let at = 1; at < text.length; at++) {
    const name = `-${text[at]}`;
    const meaning = meaningOf(options, name, patterns);
    const isLast = takesValue(meaning) || letters.includes(text[at] as string);
    const rest = isLast ? text.slice(at + 1) : '';
    const value =
      rest === '' ? undefined : { raw: raw.startsWith(text.slice(0, at + 1)) ? raw.slice(at + 1) : rest, text: rest };
    found.push({ name, shown: name, meaning, value, takesValue: isLast });
    if (isLast) break;
  }
  return found;
}

/** A vocabulary is no prototype's: `constructor` is a name that a stranger tries. */
export function meaningOf(
  vocabulary: Server['options'],
  name: string,
  patterns: Server['patterns'],
): Meaning | undefined {
  if (vocabulary && Object.hasOwn(vocabulary, name)) return vocabulary[name];
  return patterns?.find(([pattern]) => pattern.test(name))?.[1];
}
