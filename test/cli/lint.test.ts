import assert from 'node:assert/strict';
import { healthInjector, manifests, runHere } from './support/health-injector.ts';

const file = `${manifests}mistakes.yaml`;

describe('health-injector lint', () => {
  it('says every mistake with its place, and ends with 1', async () => {
    const { code, out, errors } = await healthInjector(['lint', file]);
    assert.deepEqual(out.split('\n'), [
      `${file}:11:9: Pod shop/web: health.example.com/check: port is "99999", expected a number from 1 to 65535.`,
      out.split('\n')[1],
      `${file}:22:13: warning: StatefulSet shop/db: An exec probe costs the node about 40 ms of CPU: with a period of 2s for container "db", 10s is short enough for most.`,
      '',
    ]);
    assert.match(
      out.split('\n')[1] ?? '',
      /:12:9: Pod shop\/web: health\.example\.com\/perod: the key is unknown, expected a key listed in \S+ \(did you mean period\?\)\.$/,
    );
    assert.deepEqual([code, errors], [1, '2 Pods and workloads in 1 file: 2 errors, 1 warning.\n']);
  });

  it('is content with a warning, unless it is strict', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata: { annotations: { health.corp/pattern: cli, health.corp/check: 'exec:true', health.corp/period: 1s } }
spec: { containers: [{ name: app }] }
`;
    const args = ['lint', '-', '--prefix', 'health.corp/', '-o', 'json'];
    const [lax, strict] = await Promise.all([runHere(args, { input }), runHere([...args, '--strict'], { input })]);
    const [{ message, ...finding }] = JSON.parse(lax.out);
    assert.deepEqual(finding, {
      file: 'standard input',
      kind: 'Pod',
      namespace: '',
      name: '',
      line: 4,
      column: 28,
      severity: 'warning',
    });
    assert.match(message, /^An exec probe costs/);
    assert.equal(lax.code, 0);
    assert.deepEqual(JSON.parse(strict.out), [{ ...finding, message, severity: 'error' }]);
    assert.equal(strict.code, 1);
  });

  it('says that quotes are missing, without which no apiserver takes an annotation', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: &notes
    health.example.com/pattern: port
    health.example.com/port: 8080
spec: { containers: [{ name: web }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shared, annotations: &shared { other.example/flag: yes, health.example.com/liveness: off, other.example/none: } }
spec: { template: { metadata: { annotations: *shared }, spec: { containers: [{ name: web }] } } }
`;
    const { code, out } = await runHere(['lint', '-'], { input });
    assert.equal(
      out,
      `standard input:8:5: Pod web: health.example.com/port: the value is a YAML number, expected text, in quotes.
standard input:13:50: Deployment shared: other.example/flag: the value is a YAML boolean, expected text, in quotes.
standard input:13:75: Deployment shared: health.example.com/liveness: the value is a YAML boolean, expected text, in quotes.
`,
    );
    assert.equal(code, 1);
  });

  it('reads the annotations of workloads, and says which do not count', async () => {
    const input = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    health.example.com/pattern: port
    health.example.com/port: '99999'
    health.example.com/period: 9s
spec:
  template:
    metadata:
      annotations: { health.example.com/period: 10s }
    spec: { containers: [{ name: web }] }
`;
    const { out } = await runHere(['lint', '-'], { input });
    assert.match(
      out,
      /^standard input:8:5: Deployment web: health\.example\.com\/port: port is "99999", expected [^\n]*\n$/,
    );
    const right = await runHere(['lint', '-'], { input: input.replace('99999', '80') });
    assert.equal(
      right.out,
      'standard input:7:5: warning: Deployment web: health.example.com/period of the Deployment does not count: its Pod template says otherwise.\n',
    );
  });

  it('warns of a restart budget that has no effect, and why', async () => {
    const input = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    health.example.com/pattern: port
    health.example.com/port: '80'
    health.example.com/restart-budget: 10%
spec: { containers: [{ name: web }] }
`;
    const { code, out } = await healthInjector(['lint', '-'], { input });
    assert.deepEqual(
      [code, out],
      [
        0,
        'standard input:7:5: warning: Pod web: health.example.com/restart-budget has no effect: pattern port cannot be held, only sidecar and cli can: the kubelet asks the application itself.\n',
      ],
    );
    const [sidecar, off] = ['25%', 'off'].map((setting) => ({ HEALTH_INJECTOR_RESTART_BUDGET: setting }));
    const held = input.replace('pattern: port', 'pattern: sidecar').replace(/port: '80'/, "check: 'redis://:6379'");
    assert.equal((await healthInjector(['lint', '-'], { input: held, env: sidecar! })).out, '');
    const without = await healthInjector(['lint', '-'], { input: held, env: off! });
    assert.match(
      without.out,
      /restart-budget has no effect: the administrator has switched the restart budget off\.\n$/,
    );
  });

  it('finds what a HealthPolicy cannot inject into any Pod', async () => {
    const input = `
apiVersion: health.example.com/v1alpha1
kind: HealthPolicy
metadata: { name: web }
spec:
  inject:
    pattern: port
    check: redis://:6379
    perod: 5s
`;
    const [one, two] = await Promise.all(
      [input, input.replace('perod', 'period')].map((text) => runHere(['lint', '-'], { input: text })),
    );
    assert.match(
      one!.out,
      /^standard input:9:5: HealthPolicy web: spec\.inject\.perod: the key is unknown, expected a key listed in \S+ \(did you mean period\?\)\.\n/,
    );
    assert.match(two!.out, /^standard input:8:5: HealthPolicy web: spec\.inject\.check: received a redis check, /);
    assert.equal(one!.code, 1);
  });

  it('says nothing about manifests that are well, in a whole folder', async () => {
    const { code, out, errors } = await runHere(['lint', '-f', 'deploy/examples']);
    assert.deepEqual([code, out, errors], [0, '', '7 Pods and workloads in 8 files: nothing is wrong.\n']);
  });

  it('says with 2 where it cannot read a document, and goes on with the others', async () => {
    const input =
      'kind: Pod\nspec: [\n---\nkind: Pod\napiVersion: v1\nmetadata: { annotations: { health.example.com/x: y1 } }\nspec: { containers: [{ name: a }] }\n';
    const { code, out, errors } = await runHere(['lint', '-'], { input });
    assert.equal(code, 2);
    assert.match(
      errors,
      /^standard input: Line 3, column \d+ is not YAML that can be read: .*\.\n1 Pod or workload in 1 file: 1 unreadable document, 1 error\.\n$/,
    );
    assert.match(out, /^standard input:6:28: Pod without a name: health\.example\.com\/x: the key is unknown/);
  });
});
