/** One fact of an explanation. */
export const row = (label: string, text: string): string => `  ${label.padEnd(15)}${text}`;
