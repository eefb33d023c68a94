import assert from 'node:assert/strict';
import { patternNames } from '../../src/inject/patterns/index.ts';
import { type RunningWebhook, patchOf, startWebhook } from '../support/webhook.ts';
import { patternPods } from './pattern-pods.ts';

describe('the Pods that the webhook is measured with', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
  });
  after(() => webhook.stop());

  it('are one for each pattern, for auto and for none', () => {
    assert.deepEqual([...patternPods().keys()].toSorted(), [...patternNames, 'auto', 'none'].toSorted());
  });

  for (const [pattern, pod] of patternPods()) {
    it(`get what ${pattern} gives`, async () => {
      const response = await webhook.review(pod);
      assert.equal(response.warnings, undefined);
      assert.equal(patchOf(response).length > 0, pattern !== 'none');
      const { body } = await webhook.send('GET', '/metrics');
      const injected = pattern === 'auto' ? 'sidecar' : pattern;
      if (pattern !== 'none')
        assert.match(body, new RegExp(`^health_injector_injections_total\\{pattern="${injected}"\\} `, 'm'));
    });
  }
});
