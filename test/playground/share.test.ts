import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { packInput, unpackInput } from '../../src/playground/share.ts';

const link = (text: string): string => deflateRawSync(text).toString('base64url');

describe('the link of a playground', () => {
  it('gives back what was packed, in the alphabet of a fragment', async () => {
    const input = { manifest: 'a: "ü\u2028"\n'.repeat(200), policies: '?>~', settings: { prefix: 'health.corp/' } };
    const packed = await packInput(input);
    assert.match(packed, /^[\w-]+$/);
    assert(packed.length < 200);
    assert.deepEqual(await unpackInput(packed), input);
  });

  it('is refused where it holds something else, or unpacks to more than a page takes', async () => {
    assert.equal(await unpackInput('%'), undefined);
    assert.equal(await unpackInput('AAAA'), undefined);
    assert.equal(await unpackInput(link('[]')), undefined);
    assert.equal(await unpackInput(link('{"manifest":1,"policies":""}')), undefined);
    assert.equal(
      await unpackInput(link(`{"manifest":"${' '.repeat(50_000_000)}","policies":"","settings":{}}`)),
      undefined,
    );
    const odd = await unpackInput(link('{"manifest":"a","policies":"","settings":{"prefix":1,"namespace":"b"}}'));
    assert.deepEqual(odd?.settings, { namespace: 'b' });
  });
});
