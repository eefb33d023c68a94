import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';

const most = 262_144;
const keyOfNote = 'example.com/note';

/** A Pod that asks for this, whose annotations have exactly so many bytes. */
function podOfBytes(bytes: number, asked: Readonly<Record<string, string>>, letter = 'a'): Pod {
  const annotations = Object.fromEntries(
    Object.entries(asked).map(([key, value]) => [testContext.prefix + key, value]),
  );
  const used = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const room = bytes - used - keyOfNote.length;
  const note = letter.repeat(Math.floor(room / Buffer.byteLength(letter)));
  return {
    metadata: { name: 'app', annotations: { ...annotations, [keyOfNote]: note } },
    spec: { containers: [{ name: 'app', image: 'image:1' }] },
  };
}

const wellAsked = { pattern: 'sidecar', check: 'redis://:6379' };

describe('the annotations of a Pod', () => {
  it('have room for the status in most Pods', () => {
    assert.equal(inject(podOfBytes(most - 1_024, wellAsked), testContext).result, 'injected');
  });

  it('that are nearly as many as the apiserver takes leave the Pod as it is', () => {
    for (const letter of ['a', 'ü', '漢']) {
      const pod = podOfBytes(most - 64, wellAsked, letter);
      const outcome = inject(pod, testContext);
      assert.equal(outcome.result, 'too-large', letter);
      assert.equal(outcome.pod, pod);
      assert.match(outcome.skippedItems.map(({ why }) => why).join(), /no room for the status/);
    }
  });

  it('get no problems either where these would be too much', () => {
    const pod = podOfBytes(most - 16, { pattern: 'sidecars' });
    const outcome = inject(pod, testContext);
    assert.equal(outcome.result, 'invalid-annotations');
    assert.equal(outcome.pod, pod);
  });
});
