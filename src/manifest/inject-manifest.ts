import { type Sources, readStatus, withSources } from '../inject/status.ts';
import { templateAt, withTemplate } from '../inject/workload.ts';
import { readDocuments } from './documents.ts';
import { type Edit, type Edited, editDocuments, planIn } from './edit-manifest.ts';
import { withMark, withoutMark } from './lines.ts';
import type { EditPlan } from './plan-edit.ts';
import { type ManifestObject, objectsOf } from './read-manifest.ts';

/** What an object is to become; undefined leaves it as it is. */
export type Change = (object: ManifestObject) => object | undefined;

/**
 * Writes the objects that `change` gives into a manifest. Where that fills what was written as empty, the `status`
 * annotation notes how, since nobody could tell from the result.
 */
export function injectManifest(text: string, prefix: string, change: Change): Edited {
  return changeManifest(text, change, ({ templatePath = [] }, edit, plan) => {
    const { sources } = plan(edit);
    const template = templateAt(edit.wanted, templatePath);
    if (!template) return edit;
    const noted = withSources(template, prefix, moved(sources, templatePath, 'into'));
    return noted === template ? edit : { ...edit, wanted: withTemplate(edit.wanted, templatePath, noted) };
  });
}

/** Writes the objects that `change` gives into a manifest, and what that empties as it was before `injectManifest`. */
export function uninjectManifest(text: string, prefix: string, change: Change): Edited {
  return changeManifest(text, change, ({ value, templatePath = [] }, edit) => {
    const template = templateAt(value, templatePath);
    const sources = (template && readStatus(template, prefix)?.source) ?? {};
    return { ...edit, spellings: moved(sources, templatePath, 'out of') };
  });
}

function changeManifest(
  text: string,
  change: Change,
  complete: (object: ManifestObject, edit: Edit, plan: (edit: Edit) => EditPlan) => Edit,
): Edited {
  const body = withoutMark(text);
  const documents = readDocuments(body);
  const edits = objectsOf(documents).flatMap((object) => {
    const wanted = change(object);
    const { document, path } = object;
    if (wanted === undefined) return [];
    return [complete(object, { document, path, wanted }, (edit) => planIn(body, documents, edit))];
  });
  return withMark(text, editDocuments(body, documents, edits));
}

/** Sources by their place in the template, or in the object that holds it. */
function moved(sources: Sources, templatePath: readonly string[], way: 'into' | 'out of'): Sources {
  const start = templatePath.map((key) => `${key}.`).join('');
  return Object.fromEntries(
    Object.entries(sources).flatMap(([place, source]) => {
      if (way === 'out of') return [[start + place, source]];
      return place.startsWith(start) ? [[place.slice(start.length), source]] : [];
    }),
  );
}
