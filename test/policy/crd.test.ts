import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { schemeNames } from '../../src/check/schemes.ts';
import { annotationOnlyKeys, keys } from '../../src/inject/intent/annotations.ts';
import { patternNames } from '../../src/inject/patterns/index.ts';
import { apiGroup } from '../../src/policy/policy.ts';

const { spec } = parse(readFileSync(new URL('../../deploy/crds/healthpolicies.yaml', import.meta.url), 'utf8'));
const { inject } = spec.versions[0].schema.openAPIV3Schema.properties.spec.properties;
const ruleOf = (key: string): string => inject.properties[key]['x-kubernetes-validations'][0].rule;

describe('the CustomResourceDefinition of policies', () => {
  it('has the words of the annotations, with their meanings, but for those that only an annotation has', () => {
    const words = Object.entries(keys).filter(([key]) => !Object.hasOwn(annotationOnlyKeys, key));
    const meanings = Object.entries(inject.properties).map(([key, property]: [string, any]) => [
      key,
      property.description,
    ]);
    assert.deepEqual(
      meanings,
      words.map(([key, { meaning }]) => [key, meaning]),
    );
    assert.equal(spec.group, apiGroup);
  });

  it('knows every scheme and every pattern', () => {
    for (const key of ['check', 'liveness', 'readiness', 'startup']) {
      assert(ruleOf(key).includes(`(${[...schemeNames].toSorted().join('|')}):`), key);
    }
    for (const name of [...patternNames, 'auto']) assert(ruleOf('pattern').includes(name), name);
  });
});
