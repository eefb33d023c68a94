import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Manifest } from '../manifest/documents.ts';
import { type Terminal, UserError, exitCode } from './command.ts';
import { kustomizations } from './left-alone.ts';

/** A text that was read; `disk` is undefined for standard input. */
export type TextFile = { readonly name: string; readonly text: string; readonly disk: FileOnDisk | undefined };

/** A manifest that was read and parsed, once. */
export type ManifestFile = TextFile & {
  readonly manifest: Manifest;
  /** Whether a kustomization stands in the same folder. */
  readonly isKustomized: boolean;
};

type FileOnDisk = {
  /** Without the links by which it was found in a folder. */
  readonly path: string;
  /** Which file it was, and as it was. */
  readonly identity: string;
  /** A sentence where the file may be read but not written. */
  readonly refusal: string | undefined;
};

/** Reads files, folders and `-`, each file once. */
export async function readTexts(
  names: readonly string[],
  readStandardInput: Terminal['readStandardInput'],
): Promise<readonly TextFile[]> {
  const files = new Map<string, TextFile>();
  for (const name of names) {
    if (name === '-') {
      if (files.has(name)) continue;
      const text = decode(await readStandardInput(), 'Standard input');
      files.set(name, { name: 'standard input', text, disk: undefined });
      continue;
    }
    for (const file of onDisk(name, () => (statSync(name).isDirectory() ? readFolder(name) : [readFile(name, name)]))) {
      files.set(file.name, file);
    }
  }
  return [...files.values()];
}

/** Whether kustomize may be what reads the files in the folder of this one. */
export const isKustomized = ({ disk }: TextFile): boolean =>
  disk !== undefined && kustomizations.some((name) => existsSync(join(dirname(disk.path), name)));

/** Reads the manifests in a folder and all folders below it; who fills the folder may have put links into it. */
function readFolder(folder: string): TextFile[] {
  const root = join(realpathSync(folder), sep);
  const files = manifestsIn(folder).map((path) => {
    const leadsOut = `${path} leads out of the folder ${folder}: to write that file, name it itself.`;
    const target = realpathSync(path);
    return readFile(path, target, target.startsWith(root) ? undefined : leadsOut);
  });
  if (files.length > 0) return files;
  throw unreadable(`The folder ${folder} holds no file that ends in .yaml, .yml or .json.`);
}

/** Paths in their order. A link to a folder is not followed, as kubectl does: it may lead anywhere, or round and round. */
function manifestsIn(folder: string): string[] {
  const paths = readdirSync(folder, { withFileTypes: true, encoding: 'utf8' }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return manifestsIn(path);
    return /\.(ya?ml|json)$/.test(path) && statSync(path).isFile() ? [path] : [];
  });
  return paths.toSorted();
}

function readFile(name: string, path: string, refusal?: string): TextFile {
  const descriptor = openSync(path, 'r');
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    const isRegular = stats.isFile() ? undefined : `${name} cannot be written: it is no regular file.`;
    const disk = { path, identity: identityOf(stats), refusal: refusal ?? isRegular };
    return { name, text: decode(readFileSync(descriptor), name), disk };
  } finally {
    closeSync(descriptor);
  }
}

const identityOf = ({ dev, ino, size, mtimeNs }: BigIntStats): string => [dev, ino, size, mtimeNs].join(':');

function onDisk<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
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

/**
 * Writes a file that was read, and no other: by now its path may lead to another file, or an editor may have saved it.
 * The file stays the same one, with its mode, its owner and its other names.
 */
export function overwrite({ name, disk }: TextFile, text: string): void {
  try {
    const descriptor = openSync(disk?.path ?? '', constants.O_RDWR);
    try {
      if (identityOf(fstatSync(descriptor, { bigint: true })) !== disk?.identity) {
        throw new Error('it has changed since it was read');
      }
      writeFileSync(descriptor, text);
      ftruncateSync(descriptor, Buffer.byteLength(text));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unreadable(`${name} cannot be written: ${(error as Error).message}.`);
  }
}

const unreadable = (sentence: string): UserError => new UserError(exitCode.unreadable, [sentence]);
