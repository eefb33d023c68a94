import assert from 'node:assert/strict';
import { inject } from '../../../src/inject/inject.ts';
import { uninject } from '../../../src/inject/uninject.ts';
import { type ManifestObject, readManifest } from '../../../src/manifest/documents.ts';
import { type Edit, injectManifest, uninjectManifest } from '../../../src/manifest/edit.ts';
import { podOf } from '../../../src/webhook/admission.ts';
import { templateAt, withTemplate } from '../../../src/inject/workload.ts';
import { testContext } from '../../support/webhook.ts';

const { prefix } = testContext;

/** The object with its Pod template injected; undefined where nothing is to be injected. */
export function injected({ value, templatePath }: ManifestObject): object | undefined {
  const pod = templatePath && podOf(templateAt(value, templatePath));
  if (!pod) return undefined;
  const outcome = inject(pod, testContext);
  return outcome.kind === 'injected' ? withTemplate(value, templatePath, outcome.pod) : undefined;
}

/** The edits that turn the objects of a text into others; an object for which there is none stays. */
export const editsOf = (
  objects: readonly ManifestObject[],
  wantedOf: (object: ManifestObject) => object | undefined,
): Edit[] =>
  objects.flatMap((object) => {
    const wanted = wantedOf(object);
    return wanted ? [{ object, wanted }] : [];
  });

type Manifest = ReturnType<typeof readManifest>;

export const injectText = (text: string) => injectIn(readManifest(text));

export const uninjectText = (text: string) => uninjectIn(readManifest(text));

const injectIn = (manifest: Manifest) => injectManifest(manifest, editsOf(manifest.objects, injected), prefix);

function uninjectIn(manifest: Manifest) {
  const left: string[] = [];
  const edits = editsOf(manifest.objects, ({ value, templatePath }) => {
    const template = templatePath && templateAt(value, templatePath);
    const without = template && uninject(template, prefix);
    left.push(...(without?.left ?? []));
    return templatePath && without && withTemplate(value, templatePath, without.template);
  });
  return { ...uninjectManifest(manifest, edits, prefix), left };
}

/** Injects a manifest, which gives the Pods that the core gives, again, which gives nothing new, and takes it back. */
export function assertBothWays(text: string): string {
  // Most of the time goes into reading: each text is read once, and the calls leave it as it is.
  const before = readManifest(text);
  const once = injectIn(before);
  assert.deepEqual(once.mistakes, [], text);
  const after = readManifest(once.text);
  assert.equal(after.objects.length, before.objects.length);
  for (const [index, object] of before.objects.entries()) {
    const wanted = injected(object) ?? object.value;
    assert.deepEqual(withoutSource(after.objects[index]!.value), JSON.parse(JSON.stringify(wanted)));
  }
  assert.equal(injectIn(after).text, once.text, 'injecting again changes no byte');
  const back = uninjectIn(after);
  assert.deepEqual([back.mistakes, back.left], [[], []]);
  assert.equal(back.text, text, `taking it out gives the input back, from:\n${once.text}`);
  return once.text;
}

/** The value without what the command line alone writes into the status. */
function withoutSource(value: object): object {
  return JSON.parse(JSON.stringify(value), (key, item) => {
    if (key !== `${prefix}status`) return item;
    const { source: _, ...status } = JSON.parse(item);
    return JSON.stringify(status);
  });
}
