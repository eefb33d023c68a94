import { type Terminal, UserError, exitCode } from './command.ts';
import type { ManifestObject } from '../manifest/documents.ts';
import { type TextFile, overwrite } from './files.ts';
import { bounded, visible, visibleText } from './visible.ts';

/** The streams of a process. */
type Streams = Pick<Terminal, 'env' | 'readStandardInput'> & {
  /** Without it nothing interrupts a command. */
  readonly untilInterrupted?: Terminal['untilInterrupted'];
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether people look at standard output. */
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  readonly program?: string;
};

/** A terminal over the streams of a process: what is written for people is safe to look at, whatever the manifest says. */
export function createTerminal({
  writeOut,
  writeError,
  isTerminal,
  isColoured,
  program = 'health-injector',
  ...rest
}: Streams): Terminal {
  const printText: Terminal['printText'] = (text, paint) => {
    const shown = isTerminal ? visibleText(text) : text;
    writeOut(paint && isColoured ? shown.replaceAll(/^.+$/gm, paint) : shown);
  };
  return {
    untilInterrupted: () => new AbortController().signal,
    ...rest,
    program,
    printText,
    printLines: (lines) => writeOut(joinLines(lines)),
    // To JSON, an escape is the same character.
    printJson: (value) => writeOut(`${visibleText(JSON.stringify(value, null, 2))}\n`),
    reportLines: (lines) => writeError(joinLines(lines)),
  };
}

/** No sentence of ours is longer, and no object may fill the screen or the log of a build. */
const maxLineLength = 32_768;

const joinLines = (lines: readonly string[]): string =>
  lines.map((line) => `${visible(bounded(line, maxLineLength))}\n`).join('');

/** What a file is to hold, and one sentence for each object that its text did not let us change. */
export type ChangedFile = {
  readonly file: TextFile;
  readonly text: string;
  readonly mistakes: readonly string[];
  /** Those objects. */
  readonly unchanged: ReadonlySet<ManifestObject> | undefined;
};

/** Prints changed files as one stream of documents, or writes those that have changed: all, or none that may not be. */
export function outputFiles(changed: readonly ChangedFile[], isInPlace: boolean, terminal: Terminal): void {
  if (!isInPlace) {
    terminal.printText(changed.map(({ text }, index) => (index === 0 ? text : separated(text))).reduce(joined, ''));
    return;
  }
  if (changed.some(({ file }) => file.disk === undefined)) {
    throw new UserError(exitCode.usage, ['Standard input cannot be written: --in-place is for files.']);
  }
  const toWrite = changed.filter(({ file, text }) => text !== file.text);
  const refusals = toWrite.flatMap(({ file }) => file.disk?.refusal ?? []);
  if (refusals.length > 0) throw new UserError(exitCode.unreadable, refusals);
  // By two names, such as those of a link and of its target, a file is read twice and written once.
  const byIdentity = new Map(toWrite.map((each) => [each.file.disk?.identity, each]));
  for (const { file, text } of byIdentity.values()) overwrite(file, text);
}

/** A text that follows another, in the same stream of documents. */
const separated = (text: string): string => (text.startsWith('---') ? text : `---\n${text.replace(/^\uFEFF/, '')}`);

const joined = (text: string, next: string): string =>
  text === '' || text.endsWith('\n') ? text + next : `${text}\n${next}`;
