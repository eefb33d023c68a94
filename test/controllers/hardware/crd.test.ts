import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { withMoves } from '../../../src/controllers/hardware/quarantines.ts';
import { mostMoves, mostOwners } from '../../../src/controllers/hardware/room.ts';
import { pod } from './support/snapshot.ts';

const path = new URL('../../../deploy/crds/nodequarantines.yaml', import.meta.url);
const { spec } = parse(readFileSync(path, 'utf8')).spec.versions[0].schema.openAPIV3Schema.properties;

/** What a value has that its schema has not, and what it lacks. */
function mistakes(value: any, schema: any, at = 'spec'): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => mistakes(item, schema.items, `${at}[]`));
  if (typeof value !== 'object') {
    const isWrong = typeof value !== schema.type || value.length > schema.maxLength;
    return isWrong || (schema.enum && !schema.enum.includes(value)) ? [at] : [];
  }
  const lacking = (schema.required ?? []).filter((key: string) => value[key] === undefined);
  const inner = Object.entries(value).flatMap(([key, each]) =>
    schema.properties[key] ? mistakes(each, schema.properties[key], `${at}.${key}`) : [`${at}.${key}`],
  );
  return [...lacking.map((key: string) => `${at} without ${key}`), ...inner];
}

describe('the CustomResourceDefinition of quarantines', () => {
  it('has room for what is written, and for as much', () => {
    const long = { check: 'c'.repeat(9_999), message: 'm'.repeat(9_999) };
    const moved = [{ pod: pod('a', 'node-0'), reading: long }];
    const written = withMoves(undefined, { nodeName: 'node-0', bootId: 'b', scope: 'Owner' }, moved, {
      ttlMs: 1,
      now: new Date(0),
    });
    assert.deepEqual(mistakes(written, spec), []);
    assert.deepEqual(mistakes({ ...written, other: 1 }, spec), ['spec.other']);
    assert.equal(spec.properties.owners.maxItems, mostOwners);
    assert.equal(spec.properties.owners.items.properties.moves.maxItems, mostMoves);
  });
});
