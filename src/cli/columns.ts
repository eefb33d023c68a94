/** One fact below the heading of an object: its name in a column, and what it is. */
export const row = (label: string, text: string): string => `  ${label.padEnd(15)}${text}`;

/** Writes rows of cells in columns, each as wide as its widest cell, with `gap` between them; the first row is the heads. */
export function alignColumns(rows: readonly (readonly string[])[], gap: string): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((cells) => cells[index]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}
