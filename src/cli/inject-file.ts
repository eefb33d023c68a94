import { injectManifest } from '../manifest/edit.ts';
import type { EvaluatedObject } from './evaluate.ts';
import type { ManifestFile } from './files.ts';
import type { ChangedFile } from './output.ts';

/** The file with all its objects as they were evaluated. */
export function injectFile(file: ManifestFile, objects: readonly EvaluatedObject[], prefix: string): ChangedFile {
  const edits = objects
    .filter((object) => object.file === file && object.after !== object.before)
    .map(({ object, after }) => ({ object, wanted: after }));
  const { text, mistakes, unchanged } = injectManifest(file.manifest, edits, prefix);
  return { file, text, unchanged, mistakes: mistakes.map((mistake) => `${file.name}: ${mistake}`) };
}
