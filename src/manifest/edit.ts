import { isDeepStrictEqual } from 'node:util';
import { type Sources, readStatus, withSources } from '../inject/model/status.ts';
import { templateAt, withTemplate } from '../inject/workload.ts';
import type { Splice } from './arrange.ts';
import { type Manifest, type ManifestObject, readManifest, withByteOrderMark } from './documents.ts';
import { type Path, withoutUndefined } from './fields.ts';
import { type EditPlan, planEdit } from './plan-edit.ts';

/** What an object of a manifest is to mean. */
export type Edit = { readonly object: ManifestObject; readonly wanted: object };

/** A changed text, and one sentence for each object or document that could not be read or changed. */
type Edited = {
  readonly text: string;
  readonly mistakes: readonly string[];
  /** The objects whose text did not let us change them; undefined where there is none. */
  readonly unchanged?: ReadonlySet<ManifestObject>;
};

type PlannedEdit = Edit & { readonly plan: EditPlan };

/**
 * The text in which every object means what its edit wants; all that no edit changes stays as it is to the byte. An
 * object that shares what would change with another is left alone, and a sentence says so.
 */
export const editManifest = (manifest: Manifest, edits: readonly Edit[]): Edited =>
  applyEdits(
    manifest,
    edits.map((edit) => plan(manifest, edit)),
  );

/**
 * Edits a manifest so that `uninjectManifest` can take it back to the byte: where a value was written as empty and is
 * filled, the `status` annotation notes how it was written, which the result does not show.
 */
export function injectManifest(manifest: Manifest, edits: readonly Edit[], prefix: string): Edited {
  const planned = edits.map((edit) => {
    const spellings = spellingsOf(edit, prefix);
    const first = plan(manifest, edit, spellings);
    const wanted = withSpellingsNoted(first, prefix);
    return wanted === edit.wanted ? first : plan(manifest, { ...edit, wanted }, spellings);
  });
  return applyEdits(manifest, planned);
}

/** Edits a manifest, and writes what becomes empty as it was written before `injectManifest`. */
export function uninjectManifest(manifest: Manifest, edits: readonly Edit[], prefix: string): Edited {
  const planned = edits.map((edit) => plan(manifest, edit, spellingsOf(edit, prefix)));
  return applyEdits(manifest, planned);
}

/** How the values were written that an earlier injection filled, by their place in the object. */
function spellingsOf({ object: { value, templatePath = [] } }: Edit, prefix: string): Sources {
  const template = templateAt(value, templatePath);
  const sources = (template && readStatus(template, prefix)?.source) ?? {};
  const start = templatePath.map((key) => `${key}.`).join('');
  return Object.fromEntries(Object.entries(sources).map(([place, source]) => [start + place, source]));
}

function plan({ text, newline, documents }: Manifest, edit: Edit, spellings: Sources = {}): PlannedEdit {
  const { document: index, path, value } = edit.object;
  const document = documents[index];
  if (!document) throw new Error(`there is no document ${index}`);
  const wanted = withoutUndefined(edit.wanted);
  return { ...edit, plan: planEdit({ text, newline, document, spellings }, { path, before: value, wanted }) };
}

/** The wanted object whose `status` holds how its template wrote what the edit fills; the same where it fills nothing. */
function withSpellingsNoted({ object, wanted, plan: { sources } }: PlannedEdit, prefix: string): object {
  const { templatePath = [] } = object;
  const template = templateAt(wanted, templatePath);
  if (!template) return wanted;
  const start = templatePath.map((key) => `${key}.`).join('');
  const inTemplate = Object.entries(sources).filter(([place]) => place.startsWith(start));
  const moved = Object.fromEntries(inTemplate.map(([place, source]) => [place.slice(start.length), source]));
  const noted = withSources(template, prefix, moved);
  return noted === template ? wanted : withTemplate(wanted, templatePath, noted);
}

/** Applies the edits that can be made; throws where the text that comes out would not mean what is wanted. */
function applyEdits(manifest: Manifest, edits: readonly PlannedEdit[]): Edited {
  const wanted: unknown[] = [...manifest.values];
  const mistakes: string[] = [...manifest.mistakes];
  const unchanged = new Set<ManifestObject>();
  const splices = edits.flatMap((edit) => {
    const { document, path } = edit.object;
    const [refusal] = edit.plan.refusals;
    if (refusal !== undefined) {
      mistakes.push(`${nameOf(edit.object)} was left as it is: ${refusal}.`);
      unchanged.add(edit.object);
      return [];
    }
    wanted[document] = withValue(wanted[document], path, withoutUndefined(edit.wanted));
    return edit.plan.splices;
  });
  const about = { mistakes, ...(unchanged.size > 0 ? { unchanged } : {}) };
  if (splices.length === 0) return { text: withByteOrderMark(manifest.text, manifest), ...about };
  const text = applySplices(manifest.text, splices);
  if (!isDeepStrictEqual(readManifest(text).values, wanted)) {
    throw new Error('the edited manifest does not mean what it should');
  }
  return { text: withByteOrderMark(text, manifest), ...about };
}

/** Applies splices that do not overlap; those at one offset keep the order in which they come. */
function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: part } of splices.toSorted((one, other) => one.start - other.start)) {
    if (start < done) throw new Error(`two edits overlap at offset ${start}`);
    parts.push(text.slice(done, start), part);
    done = end;
  }
  return parts.join('') + text.slice(done);
}

function withValue(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const inner = withValue((root as Record<string | number, unknown>)[key], rest, value);
  return Array.isArray(root) ? root.with(Number(key), inner) : { ...(root as object), [key]: inner };
}

function nameOf({ kind, name, part }: ManifestObject): string {
  return `${kind === '' ? 'Object' : kind} "${name}"${part === undefined ? '' : ` (${part})`}`;
}
