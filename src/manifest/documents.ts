// https://eemeli.org/yaml/#documents
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { reading } from './reading.ts';

/** The documents of a text, what each means, and one sentence for each that cannot be read, which means nothing. */
export type Documents = {
  readonly list: readonly Document[];
  readonly values: readonly unknown[];
  readonly mistakes: readonly string[];
};

/** Reads every document of a text; JSON is YAML. */
export function readDocuments(text: string): Documents {
  const lines = new LineCounter();
  const list = [...parseAllDocuments(text, { ...reading, lineCounter: lines })] as Document[];
  const mistakes: string[] = [];
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `Line ${line}, column ${col}`;
  };
  const values = list.map((document) => {
    const [error] = document.errors;
    if (error) {
      mistakes.push(`${at(error.pos[0])} is not YAML that can be read: ${error.message.replace(/\.$/, '')}.`);
      return undefined;
    }
    try {
      return document.toJS() as unknown;
    } catch (cause) {
      // An alias of nothing, or aliases that grow beyond all bounds.
      const { message } = cause as Error;
      mistakes.push(
        `${at(document.range?.[0] ?? 0)} begins a document that cannot be read: ${message.replace(/\.$/, '')}.`,
      );
      return undefined;
    }
  });
  return { list, values, mistakes };
}
