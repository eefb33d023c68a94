import { patternToken } from './schemes.ts';

/** Reads `10s`, `1m30s` or `500ms` as milliseconds: units in this order, six digits at most; undefined for all else, and for 0. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,6})ms)?$/.exec(text);
  const [hours, minutes, seconds, milliseconds] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  const totalMs = (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000 + (milliseconds ?? 0);
  return totalMs > 0 ? totalMs : undefined;
}

/** Writes milliseconds in the form that `parseDuration` reads. */
export function formatDuration(durationMs: number): string {
  if (durationMs % 1_000 !== 0) return `${durationMs}ms`;
  return durationMs % 60_000 === 0 ? `${durationMs / 60_000}m` : `${durationMs / 1_000}s`;
}

/** The name in `$NAME`; undefined for all else. */
export const variableOf = (text: string): string | undefined => /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];

/** A DNS name of at most 253 characters; one whose last label is a number is a misspelt address. */
export const isDnsName = (text: string): boolean =>
  text.length <= 253 &&
  !/(^|\.)\d+$/.test(text) &&
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/.test(text);

function isStatusList(text: string): boolean {
  return text.split(',').every((part) => {
    const [, low, high] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? [];
    return low !== undefined && (high === undefined || Number(low) <= Number(high));
  });
}

/** `6/10`: in so many of the last readings, of which 60 are kept. */
function isCountOfReadings(text: string): boolean {
  const [, least, of] = /^(\d{1,2})\/(\d{1,2})$/.exec(text) ?? [];
  return Number(least) >= 1 && Number(least) <= Number(of) && Number(of) <= 60;
}

const isPercent = (text: string): boolean => /^0*(\d{1,2}|100)%$/.test(text) && text.length <= 4;

/** A path under `/dev` that does not lead out of it. */
export const isDevice = (path: string): boolean => /^\/dev\/./.test(path) && !path.split('/').includes('..');

/** In characters, also once the repetitions are written out. */
const longestPattern = 512;
/** As it is written, repetitions written out: in the agent each copy of a class takes room for all that is in it. */
const longestPatternText = 4096;
/** Groups within groups. */
const deepestPattern = 8;

/** A pattern is a regular expression as far as JavaScript and the agent read it alike. */
function expectedOfPattern(pattern: string): string | undefined {
  const expected = 'a regular expression without look-around and back-references';
  const [atoms, length] = lengthsWrittenOut(pattern) ?? [];
  if (atoms === undefined || length === undefined) return expected;
  if (Math.max(atoms, pattern.length) > longestPattern) {
    return `a regular expression of at most ${longestPattern} characters, repetitions written out`;
  }
  if (length > longestPatternText) {
    return `a regular expression with classes of at most ${longestPatternText} characters, repetitions written out`;
  }
  return isInOrder(pattern) ? undefined : expected;
}

function isInOrder(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').flags === 'u';
  } catch {
    return false;
  }
}

/** How many atoms a pattern is, and how many characters these are; undefined where it is none. The agent counts in the same way. */
function lengthsWrittenOut(pattern: string): readonly [number, number] | undefined {
  /** Those of the open groups, the innermost last. */
  const groups: [number, number][] = [[0, 0]];
  for (let rest = pattern; rest !== '';) {
    const [token, open, atom, least = 1, most = 1] = patternToken.exec(rest) ?? [];
    if (token === undefined) return undefined;
    if (open !== undefined) groups.push([0, 0]);
    if (atom !== undefined) {
      const [atoms, length] = atom === ')' ? (groups.pop() ?? [0, 0]) : [1, atom.length];
      const outer = groups.pop();
      if (outer === undefined) return undefined;
      const times = Math.max(Number(least), Number(most), 1);
      groups.push([outer[0] + atoms * times, outer[1] + length * times]);
    }
    if (groups.length > deepestPattern + 1) return undefined;
    rest = rest.slice(token.length);
  }
  return groups.length === 1 && pattern !== '' ? groups[0] : undefined;
}

/** The values of an option that has a few; undefined for all others. */
export const choicesOfKind = (kind: string): readonly string[] | undefined =>
  kind.startsWith('choice:') ? kind.slice('choice:'.length).split('|') : undefined;

/** What a value of this kind of option must be, as the end of a sentence; undefined where `value` is one. */
export function expectedOfKind(kind: string, value: string): string | undefined {
  switch (kind) {
    case 'flag':
      return value === '' ? undefined : 'no value';
    case 'integer':
      return /^\d{1,6}$/.test(value) ? undefined : 'a whole number from 0 to 999999';
    case 'duration':
      return parseDuration(value) === undefined ? 'a duration such as 10s, 1m30s or 500ms' : undefined;
    case 'text':
      return value !== '' && [...value].length <= 256 && !/\p{Cc}/u.test(value)
        ? undefined
        : '1 to 256 characters, none of them a control character';
    case 'file':
      return value.startsWith('/') ? undefined : 'an absolute path';
    case 'name':
      return isDnsName(value) ? undefined : 'a DNS name';
    case 'status':
      return isStatusList(value) ? undefined : 'status codes such as 200-399 or 200,204';
    case 'path':
      return value.startsWith('/') ? undefined : 'an absolute path';
    case 'device':
      return isDevice(value) ? undefined : 'a path under /dev';
    case 'window':
      return isCountOfReadings(value) || parseDuration(value) !== undefined
        ? undefined
        : 'a duration such as 5m, or a count of readings such as 6/10';
    case 'rate':
      return /^\d{1,6}\/[smhd]$/.test(value) ? undefined : 'a rate such as 10/h';
    case 'percent':
      return isPercent(value) ? undefined : 'a percentage such as 5%';
    case 'space':
      return isPercent(value) || /^\d{1,6}[KMGT]i$/.test(value)
        ? undefined
        : 'a percentage such as 5%, or a size such as 500Mi';
    case 'pattern':
      return expectedOfPattern(value);
    default: {
      const [type, list = ''] = kind.split(':');
      const choices = list.split('|');
      if (choices.includes(value) || (type === 'temperature' && /^\d{1,3}C$/.test(value))) return undefined;
      const words = choices.length > 1 || type !== 'temperature' ? `one of ${choices.join(', ')}` : choices.join();
      return type === 'temperature' ? `a temperature such as 90C, or ${words}` : words;
    }
  }
}
