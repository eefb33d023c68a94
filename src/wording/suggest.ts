/** A longer name is a mistake of another kind than a slip of the fingers. */
const longestName = 40;

/** Of some names the one that was probably meant; undefined where none is near. A name of any length takes bounded time. */
export function suggest(name: string, names: readonly string[], mostEdits = Infinity): string | undefined {
  if (name.length > longestName) return undefined;
  const typed = name.toLowerCase();
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const each of names) {
    const most = Math.min(Math.max(1, Math.floor(each.length / 3)), mostEdits);
    if (Math.abs(each.length - typed.length) > most) continue;
    const distance = editDistance(typed, each.toLowerCase());
    if (distance <= most && distance < (nearest?.distance ?? Infinity)) nearest = { name: each, distance };
  }
  return nearest?.name ?? names.find((each) => typed.length > 1 && each.startsWith(typed));
}

/** How many letters have to be typed, removed, replaced or swapped with the next: the optimal string alignment, row by row. */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 0; line < from.length; line++) {
    const next = [line + 1];
    for (let column = 0; column < to.length; column++) {
      const isSame = from[line] === to[column];
      const isSwapped = from[line] === to[column - 1] && from[line - 1] === to[column];
      next.push(
        Math.min(
          (row[column] ?? 0) + (isSame ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
          isSwapped ? (before[column - 1] ?? 0) + 1 : Infinity,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
