import { type Markup, fragment, raw } from './markup.ts';
import { amount, dateWords } from './words.ts';

export type Cell = { readonly text: string | Markup; readonly kind?: 'number' | 'number bad' | 'time' };

export const number = (value: number | undefined): Cell => ({
  text: value === undefined ? '–' : amount(value),
  kind: 'number',
});
export const time = (iso: string): Cell => ({ text: dateWords(iso), kind: 'time' });
export const textCell = (value: string | Markup): Cell => ({ text: value });

/** A number of which any is too many. */
export const fault = (value: number): Cell => ({ text: amount(value), kind: value > 0 ? 'number bad' : 'number' });

const classOf = (cell: Cell | undefined): Markup | undefined => cell?.kind && raw(` class="${cell.kind}"`);

/** A table with a caption for those who do not see it; its first column heads the rows. */
export function table(name: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  const kindOf = (index: number): Markup | undefined =>
    rows[0]?.[index]?.kind?.startsWith('number') ? raw(' class="number"') : undefined;
  const row = ([first, ...rest]: readonly Cell[]): Markup =>
    fragment`<tr>
      <th scope="row"${classOf(first)}>${first?.text ?? ''}</th>
      ${rest.map((cell) => fragment`<td${classOf(cell)}>${cell.text}</td>`)}
    </tr> `;
  return fragment`<div class="scroll" role="region" aria-label="Table: ${name}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map((column, index) => fragment`<th scope="col" ${kindOf(index)}>${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
  </div> `;
}

export const paragraph = (words: string): Markup => fragment`<p class="soft">${words}</p>`;
