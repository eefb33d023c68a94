import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import { annotationsOnly } from '../../src/inject/model/scope.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { deepFreeze } from '../support/invariants.ts';
import { testContext } from '../support/webhook.ts';
import { type Words, after, asking, pod, prefix, probedIn, redis, withWords } from './support/again.ts';

describe('what nothing asks for any more', () => {
  const cases: Readonly<Record<string, Words>> = {
    'no annotation': {},
    'pattern none': { pattern: 'none' },
    'a pattern that is unknown': { pattern: 'side' },
  };
  for (const [what, words] of Object.entries(cases)) {
    it(`is taken out with ${what}`, () => {
      const input = withWords(after(pod(asking)), words);
      const outcome = inject(deepFreeze(input), testContext);
      assert.equal(outcome.result, what === 'a pattern that is unknown' ? 'invalid-annotations' : 'removed');
      assert.deepEqual(outcome.pod, inject(pod(words), testContext).pod);
      assert.deepEqual(outcome.pod.spec, { containers: [redis] });
      assert.equal(outcome.pod.metadata?.annotations?.[`${prefix}status`], undefined);
    });
  }

  it('is taken out of a Pod that is for Windows now, and stays where nothing may be touched', () => {
    const once = after(pod(asking));
    const windows = inject({ ...once, spec: { ...once.spec, os: { name: 'windows' } } }, testContext).pod;
    assert.equal(windows.spec.initContainers, undefined);
    const metadata = once.metadata ?? {};
    const untouched: Pod[] = [
      {
        ...once,
        metadata: { ...metadata, annotations: { ...metadata.annotations, 'kubernetes.io/config.mirror': 'x' } },
      },
      { ...once, metadata: { ...metadata, labels: { 'app.kubernetes.io/part-of': 'health-injector' } } },
    ];
    for (const input of untouched) assert.equal(inject(input, testContext).pod, input);
    const namespace = { name: 'shop', labels: {}, inject: 'disabled' as const, hasUidRange: false };
    assert.equal(inject(once, testContext, { ...annotationsOnly, namespace }).pod, once);
  });

  it('stays where a policy or namespace asked that is not known here, and goes where it is known not to ask', () => {
    const namespace = { name: 'shop', labels: {}, hasUidRange: false };
    const enabled = { ...annotationsOnly, namespace: { ...namespace, inject: 'enabled' as const } };
    const once = after(pod({}), {}, enabled);
    assert.deepEqual(probedIn(once), ['redis']);
    assert.equal(inject(once, testContext).pod, once);
    const gone = inject(once, testContext, { ...annotationsOnly, namespace: { ...namespace, inject: undefined } });
    assert.deepEqual([gone.result, gone.pod], ['removed', pod({})]);
  });
});
