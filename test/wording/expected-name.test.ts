import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { keys, listOfKeys } from '../../src/inject/intent/annotations.ts';
import { parseCheck } from '../../src/check/parse.ts';
import { isRefusal } from '../../src/check/check.ts';
import { schemeNames, schemes } from '../../src/check/schemes.ts';
import { expectedName } from '../../src/wording/expected-name.ts';
import { suggest } from '../../src/wording/suggest.ts';
import { anchorsOf, root } from '../docs/support/markdown.ts';

describe('the name that was meant', () => {
  it('is the nearest one, also where two letters are swapped or capitals are written', () => {
    const names = [...schemeNames, ...Object.keys(keys)];
    const typed = {
      redsi: 'redis',
      HTTP: 'http',
      postgresql: 'postgres',
      mongo: 'mongodb',
      preiod: 'period',
      readyness: 'readiness',
      initialDelay: 'initial-delay',
      'failure-treshold': 'failure-threshold',
    };
    for (const [name, meant] of Object.entries(typed)) assert.equal(suggest(name, names), meant, name);
  });

  it('is every name that lost a letter, or two neighbours of which changed places', () => {
    for (const name of schemeNames) {
      if (name.length < 4) continue;
      const swapped = `${name.slice(0, 1)}${name[2]}${name[1]}${name.slice(3)}`;
      assert.notEqual(suggest(swapped, schemeNames), undefined, swapped);
      assert.equal(suggest(name, schemeNames), name);
    }
  });

  it('is none for what is near no name, and for a text that is longer than every name', () => {
    const texts = ['', 'x', 'kubernetes', 'redis'.repeat(20), 'r'.repeat(1_000_000)];
    for (const text of texts) assert.equal(suggest(text, schemeNames), undefined, text.slice(0, 20));
  });
});

describe('the names that were expected', () => {
  it('stand in the sentence where they are few, and on a page that exists where they are many', () => {
    assert.equal(
      expectedName({ name: 'primray', list: { names: ['primary', 'replica'] } }),
      'one of primary, replica (did you mean primary?)',
    );
    const unknown = ['redsi://:6379', 'redis://:6379?max-lga=1s'].map((text) => parseCheck(text));
    const sentences = [
      expectedName({ name: 'chekc', list: listOfKeys(Object.keys(keys)) }),
      ...unknown.map((refusal) => (isRefusal(refusal) && refusal.unknown ? expectedName(refusal.unknown) : '')),
    ];
    for (const sentence of sentences) {
      const [, page = '', anchor] = /blob\/main\/([^ #]+)(?:#([^ ]+))? \(did you mean/.exec(sentence) ?? [];
      assert(existsSync(root + page) && page !== '', sentence);
      const text = readFileSync(root + page, 'utf8');
      if (anchor !== undefined) assert(anchorsOf(text).has(anchor), sentence);
      const names = sentence.startsWith('a key')
        ? Object.keys(keys)
        : sentence.startsWith('a scheme')
          ? schemeNames
          : [...(schemes.get('redis')?.options.keys() ?? [])];
      for (const name of names) assert(text.includes(name), `${page} does not have ${name}`);
    }
  });

  it('are no question where the name itself is in the list', () => {
    assert.equal(expectedName({ name: 'none', list: { names: ['none', 'port'] } }), 'one of none, port');
  });
});
