import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { startCluster } from './support/cluster.ts';
import { healthInjector, runHere } from './support/health-injector.ts';
import { trialAnswers } from './support/trials.ts';

describe('health-injector trial', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  before(async () => (cluster = await startCluster(trialAnswers)));
  after(() => cluster.stop());
  const argsOf = (args: readonly string[]) => ['trial', '--kubeconfig', cluster.kubeconfig, ...args];
  const trial = (...args: readonly string[]) => runHere(argsOf(args));

  it('lists by workload what would have been, why, and what is advised, the worst first', async () => {
    const { code, out, errors } = await healthInjector(argsOf(['-n', 'shop']));
    assert.deepEqual([code, errors], [1, '']);
    assert.deepEqual(out.split('\n').slice(0, 13), [
      'NAMESPACE   WORKLOAD          PODS   ANSWERED   WOULD RESTART   WOULD BE UNREADY   UNPROVEN   WATCHED',
      'shop        Deployment/bad    1      1          2               31 s               0          60 minutes',
      'shop        Deployment/good   2      2          0               0                  0          60 minutes',
      'shop        Deployment/own    1      1          0               0                  0          120 s',
      '',
      'shop Deployment/bad, container app:',
      '    check        redis: 993 of 1000 runs passed',
      '    restarts     2 times in one Pod; the last time the check "redis" of container "app" failed: "timed out after 1s"',
      '    not ready    31 s in one Pod; the last time the check "redis" of container "app" failed: "timed out after 1s"',
      '    advice       period 10s is enough: it is no shorter than the timeout',
      '    advice       timeout 1s → 1300ms: p99 of 50 ms, longest 410 ms of 993 answers over 60 minutes',
      '    advice       failure-threshold 3 → 5: at most 3 questions in a row failed over 60 minutes',
      '    advice       startup-timeout 5m is enough: longest of 2 starts 74.1 s',
    ]);
    assert.match(
      out,
      /own, container app:\n.*\n.* nothing is advised from 1000 answers in 120 s: it takes 300 answers and 60 minutes\.\n$/,
    );
  });

  it('takes only what a policy put on trial, of all namespaces, and says who may not be asked', async () => {
    const { code, out, errors } = await trial('--policy', 'caches', '-o', 'json');
    assert.equal(code, 1);
    const rows = JSON.parse(out) as { name: string; answered: number; containers: { advice: object[] }[] }[];
    assert.deepEqual(
      rows.map(({ name, answered }) => [name, answered]),
      [
        ['bad', 1],
        ['far', 0],
        ['good', 2],
      ],
    );
    assert.equal(rows[0]?.containers[0]?.advice.length, 4);
    assert.equal(
      errors,
      'What the Pods on trial counted is not known: you lack the right to get pods/proxy in namespace office.\n',
    );
  });

  it('advises from a shorter trial where that is asked for', async () => {
    const { out } = await trial('-n', 'shop', '--watched', '2m');
    assert.match(
      out,
      /own, container app:\n[^\n]*\n {4}advice {7}period 10s is enough: it is no shorter than the timeout\n/,
    );
    const wrong = await trial('--watched', 'long');
    assert.deepEqual([wrong.code, wrong.out], [64, '']);
  });

  it('is content where no Pod is on trial', async () => {
    assert.deepEqual(await trial('-n', 'empty'), { code: 0, out: 'No Pod is on trial.\n', errors: '' });
  });

  it('prints a policy to apply, and warns of what would be restarted', async () => {
    const { code, out, errors } = await trial('--promote', 'caches', '-n', 'shop');
    assert.equal(code, 0);
    assert.deepEqual(parse(out), {
      apiVersion: 'health.example.com/v1alpha1',
      kind: 'HealthPolicy',
      metadata: { name: 'caches', annotations: { team: 'red' } },
      spec: {
        mode: 'Enforce',
        priority: 3,
        inject: { pattern: 'sidecar', check: 'redis://:6379', timeout: '1300ms' },
      },
    });
    assert.equal(
      errors,
      [
        'Deployment/bad in shop needs more patience than the others:',
        '  kubectl annotate deployment/bad -n shop health.example.com/failure-threshold=5',
        'Deployment/bad in shop would have been restarted 2 times; keep it on trial until that is mended:',
        '  kubectl annotate deployment/bad -n shop health.example.com/trial=true',
        '',
      ].join('\n'),
    );
    const none = await trial('--promote', 'nothing');
    assert.deepEqual([none.code, none.errors], [2, 'There is no HealthPolicy nothing.\n']);
  });

  it('says of one Pod the same by explain', async () => {
    const { out } = await runHere(['explain', '--kubeconfig', cluster.kubeconfig, 'pod/bad-5d8f-a', '-n', 'shop']);
    const lines = out.split('\n').filter((line) => line.startsWith('    trial'));
    assert.deepEqual(lines, [
      '    trial        app: in 60 minutes there would have been 2 restarts and 31 s not ready; the last time the check "redis" of container "app" failed: "timed out after 1s".',
      '    trial        app: period 10s is enough: it is no shorter than the timeout.',
      '    trial        app: timeout 1s → 1300ms: p99 of 50 ms, longest 410 ms of 993 answers over 60 minutes.',
      '    trial        app: failure-threshold 3 → 5: at most 3 questions in a row failed over 60 minutes.',
      '    trial        app: startup-timeout 5m is enough: longest of 2 starts 74.1 s.',
    ]);
  });
});
