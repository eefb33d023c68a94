import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { keys, listOfKeys, readAnnotations } from '../../src/inject/intent/annotations.ts';
import { sentence } from '../../src/inject/model/problems.ts';
import { parseCheck } from '../../src/check/parse.ts';
import { isRefusal } from '../../src/check/check.ts';
import { schemeNames, schemes } from '../../src/check/schemes.ts';
import { expectedName } from '../../src/wording/expected-name.ts';
import { suggest } from '../../src/wording/suggest.ts';
import { anchorsOf, root } from '../docs/support/markdown.ts';

const meantBy = (text: string): string | undefined => {
  const refusal = parseCheck(text);
  return isRefusal(refusal) && refusal.unknown
    ? /\(did you mean (.*)\?\)$/.exec(expectedName(refusal.unknown))?.[1]
    : '';
};

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
    for (const line of sentences) {
      const [, page = '', anchor] = /blob\/main\/([^ #]+)(?:#([^ ]+))? \(did you mean/.exec(line) ?? [];
      assert(existsSync(root + page) && page !== '', line);
      const text = readFileSync(root + page, 'utf8');
      if (anchor !== undefined) assert(anchorsOf(text).has(anchor), line);
      const names = line.startsWith('a key')
        ? Object.keys(keys)
        : line.startsWith('a scheme')
          ? schemeNames
          : [...(schemes.get('redis')?.options.keys() ?? [])];
      for (const name of names) assert(text.includes(name), `${page} does not have ${name}`);
    }
  });

  it('are no question where the name itself is in the list', () => {
    assert.equal(expectedName({ name: 'none', list: { names: ['none', 'port'] } }), 'one of none, port');
  });

  it('lead from what other programs write to what stands for it here', () => {
    assert.equal(meantBy('rediss://:6380'), 'redis with the option tls');
    assert.equal(meantBy('amqps://:5671'), 'amqp with the option tls');
    assert.equal(meantBy('httpss://:1'), 'https');
    const own = '%3F in place of the question mark, where "verbose" is for the application';
    assert.equal(meantBy('http://:8080/healthz?verbose=1'), own);
    assert.equal(meantBy('http://:8080/healthz?staus=200'), 'status');
    assert.equal(meantBy('redis://?verbose=1'), undefined);
    const annotations = { 'health.example.com/pattern': 'port', 'health.example.com/port': '80' };
    for (const [field, key] of Object.entries({ initialDelaySeconds: 'initial-delay', periodSeconds: 'period' })) {
      const read = readAnnotations({ ...annotations, [`health.example.com/${field}`]: '5' }, 'health.example.com/');
      assert.match(read.problems.map(sentence).join(), new RegExp(`\\(did you mean ${key}\\?\\)\\.$`));
    }
  });
});
