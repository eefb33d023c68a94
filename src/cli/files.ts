import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Terminal, UserError, exitCode } from './command.ts';

/** One text of manifests; `path` is undefined for standard input. */
export type SourceText = { readonly name: string; readonly path: string | undefined; readonly text: string };

/** Reads files, folders and `-`, each file once. */
export async function readTexts(
  names: readonly string[],
  readStandardInput: Terminal['readStandardInput'],
): Promise<readonly SourceText[]> {
  const texts = new Map<string, SourceText>();
  for (const name of names) {
    if (name === '-') {
      if (texts.has(name)) continue;
      const text = decode(await readStandardInput(), 'Standard input');
      texts.set(name, { name: 'standard input', path: undefined, text });
      continue;
    }
    for (const path of pathsOf(name)) {
      texts.set(path, {
        name: path,
        path,
        text: decode(
          onDisk(name, () => readFileSync(path)),
          path,
        ),
      });
    }
  }
  return [...texts.values()];
}

/** The file itself, or the manifests in a folder and all folders below it. */
function pathsOf(name: string): string[] {
  const paths = onDisk(name, () => (statSync(name).isDirectory() ? manifestsIn(name) : [name]));
  if (paths.length > 0) return paths;
  throw unreadable(`The folder ${name} holds no file that ends in .yaml, .yml or .json.`);
}

const manifestsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ya?ml|json)$/.test(path))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .toSorted();

function onDisk<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(`${name} cannot be read: ${(error as Error).message}.`);
  }
}

/** The text with its byte order mark, which has to be there when it is written again. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable(`${name} is not UTF-8.`);
  }
}

/** Writes a file that was read. */
export function overwrite(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unreadable(`${path} cannot be written: ${(error as Error).message}.`);
  }
}

const unreadable = (sentence: string): UserError => new UserError(exitCode.unreadable, [sentence]);
