/**
 * A recipe makes an object out of a base, a list of changes and a seed. It is a few lines of JSON where the object may have
 * megabytes, it gives the same object each time, and it can be changed a little: so the search climbs to what costs most.
 */
export type Change =
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number }
  | { readonly kind: 'inflate'; readonly at: number; readonly unit: string; readonly count: number }
  | { readonly kind: 'set'; readonly at: number; readonly word: number }
  | { readonly kind: 'remove'; readonly at: number }
  | {
      readonly kind: 'entries';
      readonly at: number;
      readonly prefix: string;
      readonly word: number;
      readonly count: number;
    }
  | { readonly kind: 'nest'; readonly at: number; readonly depth: number };

export type Recipe = { readonly base: string; readonly changes: readonly Change[] };

export type Random = { readonly below: (limit: number) => number; readonly pick: <T>(list: readonly T[]) => T };

/** Chance that a seed decides: mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
  return { below, pick: (list) => list[below(list.length)] as (typeof list)[number] };
}

/** Texts out of which long ones are made: what patterns, globs, quantities and grammars go back and forth over. */
const units = [
  'a',
  'port',
  '-p ',
  'LISTENER',
  '=',
  ' ',
  '/',
  ':',
  '@',
  '$(A)',
  '"',
  '\\',
  '\u2028',
  '[-] a: ',
  '*',
  'tcp://:1 ',
  '.',
  '0',
  'é',
  '😀',
  '%',
  '{',
  '\n',
  ', ',
];

/** Few changes are large: most reviews have to be quick, so that there can be a million of them. */
function sizeOf({ below }: Random): number {
  const roll = below(1_000);
  if (roll < 970) return 1 + below(8);
  return roll < 998 ? 1 + below(200) : 1 + below(20_000);
}

export function randomChange(random: Random, words: number): Change {
  const at = random.below(1 << 20);
  switch (random.below(8)) {
    case 0:
    case 1:
      return { kind: 'repeat', at, count: sizeOf(random) };
    case 2:
    case 3:
      return { kind: 'inflate', at, unit: random.pick(units), count: sizeOf(random) * 4 };
    case 4:
      return { kind: 'set', at, word: random.below(words) };
    case 5:
      return { kind: 'remove', at };
    case 6:
      return { kind: 'entries', at, prefix: random.pick(units), word: random.below(words), count: sizeOf(random) };
    default:
      return { kind: 'nest', at, depth: 1 + random.below(random.below(20) === 0 ? 200 : 6) };
  }
}

/** One change more, one less, another one instead, or the same with another size. */
export function evolve({ base, changes }: Recipe, random: Random, words: number): Recipe {
  const at = random.below(changes.length + 1);
  const before = changes[at];
  switch (random.below(4)) {
    case 0:
      return { base, changes: changes.toSpliced(at, 1) };
    case 1:
      if (before && 'count' in before) {
        const count = Math.max(1, Math.min(40_000, Math.round(before.count * (0.5 + random.below(200) / 100))));
        return { base, changes: changes.with(at, { ...before, count }) };
      }
      return { base, changes: changes.toSpliced(at, 1, randomChange(random, words)) };
    default:
      return { base, changes: changes.toSpliced(at, 0, randomChange(random, words)) };
  }
}

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

/** The values that one of the changes speaks of are numbered; at most so many are looked at. */
const mostPlaces = 5_000;

function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const queue: object[] = [root];
  // The list grows while it is walked: the values come in the order of their depth.
  for (const holder of queue) {
    if (places.length >= mostPlaces) break;
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      if (typeof value === 'object' && value !== null) queue.push(value);
    }
  }
  return places;
}

/** Makes the object; `words` are values that have a meaning somewhere. An object of more than `mostCharacters` is not made. */
export function cook({ changes }: Recipe, base: object, words: readonly unknown[]): object {
  const root = structuredClone(base) as Record<string, unknown>;
  let room = mostCharacters;
  for (const change of changes) {
    const places = placesIn(root);
    const place = places[change.at % Math.max(1, places.length)];
    if (!place) continue;
    const { holder, key } = place;
    const value = holder[key];
    if (change.kind === 'remove') {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else if (change.kind === 'set') holder[key] = structuredClone(words[change.word % words.length]);
    else if (change.kind === 'nest') holder[key] = nested(value, change.depth);
    else if (change.kind === 'inflate') {
      const text = change.unit.repeat(change.count);
      if ((room -= text.length) > 0) holder[key] = typeof value === 'string' ? value + text : text;
    } else if (change.kind === 'entries') {
      const word = words[change.word % words.length];
      if ((room -= change.count * (JSON.stringify(word) ?? '').length + change.count * 8) < 0) continue;
      const entries = Array.from({ length: change.count }, (_, at) => [`${change.prefix}${at}`, structuredClone(word)]);
      if (typeof value === 'object' && value !== null) Object.assign(value, Object.fromEntries(entries));
      else holder[key] = Object.fromEntries(entries);
    } else {
      const list = Array.isArray(value) ? value : [value];
      if ((room -= change.count * (JSON.stringify(list) ?? '').length) < 0) continue;
      holder[key] = Array.from({ length: change.count }, (_, at) => list.map((item) => numbered(item, at))).flat();
    }
  }
  return root;
}

/** What the apiserver sends at most. */
const mostCharacters = 3_000_000;

const nested = (value: unknown, depth: number): unknown => (depth === 0 ? value : [nested(value, depth - 1)]);

/** A copy with a name of its own: lists of a Pod are keyed by name. */
const numbered = (item: unknown, at: number): unknown => {
  if (typeof item !== 'object' || item === null || at === 0) return item;
  const copy = structuredClone(item) as Record<string, unknown>;
  if (typeof copy['name'] === 'string') copy['name'] += `-${at}`;
  if (typeof copy['containerPort'] === 'number') copy['containerPort'] = ((copy['containerPort'] + at) % 65_535) + 1;
  return copy;
};

const maps = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);

/**
 * The value without what has another type than in the base, as the apiserver decodes an object before it sends it: it
 * refuses a list in the place of a text. Only a map of texts may have keys that the base lacks; one that only the base has may be
 * required, and comes back.
 */
export function conform(value: unknown, base: unknown, isMap = false): unknown {
  if (Array.isArray(base)) {
    if (!Array.isArray(value)) return undefined;
    return value.flatMap((item) => conform(item, base[0]) ?? []);
  }
  if (typeof base !== 'object' || base === null) return typeof value === typeof base ? value : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const known = base as Readonly<Record<string, unknown>>;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const kept = Object.hasOwn(known, key)
      ? conform(item, known[key], maps.has(key))
      : isMap && typeof item === 'string'
        ? item
        : undefined;
    return kept === undefined ? [] : [[key, kept]];
  });
  return { ...known, ...Object.fromEntries(entries) };
}
