import { type Terminal, UserError, exitCode } from './command.ts';
import { type SourceText, overwrite } from './files.ts';

/** The streams of a process. */
type Streams = Pick<Terminal, 'env' | 'readStandardInput'> & {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly isColoured: boolean;
};

/** The terminal of a process. */
export function createTerminal({ writeOut, writeError, isColoured, ...rest }: Streams): Terminal {
  return {
    ...rest,
    printLines: (list) => writeOut(linesOf(list)),
    printText: (text, paint) => writeOut(paint && isColoured ? text.replaceAll(/^.+$/gm, paint) : text),
    printJson: (value) => writeOut(`${JSON.stringify(value, null, 2)}\n`),
    reportLines: (list) => writeError(linesOf(list)),
  };
}

const linesOf = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');

/** What a file is to hold, and one sentence for each object that its text did not let us change. */
export type ChangedFile = {
  readonly file: SourceText;
  readonly text: string;
  readonly mistakes: readonly string[];
};

/** Prints changed files as one stream of documents, or writes those that have changed. */
export function outputFiles(changed: readonly ChangedFile[], isInPlace: boolean, terminal: Terminal): void {
  if (!isInPlace) {
    terminal.printText(changed.map(({ text }, index) => (index === 0 ? text : separated(text))).reduce(joined, ''));
    return;
  }
  if (changed.some(({ file }) => file.path === undefined)) {
    throw new UserError(exitCode.usage, ['Standard input cannot be written: --in-place is for files.']);
  }
  for (const { file, text } of changed) if (text !== file.text) overwrite(file.path ?? '', text);
}

/** A text that follows another, in the same stream of documents. */
const separated = (text: string): string => (text.startsWith('---') ? text : `---\n${text.replace(/^\uFEFF/, '')}`);

const joined = (text: string, next: string): string =>
  text === '' || text.endsWith('\n') ? text + next : `${text}\n${next}`;
