import type { EditorOptions, TextEditor } from '../editor/editor.ts';
import type { Mistake } from '../run.ts';
import { create } from './elements.ts';

/** A field for a text: a plain one at once, an editor in its place once that is loaded. */
export type TextField = {
  readonly read: () => string;
  readonly fill: (text: string) => void;
  readonly underline: (problems: readonly Mistake[]) => void;
  /** Puts the cursor on a place, both numbers from 1. */
  readonly goTo: (line: number, column: number) => void;
  readonly upgrade: (
    open: (options: EditorOptions) => TextEditor,
    words: Pick<EditorOptions, 'complete' | 'hover'>,
  ) => void;
};

/** Makes the field of a textarea. */
export function createField(area: HTMLTextAreaElement, onChange: () => void): TextField {
  let editor: TextEditor | undefined;
  let problems: readonly Mistake[] = [];
  area.addEventListener('input', onChange);
  return {
    read: () => editor?.read() ?? area.value,
    fill(text) {
      if (editor) editor.fill(text);
      else area.value = text;
    },
    underline(found) {
      problems = found;
      editor?.underline(found);
    },
    goTo(line, column) {
      if (editor) {
        editor.goTo(line, column);
        return;
      }
      const start = area.value.split('\n', line - 1).join('\n').length + (line > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start + column - 1, start + column - 1);
    },
    upgrade(open, words) {
      if (editor) return;
      const isFocused = document.activeElement === area;
      const host = create('div', { class: 'host' });
      area.after(host);
      editor = open({
        ...words,
        // In a shadow tree the styles of the editor are no elements, which the policy of the page refuses.
        root: host.attachShadow({ mode: 'open' }),
        label: area.getAttribute('aria-label') ?? '',
        text: area.value,
        selection: isFocused ? [area.selectionStart, area.selectionEnd] : [0, 0],
        onChange,
      });
      area.hidden = true;
      editor.underline(problems);
      if (isFocused) editor.focus();
    },
  };
}
