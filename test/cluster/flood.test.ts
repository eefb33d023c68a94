import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { podOf, readyPod, stateOf } from './support/pods.ts';

const victims = 'test-flooded';
const strangers = 'test-flooders';
/** By hand it is two minutes. */
const floodSeconds = Number(process.env['FLOOD_SECONDS'] ?? 15);
const connectionsPerSecond = 5_000;

/** Opens connections to an address at an even rate: half say nothing for 300 ms, half are closed at once. Its last message is how many were made. */
const flooder = `
  const { writeFileSync } = require('node:fs');
  const { connect } = require('node:net');
  const [host, port, perSecond, seconds] = process.argv.slice(1);
  let [begun, made, due] = [0, 0, 0];
  const start = Date.now();
  const open = () => {
    const stays = begun++ % 2 === 0;
    const socket = connect({ host, port: Number(port) });
    socket.on('error', () => {});
    socket.on('connect', () => { made++; if (!stays) socket.destroy(); });
    setTimeout(() => socket.destroy(), 300);
  };
  setInterval(() => {
    const elapsed = (Date.now() - start) / 1_000;
    if (elapsed > seconds) { writeFileSync('/dev/termination-log', JSON.stringify({ begun, made })); process.exit(0); }
    for (due = Math.min(elapsed * perSecond, due + 500); begun < due;) open();
  }, 10);
`;

const timing = { periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 2 };

/** Floods one port of a Pod out of a Pod of another namespace, and says what the kubelet made of the victim meanwhile. */
async function flood(app: string, port: number) {
  const { status, metadata } = await readyPod(victims, app);
  const container = {
    name: 'app',
    image: 'ghcr.io/health-injector/health-injector:0.1.0',
    imagePullPolicy: 'IfNotPresent',
    args: ['-e', flooder, status.podIP, port, connectionsPerSecond, floodSeconds].map(String),
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: app },
    spec: { restartPolicy: 'Never', containers: [container] },
  };
  // What a first attempt has left.
  await kubectl(['delete', 'pod', app, '-n', strangers, '--ignore-not-found']);
  await apply(strangers, pod);
  // Not its log: nodes on one machine share the folder of logs, and one may clean up the other's.
  const counts = await eventually('the end of the flood', floodSeconds + 60, async () => {
    const [last] = (await get(['pod', '-n', strangers, app])).status.containerStatuses ?? [];
    return last?.state.terminated?.message;
  });
  const { items } = await get(['events', '-n', victims, '--field-selector', `involvedObject.name=${metadata.name}`]);
  const failed = items.filter(
    ({ reason, message }: any) => reason === 'Unhealthy' && /^(Liveness|Readiness)/.test(message),
  );
  const after = await podOf(victims, app);
  assert.equal(after.metadata.uid, metadata.uid);
  return {
    ...JSON.parse(counts),
    failedProbes: failed.reduce((sum: number, { count }: any) => sum + (count ?? 1), 0),
    restarts: stateOf(after, app).restartCount,
    sidecarRestarts: stateOf(after, 'health-probe').restartCount,
  };
}

/** Numbers are for a person who measures. */
function tell(what: string, found: object): void {
  if (process.env['FLOOD_SECONDS']) process.stdout.write(`${what}: ${JSON.stringify(found)}\n`);
}

describe('a Pod of another namespace that floods a sidecar with connections', () => {
  useNamespace(victims);
  useNamespace(strangers);

  before(() =>
    apply(
      victims,
      deployment('guarded', {
        annotations: {
          pattern: 'sidecar',
          check: 'http://:8081/livez',
          period: '2s',
          timeout: '1s',
          'failure-threshold': '2',
        },
        container: { image: 'docker.io/local/web:1' },
      }),
      deployment('own-port', {
        annotations: {},
        container: {
          image: 'docker.io/local/web:1',
          livenessProbe: { httpGet: { path: '/livez', port: 8081 }, ...timing },
          readinessProbe: { httpGet: { path: '/livez', port: 8081 }, ...timing },
        },
      }),
    ),
  );

  it('restarts no application, and no sidecar', async function () {
    this.timeout((floodSeconds + 120) * 1_000);
    const { spec } = await readyPod(victims, 'guarded');
    const found = await flood('guarded', spec.initContainers[0].ports[0].containerPort);
    tell('the sidecar', found);
    assert(found.begun > floodSeconds * 200, JSON.stringify(found));
    assert.deepEqual([found.restarts, found.sidecarRestarts], [0, 0], JSON.stringify(found));
  });

  it('is compared with one that floods the port of an application', async function () {
    if (!process.env['FLOOD_SECONDS']) this.skip();
    this.timeout((floodSeconds + 120) * 1_000);
    tell('the port of the application', await flood('own-port', 8081));
  });
});
