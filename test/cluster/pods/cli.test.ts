import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { skipReasons } from '../../../src/inject/skip-reasons.ts';
import { runToEnd } from '../../support/process.ts';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';
import { sayOnVersion, serverMinor } from '../support/server-minor.ts';

const namespace = 'test-cli';
const password = 'correct-horse-battery-staple';
// The kubelet starts a process for each run, which takes a second and more where many containers start.
const impatient = { period: '2s', timeout: '3s', 'failure-threshold': '2', 'termination-grace-period': '2s' };
const config = { name: 'config', mountPath: '/config', readOnly: true };

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'redis' },
  stringData: {
    password,
    'redis.conf': `bind 127.0.0.1\nrequirepass ${password}\nsave ""\nenable-debug-command yes\n`,
    // A thousand keys at 20 ms each: twenty seconds in which it answers that it is loading.
    'loading.conf': `bind 127.0.0.1\nrequirepass ${password}\nsave ""\ndir /data\nkey-load-delay 20000\nloading-process-events-interval-bytes 1024\n`,
  },
};

const redis = (file: string) => ({
  image: 'docker.io/local/redis:7',
  args: [`/config/${file}`],
  env: [{ name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } } }],
  volumeMounts: [config],
});

// The test stops redis with a signal, and process 1 of a PID namespace cannot be stopped from within it.
const pod = { shareProcessNamespace: true, volumes: [{ name: 'config', secret: { secretName: 'redis' } }] };

const byVolume = deployment('by-volume', {
  annotations: { pattern: 'cli', delivery: 'image-volume', check: 'redis://:$REDIS_PASSWORD@:6379', ...impatient },
  container: redis('redis.conf'),
  pod,
});

describe('cli, on the real kubelet: redis on loopback with a password, in an image without a shell', () => {
  useNamespace(namespace);

  before(() =>
    apply(
      namespace,
      secret,
      deployment('by-agent', {
        annotations: { pattern: 'cli', check: 'redis://:$REDIS_PASSWORD@:6379', ...impatient },
        container: redis('redis.conf'),
        pod,
      }),
      byVolume,
      deployment('loading', {
        annotations: { pattern: 'cli', check: 'redis://:$REDIS_PASSWORD@:6379', ...impatient },
        container: redis('loading.conf'),
        pod,
      }),
      deployment('by-tool', {
        annotations: { pattern: 'cli', check: 'exec:redis-cli ping', ...impatient },
        container: { image: 'docker.io/local/redis:7' },
        pod: { shareProcessNamespace: true },
      }),
    ),
  );

  it('a redis that is loading its data is alive but not ready, and is ready when it is done', async () => {
    await eventually('loading is said in an event', 60, async () => {
      const [found] = [await podOf(namespace, 'loading')];
      const events = await eventsOf(namespace, found.metadata.name);
      return events.some((event) => /Readiness probe failed: LOADING/.test(event)) && !isReady(found);
    });
    const done = await readyPod(namespace, 'loading', 90);
    assert.equal(stateOf(done, 'loading').restartCount, 0);
  });

  const isRestarted = async (app: string): Promise<void> => {
    const before = await readyPod(namespace, app);
    assert.equal(stateOf(before, app).restartCount, 0);
    await exec(namespace, before, app, '/usr/bin/pkill', '-STOP', 'redis-server');
    await restarted(namespace, app, app, 0);
    await readyPod(namespace, app);
  };

  for (const app of ['by-agent', 'by-tool']) {
    it(`${app}: a redis that runs and does not answer is restarted and answers again`, () => isRestarted(app));
  }

  it('by-volume: the same, or a sentence says that there are no image volumes and the redis runs as it is', async () => {
    const minor = await serverMinor();
    if (minor >= 35) return isRestarted('by-volume');
    const input = stringify(byVolume, { version: '1.1' });
    const args = ['apply', '-n', namespace, '--dry-run=server', '-f', '-'];
    const { errors } = await runToEnd('kubectl', args, { input });
    assert(errors.includes(skipReasons['no-image-volumes']), errors);
    sayOnVersion(minor, skipReasons['no-image-volumes']);
    const { spec } = await readyPod(namespace, 'by-volume');
    assert.deepEqual([spec.initContainers, spec.containers[0].livenessProbe], [undefined, undefined]);
  });

  it('the event says what the agent waited for, and no event holds the password', async () => {
    const { metadata } = await podOf(namespace, 'by-agent');
    const events = await eventsOf(namespace, metadata.name);
    assert(
      events.some((event) => /Liveness probe failed: timed out .*redis 127\.0\.0\.1:6379/.test(event)),
      events.join('\n'),
    );
    assert(!events.join('\n').includes(password));
  });
});
