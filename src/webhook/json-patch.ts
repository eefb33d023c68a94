// https://www.rfc-editor.org/rfc/rfc6902

/** One operation of a JSON Patch. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The JSON Patch that turns `before` into `after`. Items of lists are matched by `name`, so that a container that is
 * inserted is one `add` at its place; parts that are the same object on both sides are not looked at. It takes only
 * what `inject/pod/additions.ts` and `inject/workload.ts` make: an item with a name is never removed or moved, and one without is only ever appended.
 */
export function createJsonPatch(before: object, after: object): PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(before, after, '', operations);
  return operations;
}

type Fields = Readonly<Record<string, unknown>>;

function compare(before: unknown, after: unknown, path: string, operations: PatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, operations);
  else if (isFields(before) && isFields(after)) compareFields(before, after, path, operations);
  else operations.push({ op: 'replace', path, value: after });
}

function compareFields(before: Fields, after: Fields, path: string, operations: PatchOperation[]): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: `${path}/${escape(key)}` });
  }
  for (const key of Object.keys(after)) {
    const value = after[key];
    const isOld = Object.hasOwn(before, key);
    // Most fields are: no path is made for them.
    if (isOld && before[key] === value) continue;
    const place = `${path}/${escape(key)}`;
    if (isOld) compare(before[key], value, place, operations);
    else operations.push({ op: 'add', path: place, value });
  }
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  operations: PatchOperation[],
): void {
  let old = 0;
  for (const [index, item] of after.entries()) {
    if (old < before.length && isSameItem(before[old], item)) {
      if (before[old] !== item) compare(before[old], item, `${path}/${index}`, operations);
      old++;
    } else operations.push({ op: 'add', path: `${path}/${index}`, value: item });
  }
}

function isSameItem(before: unknown, after: unknown): boolean {
  return before === after || (isFields(before) && isFields(after) && before['name'] === after['name']);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escape = (key: string): string =>
  key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
