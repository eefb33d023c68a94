import { isDeepStrictEqual } from 'node:util';
import type { Sources } from '../inject/status.ts';
import { type Documents, readDocuments } from './documents.ts';
import { withMark, withoutMark } from './lines.ts';
import { type EditPlan, type Path, planEdit } from './plan-edit.ts';
import { applySplices } from './splice.ts';
import { isFields, withoutUndefined } from './value.ts';

/** What the object at a place of a manifest is to mean. */
export type Edit = {
  readonly document: number;
  readonly path: Path;
  readonly wanted: object;
  /** How values may be written that become empty, as the sources of an earlier edit say. */
  readonly spellings?: Sources;
};

/** A changed manifest, and one sentence for each object or document that could not be read or changed. */
export type Edited = { readonly text: string; readonly mistakes: readonly string[] };

/**
 * The text in which every object means what its edit wants; all that no edit changes stays as it is to the byte. An
 * object that shares what would change with another is left alone, and a sentence says so.
 */
export function editManifest(text: string, edits: readonly Edit[]): Edited {
  const body = withoutMark(text);
  return withMark(text, editDocuments(body, readDocuments(body), edits));
}

/** The same for a text that has no byte order mark and was read already. */
export function editDocuments(text: string, before: Documents, edits: readonly Edit[]): Edited {
  const wanted: unknown[] = [...before.values];
  const mistakes: string[] = [...before.mistakes];
  const splices = edits.flatMap((edit) => {
    const { splices: found, refusal } = planIn(text, before, edit);
    if (refusal !== undefined) {
      mistakes.push(`${nameOf(valueAt(before.values[edit.document], edit.path))} was left as it is: ${refusal}.`);
      return [];
    }
    wanted[edit.document] = withValue(wanted[edit.document], edit.path, withoutUndefined(edit.wanted));
    return found;
  });
  if (splices.length === 0) return { text, mistakes };
  const edited = applySplices(text, splices);
  if (!isDeepStrictEqual(readDocuments(edited).values, wanted)) {
    throw new Error('the edited manifest does not mean what it should');
  }
  return { text: edited, mistakes };
}

/** Plans one edit of documents that were read from `text`. */
export function planIn(text: string, { list, values }: Documents, edit: Edit): EditPlan {
  const { path, spellings = {} } = edit;
  const document = list[edit.document];
  if (!document) throw new Error(`there is no document ${edit.document}`);
  const before = valueAt(values[edit.document], path);
  return planEdit(text, document, { path, before, wanted: withoutUndefined(edit.wanted), spellings });
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], root);

function withValue(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const inner = withValue((root as Record<string | number, unknown>)[key], rest, value);
  return Array.isArray(root) ? root.with(Number(key), inner) : { ...(root as object), [key]: inner };
}

function nameOf(value: unknown): string {
  const { kind, metadata } = isFields(value) ? value : {};
  const { name, generateName } = isFields(metadata) ? metadata : {};
  return `${String(kind ?? 'Object')} "${String(name ?? generateName ?? '')}"`;
}
