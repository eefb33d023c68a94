import assert from 'node:assert/strict';
import fc from 'fast-check';
import { propagateAnnotations, shadowedAnnotations, templateAt, templatePath } from '../../src/inject/workload.ts';

type Map = Readonly<Record<string, string>>;
const prefix = 'health.example.com/';
const path = ['spec', 'template'];
const prefixed = (keys: Map): Map =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));

/** A Deployment with these keys of ours on itself and on its template, beside annotations of others. */
const deployment = (top: Map, below: Map = {}, metadata: object = {}) => ({
  kind: 'Deployment',
  metadata: { name: 'web', annotations: { other: '1', ...prefixed(top) }, ...metadata },
  spec: { replicas: 3, template: { metadata: { annotations: { another: '2', ...prefixed(below) } }, spec: {} } },
});

const applied = (keys: readonly string[]) => ({
  managedFields: [
    {
      manager: 'argocd',
      operation: 'Apply',
      fieldsV1: {
        'f:spec': {
          'f:template': {
            'f:metadata': { 'f:annotations': Object.fromEntries(keys.map((key) => [`f:${prefix}${key}`, {}])) },
          },
        },
      },
    },
  ],
});

describe('the annotations of a workload', () => {
  it('go down to its template, and it is written which', () => {
    const input = deployment({ pattern: 'port', check: 'tcp://:1', status: 'x' });
    assert.deepEqual(
      propagateAnnotations(input, undefined, path, prefix),
      deployment(
        { pattern: 'port', check: 'tcp://:1', status: 'x', copied: 'check,pattern' },
        { pattern: 'port', check: 'tcp://:1' },
      ),
    );
  });

  it('go to the Pods of a CronJob, past its Jobs', () => {
    const cronJob = {
      kind: 'CronJob',
      metadata: { annotations: prefixed({ pattern: 'cli' }) },
      spec: { jobTemplate: { spec: { template: {} } } },
    };
    const where = templatePath('batch', 'CronJob')!;
    assert.deepEqual(templateAt(propagateAnnotations(cronJob, undefined, where, prefix), where), {
      metadata: { annotations: prefixed({ pattern: 'cli' }) },
    });
  });

  it('lose to what stands on the template, which is told', () => {
    const input = deployment({ pattern: 'port', period: '5s' }, { pattern: 'cli' });
    const output = propagateAnnotations(input, undefined, path, prefix);
    assert.deepEqual(
      output,
      deployment({ pattern: 'port', period: '5s', copied: 'period' }, { pattern: 'cli', period: '5s' }),
    );
    assert.deepEqual(shadowedAnnotations(output, path, prefix), [
      'health.example.com/pattern of the Deployment does not count: its Pod template says otherwise.',
    ]);
  });

  it('change and go below as they change and go above', () => {
    const first = propagateAnnotations(deployment({ pattern: 'port', check: 'tcp://:1' }), undefined, path, prefix);
    // A patch changes what it names, and leaves what was copied and the record.
    const patched = deployment({ check: 'tcp://:2', copied: 'check,pattern' }, { pattern: 'port', check: 'tcp://:1' });
    assert.deepEqual(
      propagateAnnotations(patched, first, path, prefix),
      deployment({ check: 'tcp://:2', copied: 'check' }, { check: 'tcp://:2' }),
    );
    const without = deployment({ copied: 'check,pattern' }, { pattern: 'port', check: 'tcp://:1' });
    assert.deepEqual(propagateAnnotations(without, first, path, prefix), deployment({}, {}));
  });

  it('survive a client that replaces the whole object', () => {
    const manifest = deployment({ pattern: 'port' });
    const live = propagateAnnotations(manifest, undefined, path, prefix);
    assert.deepEqual(propagateAnnotations(manifest, live, path, prefix), live);
    assert.deepEqual(propagateAnnotations(deployment({}), live, path, prefix), deployment({}));
  });

  it('never take away what somebody wrote on the template, now or before', () => {
    const live = deployment({ pattern: 'port', copied: 'pattern' }, { pattern: 'port', period: '5s' });
    assert.deepEqual(
      propagateAnnotations(deployment({ copied: 'pattern' }, { pattern: 'port', period: '5s' }), live, path, prefix),
      deployment({}, { period: '5s' }),
    );
    const own = deployment({ copied: 'pattern' }, { pattern: 'cli' });
    assert.deepEqual(propagateAnnotations(own, live, path, prefix), deployment({}, { pattern: 'cli' }));
    const adopted = deployment({ copied: 'pattern' }, { pattern: 'port' }, applied(['pattern']));
    assert.deepEqual(
      propagateAnnotations(adopted, live, path, prefix),
      deployment({}, { pattern: 'port' }, applied(['pattern'])),
    );
  });

  it('of an exported manifest are known again', () => {
    const exported = deployment({ pattern: 'port', copied: 'pattern' }, { pattern: 'port' });
    assert.deepEqual(propagateAnnotations(exported, undefined, path, prefix), exported);
  });

  it('that are copied change nothing when they are copied again, whatever comes in', () => {
    const keys = fc.dictionary(fc.constantFrom('pattern', 'check', 'period.app', 'unknown'), fc.constantFrom('a', 'b'));
    const record = fc.subarray(['pattern', 'check', 'period.app', 'other']);
    const state = fc.record({ top: keys, below: keys, record });
    const built = state.map(({ top, below, record: copied }) =>
      deployment({ ...top, ...(copied.length > 0 ? { copied: copied.join(',') } : {}) }, below),
    );
    fc.assert(
      fc.property(built, fc.option(built, { nil: undefined }), (input, old) => {
        const once = propagateAnnotations(input, old, path, prefix);
        assert.equal(propagateAnnotations(once, once, path, prefix), once);
        const top = (input.metadata.annotations ?? {}) as Map;
        const below = templateAt(once, path)?.metadata?.annotations ?? {};
        for (const key of Object.keys(prefixed({ pattern: '', check: '', 'period.app': '' }))) {
          if (top[key] !== undefined) assert(below[key] !== undefined, `${key} is below`);
        }
        assert.equal(below['another'], '2');
      }),
    );
  });
});
