import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { NodeQuarantine } from '../src/quarantine/quarantine.ts';
import { isHealthPolicy } from '../src/policy/policy.ts';
import { type Store, createStore } from '../src/policy/store.ts';
import { parseReview } from '../src/webhook/admission.ts';
import { mutate } from '../src/webhook/mutate.ts';
import { reviewOf, testContext } from './support/webhook.ts';

const root = new URL('cases/', import.meta.url).pathname;

/** What may stand in the place of any value. */
const others = [null, [], {}, 5, 'x', true];

/** A folder of cases is a test. */
const folders = globSync('*', { cwd: root }).toSorted();

function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const place = path.concat(key);
    return [place].concat(placesIn(item, place));
  });
}

function replaced(object: object, path: readonly string[], other: unknown): object {
  const copy = structuredClone(object);
  const holder = path.slice(0, -1).reduce<any>((value, key) => value[key], copy);
  holder[path.at(-1) ?? ''] = other;
  return copy;
}

function storeWith(documents: readonly any[]): Store {
  const store = createStore(testContext.prefix);
  store.namespaces.reset([{ metadata: { name: 'shop', labels: { [`${testContext.prefix}inject`]: 'enabled' } } }]);
  store.policies.reset(documents.filter(isHealthPolicy));
  store.quarantines.reset(documents.filter(({ kind }: Partial<NodeQuarantine>) => kind === 'NodeQuarantine'));
  return store;
}

describe('a Pod in which one value is of another shape', () => {
  for (const folder of folders) {
    it(`is answered without an exception, whichever value of the cases of ${folder} it is`, () => {
      for (const file of globSync('*.input.yaml', { cwd: root + folder })) {
        const [pod, ...surroundings] = parseAllDocuments(readFileSync(`${root}${folder}/${file}`, 'utf8')).map(
          (document) => document.toJSON(),
        );
        const store = storeWith(surroundings);
        for (const path of placesIn(pod)) {
          for (const other of others) {
            const review = parseReview(JSON.stringify(reviewOf(replaced(pod, path, other))));
            assert('request' in review);
            const about = `${file}: ${path.join('.')} is ${JSON.stringify(other)}`;
            assert.doesNotThrow(() => mutate(review.request, testContext, store.scopeFor('shop', 0)), about);
          }
        }
      }
    });
  }
});
