import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, exec, isReady, podsOf, readyPod, stateOf } from './support/pods.ts';

const namespace = 'test-restart-budget';
const stranger = 'test-restart-budget-stranger';

/** As many as the nodes of the test cluster start in a minute; `REPLICAS=50` takes longer. */
const replicas = Number(process.env['REPLICAS'] ?? 16);
const budget = Math.max(1, Math.floor(replicas / 4));
const outageSeconds = Number(process.env['OUTAGE_SECONDS'] ?? 100);
const periodSeconds = 10;

const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const container = { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] };

/** An application whose liveness asks itself, and through to the database at this address. */
const asking = (
  name: string,
  database: string,
  count: number,
  annotations: Readonly<Record<string, string>> = {},
): object =>
  deployment(name, {
    annotations: {
      pattern: 'sidecar',
      check: `http://:8081/livez redis://${database}:6379`,
      period: `${periodSeconds}s`,
      ...annotations,
    },
    container,
    replicas: count,
  });

const restartsOf = (pods: readonly any[], app: string): any[] =>
  pods.filter((pod) => stateOf(pod, app).restartCount > 0);
const holdOf = ({ metadata }: any): string | undefined => metadata.annotations['health.example.com/hold'];
const allReady = (app: string, count: number, seconds: number, where = namespace): Promise<any[]> =>
  eventually(`${count} Pods of ${app} are ready`, seconds, async () => {
    const pods = await podsOf(where, app);
    return pods.length === count && pods.every(isReady) && pods;
  });

describe('the restart budget, on the real kubelet', function (this: Mocha.Suite) {
  this.timeout(600_000);
  useNamespace(namespace);
  useNamespace(stranger);
  let database: any;

  before(async () => {
    await apply(
      namespace,
      deployment('db', {
        annotations: { pattern: 'none' },
        container: { image: 'docker.io/local/redis:7', args: ['--protected-mode no'] },
        pod: { shareProcessNamespace: true },
      }),
    );
    database = await readyPod(namespace, 'db');
    const address = database.status.podIP;
    await apply(
      namespace,
      asking('web', address, replicas),
      asking('unbound', address, 4, { 'restart-budget': '100%' }),
    );
    await apply(stranger, asking('web', address, 4));
    await allReady('web', replicas, 300);
    await allReady('unbound', 4, 120);
    await allReady('web', 4, 120, stranger);
  });

  it('restarts a single broken Pod when the kubelet does', async () => {
    const [pod] = await podsOf(namespace, 'web');
    await exec(namespace, pod, 'web', '/usr/bin/touch', '/tmp/sick');
    const brokenMs = Date.now();
    await eventually('its restart', 60, async () => restartsOf(await podsOf(namespace, 'web'), 'web').length === 1);
    const seconds = (Date.now() - brokenMs) / 1_000;
    assert(seconds <= 3 * periodSeconds + 10, `restarted after ${seconds} s`);
    await allReady('web', replicas, 60);
  });

  it(`lets ${budget} of ${replicas} Pods be restarted where the database is cut, also while the leader is killed`, async () => {
    await exec(namespace, database, 'db', '/usr/bin/pkill', '-STOP', 'redis-server');
    await eventually('a hold', 60, async () => (await podsOf(namespace, 'web')).some(holdOf));
    await sleep(outageSeconds / 2);
    await kubectl([
      'delete',
      'pod',
      '-n',
      'health-injector',
      '-l',
      'app.kubernetes.io/component=controller',
      '--wait=false',
    ]);
    await sleep(outageSeconds / 2);
    const pods = await podsOf(namespace, 'web');
    const restarted = restartsOf(pods, 'web');
    assert(restarted.length <= budget, `${restarted.length} of ${replicas} were restarted`);
    assert(restarted.every((pod) => stateOf(pod, 'web').restartCount <= 2));
    const waiting = pods.filter((pod) => holdOf(pod) && !isReady(pod));
    assert(waiting.length >= replicas - budget, `${waiting.length} wait and are not ready`);
    assert.equal(
      restartsOf(await podsOf(namespace, 'unbound'), 'unbound').length,
      4,
      'without a budget all are restarted',
    );
    assert.equal(restartsOf(await podsOf(stranger, 'web'), 'web').length, 1, 'another owner has its own');
    const events = await eventsOf(namespace, waiting[0].metadata.name);
    assert(
      events.some((event) =>
        new RegExp(
          `^RestartHeld: .*of the ${replicas} Pods of Deployment web \\d+ fail.* at most ${budget} \\(25 %\\)`,
        ).test(event),
      ),
      events.join('\n'),
    );
    assert((await eventsOf(namespace, 'web')).some((event) => event.startsWith('RestartHeld: Restarts wait: of the')));
  });

  it('is over within a period of the return of the database', async () => {
    await exec(namespace, database, 'db', '/usr/bin/pkill', '-CONT', 'redis-server');
    const backMs = Date.now();
    const pods = await allReady('web', replicas, 60);
    const seconds = (Date.now() - backMs) / 1_000;
    const patient = pods.filter((pod) => stateOf(pod, 'web').restartCount === 0);
    assert(patient.length >= replicas - budget);
    assert(seconds <= 2 * periodSeconds + 5, `ready after ${seconds} s`);
    await eventually('no hold', 60, async () => !(await podsOf(namespace, 'web')).some(holdOf));
  });

  it('shows in the metrics of the leader', async () => {
    const text = await eventually('no restart that waits', 60, async () => {
      const { items } = await get(['pods', '-n', 'health-injector', '-l', 'app.kubernetes.io/component=controller']);
      const texts = await Promise.all(
        items.map(({ metadata }: any) =>
          kubectl(['get', '--raw', `/api/v1/namespaces/health-injector/pods/${metadata.name}:8080/proxy/metrics`]),
        ),
      );
      const leader = texts.find((each) => /^health_injector_leading 1$/m.test(each)) ?? '';
      return /^health_injector_restarts_held 0$/m.test(leader) && leader;
    });
    assert.match(text, /^health_injector_restart_holds_total\{act="ended"\} [1-9]/m);
  });
});
