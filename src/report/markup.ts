/** Markup that is written as it is; every other text is escaped. */
export type Markup = { readonly markup: string };

type Part = string | number | Markup | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

function written(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return 'markup' in part ? part.markup : part.map(written).join('');
}

/** A template of HTML or SVG in which each value is escaped that is no markup itself. */
export const fragment = (strings: TemplateStringsArray, ...values: readonly Part[]): Markup => ({
  markup: strings.map((text, index) => (index === 0 ? '' : written(values[index - 1])) + text).join(''),
});

/** Text that is no value of anybody, such as a style sheet. */
export const raw = (markup: string): Markup => ({ markup });
