// https://codemirror.net/docs/ref/
import {
  type CompletionContext,
  type CompletionResult,
  autocompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Text } from '@codemirror/state';
import {
  EditorView,
  type Tooltip,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { completionAt } from '../completion.ts';
import type { hoverAt } from '../hover.ts';
import type { Mistake } from '../run.ts';
import type { Term } from '../vocabulary.ts';
import { colours, theme } from './theme.ts';

/** What an editor is opened with; what it completes and explains comes from the page, which has the tables. */
export type EditorOptions = {
  readonly root: ShadowRoot;
  readonly label: string;
  readonly text: string;
  readonly selection: readonly [from: number, to: number];
  readonly complete: (text: string, offset: number) => ReturnType<typeof completionAt>;
  readonly hover: (text: string, offset: number) => ReturnType<typeof hoverAt>;
  readonly onChange: () => void;
};

/** An editor that is open. */
export type TextEditor = {
  readonly read: () => string;
  readonly fill: (text: string) => void;
  readonly underline: (problems: readonly Mistake[]) => void;
  readonly goTo: (line: number, column: number) => void;
  readonly focus: () => void;
};

/** Opens an editor of YAML in a shadow tree. */
export function openEditor(options: EditorOptions): TextEditor {
  const { root, label, text, selection, onChange } = options;
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      selection: { anchor: selection[0], head: selection[1] },
      extensions: [
        lineNumbers(),
        foldGutter(),
        highlightSpecialChars(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        yaml(),
        syntaxHighlighting(colours),
        theme,
        autocompletion({ override: [(context) => complete(context, options)], icons: false }),
        hoverTooltip((shown, offset) => hover(shown, offset, options), { hideOnChange: true }),
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged }) => {
          if (docChanged) onChange();
        }),
        // Tab is no key of the editor: it leads out of it, as in every other field.
        keymap.of([
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          ...foldKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
      ],
    }),
  });
  return {
    read: () => view.state.doc.toString(),
    fill: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    underline: (problems) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          problems.map((problem) => diagnosticOf(view.state.doc, problem)),
        ),
      ),
    goTo(line, column) {
      const anchor = offsetOf(view.state.doc, line, column);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    focus: () => view.focus(),
  };
}

function offsetOf(doc: Text, line: number, column: number): number {
  const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(from + column - 1, to);
}

const severities = { error: 'error', warning: 'warning', note: 'info' } as const;

/** Underlines a problem from its place to the end of its line. */
function diagnosticOf(doc: Text, { line, column, severity, message }: Mistake): Diagnostic {
  const from = offsetOf(doc, line, column);
  const { to } = doc.lineAt(from);
  return { from, to: Math.max(from, to), severity: severities[severity], message };
}

function complete(context: CompletionContext, { complete: completeAt }: EditorOptions): CompletionResult | null {
  const found = completeAt(context.state.doc.toString(), context.pos);
  if (!found || (!context.explicit && found.from === context.pos)) return null;
  return {
    from: found.from,
    to: found.to,
    options: found.words.map(({ term, text }) => ({
      label: term.name,
      apply: text,
      detail: term.detail,
      info: () => (term.meaning.length > 0 ? { dom: aboutNode(term) } : null),
    })),
  };
}

function hover(view: EditorView, offset: number, { hover: explain }: EditorOptions): Tooltip | null {
  const found = explain(view.state.doc.toString(), offset);
  if (!found) return null;
  return {
    pos: found.from,
    end: found.to,
    create: () => ({ dom: aboutNode(found.word) }),
  };
}

function aboutNode({ name, detail, meaning }: Term): HTMLElement {
  const node = document.createElement('div');
  node.className = 'about';
  const title = document.createElement('strong');
  title.textContent = name;
  const aside = document.createElement('span');
  aside.textContent = ` ${detail}`;
  const lines = meaning.map((line) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    return paragraph;
  });
  node.append(title, aside, ...lines);
  return node;
}
