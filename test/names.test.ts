import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url).pathname;
const exported = /^export (?:async )?(?:const|function\*?|type|class|interface) (\w+)/gm;

/** Everyday words that this project once had for what the field has a term for; CONTRIBUTING.md has the terms. */
const privateWords = /^(?:known|told|tell|news|wish|held|kept|ledger|bell|patient|timely|recall)$/i;

const words = (name: string): string[] => name.split(/(?=[A-Z])/);

describe('the exported names of src', () => {
  const files = new Map<string, string[]>();
  for (const file of globSync('src/**/*.ts', { cwd: root }).toSorted()) {
    for (const [, name = ''] of readFileSync(root + file, 'utf8').matchAll(exported)) {
      files.set(name, [...(files.get(name) ?? []), file]);
    }
  }

  it('have one meaning each', () => {
    const twice = [...files].filter(([, places]) => places.length > 1);
    assert.deepEqual(twice, []);
  });

  it('are words of the field', () => {
    const found = [...files.keys()].filter((name) => words(name).some((word) => privateWords.test(word)));
    assert.deepEqual(found, []);
  });
});
