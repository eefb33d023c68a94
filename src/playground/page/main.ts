import { version } from '../../config/options.ts';
import { completionAt } from '../completion.ts';
import { exampleGroups, examples } from '../examples/index.ts';
import { hoverAt } from '../hover.ts';
import { prefixOf } from '../place.ts';
import { type PlaygroundInput, type PlaygroundResult, fileNames, runPlayground } from '../run.ts';
import { packInput, unpackInput } from '../share.ts';
import { create, elementOf, writeText } from './elements.ts';
import { createField } from './field.ts';
import { saveText, startOpening } from './files.ts';
import { loadEditor } from './load-editor.ts';
import { problemsOf, showProblems } from './problems.ts';
import { showResult } from './results.ts';
import { createSettingsForm } from './settings-form.ts';
import { createTabs } from './tabs.ts';
import { startTheme } from './theme.ts';

/** The same as the page does, for scripts and the console. */
declare global {
  var playground: { readonly run: typeof runPlayground };
}
globalThis.playground = { run: runPlayground };

/** Above this a change is evaluated once the visitor pauses. */
const promptMs = 50;
const pauseMs = 250;

/** What the fields mean; undefined before the first look. */
let result: PlaygroundResult | undefined;
const whole = elementOf('whole', HTMLInputElement);
const inputTabs = createTabs(elementOf('input-tabs', HTMLElement));
const resultTabs = createTabs(elementOf('result-tabs', HTMLElement), show);
const manifest = createField(elementOf('manifest', HTMLTextAreaElement), changed);
const policies = createField(elementOf('policies', HTMLTextAreaElement), changed);
const settings = createSettingsForm(elementOf('settings', HTMLFormElement), changed);
const exampleSelect = elementOf('example', HTMLSelectElement);
let lastMs = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

const read = (): PlaygroundInput => ({
  manifest: manifest.read(),
  policies: policies.read(),
  settings: settings.read(),
});

function fill(input: PlaygroundInput): void {
  manifest.fill(input.manifest);
  policies.fill(input.policies);
  settings.fill(input.settings);
  evaluate();
}

function changed(): void {
  clearTimeout(waiting);
  waiting = setTimeout(evaluate, lastMs > promptMs ? Math.max(pauseMs, lastMs) : 0);
}

function evaluate(): void {
  clearTimeout(waiting);
  const startMs = performance.now();
  const input = read();
  result = runPlayground(input, { version, nowMs: Date.now() });
  show(resultTabs.selected());
  const example = examples.get(exampleSelect.value);
  const isExample = example?.manifest === input.manifest && (example.policies ?? '') === input.policies;
  if (!isExample) exampleSelect.value = '';
  const mark = input.policies.trim() === '' ? '' : ' (in use)';
  writeText('tab-policies', `Policies${mark}`);
  const problems = problemsOf(result);
  manifest.underline(problems.filter(({ file }) => file === fileNames.manifest));
  policies.underline(problems.filter(({ file }) => file === fileNames.policies));
  showProblems(problems, ({ file, line, column }) => {
    const name = file === '' ? 'settings' : file === fileNames.policies ? 'policies' : 'manifest';
    inputTabs.select(`tab-${name}`);
    if (name !== 'settings') (name === 'policies' ? policies : manifest).goTo(line, column);
  });
  lastMs = performance.now() - startMs;
  performance.measure('evaluate', { start: startMs, duration: lastMs });
}

/** Shows the result in a tab; only the diff can be shown in part. */
function show(tab: string): void {
  if (result) showResult(result, tab, { manifest: manifest.read(), isWhole: whole.checked });
  elementOf('whole-label', HTMLElement).hidden = tab !== 'tab-diff';
}

const notice = elementOf('notice', HTMLElement);
let noticed: ReturnType<typeof setTimeout> | undefined;

function notify(sentence: string): void {
  clearTimeout(noticed);
  notice.textContent = sentence;
  notice.hidden = false;
  noticed = setTimeout(() => {
    notice.hidden = true;
  }, 8_000);
}

/** What the selected tab shows, as text. */
function shownText(): string {
  if (!result) return '';
  switch (resultTabs.selected()) {
    case 'tab-words':
      return `${result.explanation.join('\n')}\n`;
    case 'tab-patch':
      return result
        .reviews()
        .flatMap(({ patch }) => (patch === '' ? [] : [`${patch}\n`]))
        .join('');
    case 'tab-cost':
      return elementOf('panel-cost', HTMLElement).innerText;
    default:
      return whole.checked ? result.injected : result.diff.map((line) => `${line}\n`).join('');
  }
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify('The browser does not let the page copy: select the text, and copy it by hand.');
  }
}

async function share(): Promise<void> {
  location.hash = `text=${await packInput(read())}`;
  await copy(location.href, 'The link is copied. It holds everything that stands in the fields.');
}

/** Fills the page as the fragment of its address says, or with the first example. */
async function openAddress(): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const packed = fragment.get('text');
  const input = packed === null ? undefined : await unpackInput(packed);
  if (packed !== null && !input) notify('The link holds no text that this page could read.');
  const wanted = fragment.get('example') ?? '';
  if (input) exampleSelect.value = '';
  fill(input ?? inputOf(examples.has(wanted) ? wanted : exampleSelect.value));
}

function inputOf(id: string): PlaygroundInput {
  const example = examples.get(id) ?? [...examples.values()][0];
  exampleSelect.value = example?.id ?? '';
  return { manifest: example?.manifest ?? '', policies: example?.policies ?? '', settings: settings.read() };
}

startTheme(elementOf('theme', HTMLSelectElement));
exampleSelect.append(
  create('option', { value: '', hidden: '' }, 'Your own'),
  ...exampleGroups.map((group) =>
    create(
      'optgroup',
      { label: group.title },
      ...group.examples.map(({ id, title }) => create('option', { value: id }, title)),
    ),
  ),
);
exampleSelect.value = [...examples.keys()][0] ?? '';
exampleSelect.addEventListener('change', () => {
  history.replaceState(null, '', `#example=${exampleSelect.value}`);
  fill(inputOf(exampleSelect.value));
});
whole.addEventListener('change', () => show(resultTabs.selected()));
elementOf('share', HTMLButtonElement).addEventListener('click', () => void share());
elementOf('copy', HTMLButtonElement).addEventListener('click', () => void copy(shownText(), 'Copied.'));
elementOf('download', HTMLButtonElement).addEventListener('click', () =>
  saveText('injected.yaml', result?.injected ?? ''),
);
startOpening(elementOf('open', HTMLInputElement), elementOf('input', HTMLElement), (text) => {
  exampleSelect.value = '';
  (inputTabs.selected() === 'tab-policies' ? policies : manifest).fill(text);
  evaluate();
});
window.addEventListener('hashchange', () => {
  if (!location.hash.startsWith('#text=')) void openAddress();
});
elementOf('version', HTMLElement).textContent = `health-injector ${version}`;
void start();

async function start(): Promise<void> {
  await openAddress();
  performance.mark('first-result');
  const editor = await loadEditor();
  const words = {
    complete: (text: string, offset: number) => completionAt(text, offset, prefixOf(settings.read())),
    hover: (text: string, offset: number) => hoverAt(text, offset, prefixOf(settings.read())),
  };
  // Without it the plain fields stay, and all else works.
  if (editor) for (const field of [manifest, policies]) field.upgrade(editor.openEditor, words);
}
