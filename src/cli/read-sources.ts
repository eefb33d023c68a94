import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from './command.ts';

/** One text of manifests; `path` is undefined for standard input. */
export type Source = { readonly name: string; readonly path: string | undefined; readonly text: string };

/** Reads files, folders and `-`, each file once; a string is the one sentence that says what could not be read. */
export async function readSources(
  names: readonly string[],
  readStandardInput: Terminal['readStandardInput'],
): Promise<readonly Source[] | string> {
  const sources = new Map<string, Source>();
  for (const name of names) {
    if (name === '-') {
      if (sources.has(name)) continue;
      const text = decode(await readStandardInput());
      if (text === undefined) return 'Standard input is not UTF-8.';
      sources.set(name, { name: 'standard input', path: undefined, text });
      continue;
    }
    try {
      const paths = statSync(name).isDirectory() ? manifestsIn(name) : [name];
      if (paths.length === 0) return `The folder ${name} holds no file that ends in .yaml, .yml or .json.`;
      for (const path of paths) {
        const text = decode(readFileSync(path));
        if (text === undefined) return `${path} is not UTF-8.`;
        sources.set(path, { name: path, path, text });
      }
    } catch (error) {
      return `${name} cannot be read: ${(error as Error).message}.`;
    }
  }
  return [...sources.values()];
}

const manifestsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ya?ml|json)$/.test(path))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .toSorted();

/** The text with its byte order mark, which has to be there when it is written again; undefined where it is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
