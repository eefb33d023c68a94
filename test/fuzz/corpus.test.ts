import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Recipe } from './recipe.ts';
import { cpuMsOf } from './search.ts';
import { admissionTarget, controllerTarget, shortReviewTarget } from './targets.ts';

describe('the costliest objects that fuzzing has found', () => {
  for (const [name, makeTarget] of Object.entries({
    admission: admissionTarget,
    'short-reviews': shortReviewTarget,
    controller: controllerTarget,
  })) {
    const corpus = JSON.parse(readFileSync(new URL(`corpus/${name}.json`, import.meta.url), 'utf8')) as Recipe[];
    const target = makeTarget();

    it(`are no longer costly for the ${name}, as many as there are: ${corpus.length}`, () => {
      for (const recipe of corpus) {
        assert(recipe.base in target.bases, `there is no base ${recipe.base}: run npm run fuzz -- ${name} --write`);
        const cpuMs = cpuMsOf(target.prepare(recipe), 2);
        assert(cpuMs < target.mostCpuMs, `${cpuMs} ms of CPU for ${JSON.stringify(recipe)}`);
      }
    });
  }
});
