import assert from 'node:assert/strict';
import type { Diagnosis } from '../../src/diagnostics/diagnostic.ts';
import { openCheck } from '../../src/cli/live/check.ts';
import { diagnosticGroups } from '../../src/diagnostics/groups/index.ts';
import { healthInjector } from '../cli/support/health-injector.ts';
import { guestKubeconfig } from './support/breaks/break.ts';
import { objectBreaks } from './support/breaks/objects.ts';
import { programBreaks } from './support/breaks/programs.ts';
import { registrationBreaks } from './support/breaks/registration.ts';
import { eventually, get, useNamespace } from './support/kubectl.ts';

const namespace = 'test-check';

/** In an order in which what takes a Pod of ours away has time to come back. */
const breaks = { ...registrationBreaks(), ...programBreaks(), ...objectBreaks(namespace) };

/** What this cluster cannot be made to show; test/diagnostics breaks these by facts alone. */
const byFactsAlone = [
  'admission-webhooks',
  'apiserver-reached',
  'apiserver-version',
  'clocks',
  'fault-device-taint-rule',
];

const isUnwell = ({ status }: Diagnosis): boolean => status === 'failed' || status === 'warning';
const textOf = ({ id, status, found }: Diagnosis): string => `${id}: ${status}, ${found}`;

type LookTarget = { readonly kubeconfig?: string; readonly namespace?: string };

/** Gets ready to look as the command does, in this process: Node need not start each time. */
async function lookerOf(
  { kubeconfig, namespace: where }: LookTarget,
  isBefore: boolean,
): Promise<() => Promise<readonly Diagnosis[]>> {
  return (await openCheck({ kubeconfig, context: undefined, namespace: where }, isBefore)).look;
}

let look: () => Promise<readonly Diagnosis[]>;

const becomesSound = (): Promise<unknown> =>
  eventually('a sound installation', 150, async () => {
    const unwell = (await look()).filter(({ status }) => status !== 'ok');
    if (unwell.length > 0) throw new Error(unwell.map(textOf).join('; '));
    return true;
  });

describe('health-injector check, on a real cluster', () => {
  useNamespace(namespace, { 'health.example.com/inject': 'disabled' });

  before(async () => {
    look = await lookerOf({}, false);
    // What other tests left may be missed, quarantined or under way; this is about an installation and nothing else.
    await becomesSound();
  });

  it('finds nothing in a sound installation, by the command line, which says how long it took', async () => {
    const startMs = performance.now();
    const { code, out, errors } = await healthInjector(['check']);
    process.stdout.write(`A whole check took ${Math.round(performance.now() - startMs)} ms.\n`);
    assert.deepEqual([code, errors], [0, '']);
    assert.match(out, /^Kubernetes\n  ok   the apiserver answers \(v1\.\d+\.\d+\)\n/);
    assert.match(out, /\n\nAll is well: \d+ ok, 0 warnings, 0 failed\.\n$/);
  });

  for (const [what, { finds, isBefore, target, make, mend }] of Object.entries(breaks)) {
    it(`finds ${Object.keys(finds).join(', ')}: ${what}`, async () => {
      try {
        await make();
        const again = target || isBefore ? await lookerOf((await target?.()) ?? {}, isBefore ?? false) : look;
        await eventually(Object.keys(finds).join(), 150, async () => {
          const diagnoses = await again();
          for (const [id, status] of Object.entries(finds)) {
            const found = diagnoses.find((each) => each.id === id);
            if (found?.status !== status) {
              throw new Error(
                `${id} is ${found?.status} (${found?.found}), and not ${status}; ${diagnoses.filter(isUnwell).map(textOf).join('; ')}`,
              );
            }
          }
          return true;
        });
      } finally {
        await mend?.();
      }
    });
  }

  it('finds nothing any more when all is mended', becomesSound);

  it('breaks each diagnostic here, but for those of which the facts are changed', () => {
    const broken = Object.values(breaks).flatMap(({ finds }) => Object.keys(finds));
    const ids = diagnosticGroups.flatMap(({ rows }) => rows.map(({ id }) => id));
    assert.deepEqual([...new Set([...broken, ...byFactsAlone])].toSorted(), ids.toSorted());
  });

  it('sees a server break and its restart, and leaves nothing behind', async () => {
    const { code, out } = await healthInjector(['check', '--e2e', '-o', 'short']);
    assert.equal(code, 0, out);
    assert.match(out, /the server breaks, and the kubelet restarts it/);
    const { items } = await get(['namespaces']);
    assert.deepEqual(
      items.filter(({ metadata }: any) => metadata.name.startsWith('health-injector-check-')),
      [],
    );
  });

  it('asks before an installation whether there is one', async () => {
    const { code, out } = await healthInjector(['check', '--pre', '-o', 'json']);
    const { isSound, checks } = JSON.parse(out);
    assert.deepEqual([code, isSound], [0, true]);
    assert.deepEqual(
      checks.filter(isUnwell).map(({ id }: Diagnosis) => id),
      ['not-installed'],
    );
  });

  it('says what an account without rights may not see, and passes none of it', async () => {
    const { code, out } = await healthInjector([
      'check',
      '-o',
      'json',
      '--kubeconfig',
      await guestKubeconfig(namespace),
    ]);
    const { counts, checks } = JSON.parse(out);
    assert.deepEqual([code, counts.failed, counts.warning], [0, 0, 0]);
    assert(checks.some(({ found }: Diagnosis) => found === 'no right to list mutatingwebhookconfigurations'));
    assert.deepEqual(
      checks.filter(({ status }: Diagnosis) => status === 'ok').map(({ id }: Diagnosis) => id),
      ['apiserver-reached', 'apiserver-version', 'admission-webhooks'],
    );
  });
});
