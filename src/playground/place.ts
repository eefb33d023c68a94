import { type SettingTexts, readSettings } from './settings.ts';
import { checkKeys } from './vocabulary.ts';

/** What the cursor is in: the key of an entry, or a word of the value of one of our keys. */
export type Place = {
  readonly kind: 'key' | 'value';
  /** The word, from `from` to `to`. */
  readonly word: string;
  readonly from: number;
  readonly to: number;
  /** Of a value, its key without the prefix and without the name of a container. */
  readonly key: string;
  /** The key under which the entry stands, such as `annotations` or `inject`. */
  readonly parent: string;
};

/** The prefix of the annotations by these settings. */
export function prefixOf(settings: SettingTexts): string {
  const read = readSettings(settings);
  return 'problems' in read ? 'health.example.com/' : read.values.prefix;
}

/** One line of a text taken apart as an entry of a map. */
type Line = {
  readonly start: number;
  readonly indent: number;
  readonly key: string;
  readonly keyEnd: number;
  /** Where the value begins; undefined where the line has no colon. */
  readonly valueStart: number | undefined;
  readonly text: string;
};

/** Finds out what stands at an offset of a manifest; it reads lines, since a text that is being written is seldom YAML. */
export function placeAt(text: string, offset: number, prefix: string): Place | undefined {
  const line = lineAt(text, text.lastIndexOf('\n', offset - 1) + 1);
  const parent = parentOf(text, line);
  const column = offset - line.start;
  if (line.text[line.indent] === '#') return undefined;
  if (line.valueStart === undefined || column <= line.keyEnd) {
    const above = parent && shortKey(parent, parentOf(text, parent)?.key ?? '', prefix);
    // The lines of a block, and a list in the place of it.
    if (above !== undefined) return wordAt(line, line.indent, column, { key: above, parent: parent?.key ?? '' });
    return column < line.indent ? undefined : keyAt(line, parent?.key ?? '');
  }
  const key = shortKey(line, parent?.key ?? '', prefix);
  if (key === undefined || column < line.valueStart) return undefined;
  return wordAt(line, line.valueStart, column, { key, parent: parent?.key ?? '' });
}

function keyAt(line: Line, parent: string): Place {
  const from = line.start + line.indent + (isQuote(line.text[line.indent]) ? 1 : 0);
  return { kind: 'key', word: line.key, from, to: from + line.key.length, key: '', parent };
}

/** The word at a column; words are apart by white space, and but in checks, such as `status=200,204`, by commas. */
function wordAt(line: Line, start: number, column: number, about: Pick<Place, 'key' | 'parent'>): Place {
  const isEnd = (character: string | undefined): boolean =>
    character === undefined || /[\s"']/.test(character) || (character === ',' && !checkKeys.has(about.key));
  let from = column;
  while (from > start && !isEnd(line.text[from - 1])) from--;
  let to = column;
  while (!isEnd(line.text[to])) to++;
  return { kind: 'value', word: line.text.slice(from, to), from: line.start + from, to: line.start + to, ...about };
}

const isQuote = (character: string | undefined): boolean => character === '"' || character === "'";

/** A line without a key, such as an empty one, has an empty key. */
function lineAt(text: string, start: number): Line {
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end < 0 ? text.length : end);
  let indent = 0;
  while (line[indent] === ' ' || (line[indent] === '-' && (line[indent + 1] ?? ' ') === ' ')) indent++;
  const isQuoted = isQuote(line[indent]);
  const colon = colonOf(line, indent);
  const keyEnd = colon ?? line.trimEnd().length;
  const bare = line.slice(indent + (isQuoted ? 1 : 0), keyEnd).trimEnd();
  const key = isQuoted && isQuote(bare.at(-1)) ? bare.slice(0, -1) : bare;
  let valueStart = colon === undefined ? undefined : colon + 1;
  while (valueStart !== undefined && line[valueStart] === ' ') valueStart++;
  if (valueStart !== undefined && isQuote(line[valueStart])) valueStart++;
  return { start, indent, key, keyEnd, valueStart, text: line };
}

/** The colon behind a key: before a space or the end, so that the one of a URL is none. */
function colonOf(line: string, indent: number): number | undefined {
  for (let at = line.indexOf(':', indent); at >= 0; at = line.indexOf(':', at + 1)) {
    if (at + 1 === line.length || line[at + 1] === ' ') return at;
  }
  return undefined;
}

/** The nearest line above that is less indented. */
function parentOf(text: string, { start, indent }: Line): Line | undefined {
  let end = start - 1;
  while (end > 0) {
    const lineStart = text.lastIndexOf('\n', end - 1) + 1;
    const line = lineAt(text, lineStart);
    if (line.text.trim() !== '' && line.text[line.indent] !== '#' && line.indent < indent) return line;
    if (line.text.startsWith('---')) return undefined;
    end = lineStart - 1;
  }
  return undefined;
}

/** Our key in an entry, without the prefix and the container's name; undefined for a key of others. */
function shortKey({ key }: Line, parent: string, prefix: string): string | undefined {
  if (key.startsWith(prefix)) return key.slice(prefix.length).replace(/\..*$/s, '');
  return parent === 'inject' && key !== '' ? key : undefined;
}
