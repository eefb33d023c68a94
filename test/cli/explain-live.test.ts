import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import { sentence } from '../../src/inject/model/problems.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';
import { startCluster } from './support/cluster.ts';
import { healthInjector, runHere } from './support/health-injector.ts';

const annotations = { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' };
const spec = { containers: [{ name: 'app', image: 'app:1' }] };
const template = { metadata: { labels: { app: 'web' }, annotations }, spec };
const selector = {
  matchLabels: { app: 'web' },
  matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }],
};
const controlledBy = (uid: string) => [{ apiVersion: 'v1', kind: 'X', name: 'x', uid, controller: true }];

const object = (kind: string, name: string, uid: string, rest: object = {}) => ({
  apiVersion: { Pod: 'v1', CronJob: 'batch/v1', Job: 'batch/v1' }[kind] ?? 'apps/v1',
  kind,
  metadata: { name, uid, namespace: 'shop' },
  spec: { selector, template },
  ...rest,
});

/** A Pod as the apiserver lists it: without kind and apiVersion. */
const pod = (name: string, owner: string, second: number, notes: object): Pod => ({
  metadata: {
    name,
    namespace: 'shop',
    annotations: { ...notes },
    ownerReferences: controlledBy(owner),
    creationTimestamp: `2026-01-01T00:00:0${second}Z` as unknown as Date,
  },
  spec,
});

const injected = (plain: Pod): Pod => {
  const outcome = inject(plain, testContext);
  assert(outcome.kind === 'injected');
  return outcome.pod;
};

const query = 'labelSelector=app=web,tier in (a,b)';
const apps = '/apis/apps/v1/namespaces/shop';
const lists = '/api/v1/namespaces/shop/pods';
const wellPod = injected(pod('web-2-b', 'rs-2', 5, annotations));
const idleKeys = { 'health.example.com/pause': '15m', 'health.example.com/restart-budget': '10%' };
const laterPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  ...injected(
    pod('later', 'rs-2', 5, { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': 'redis://:6379' }),
  ),
};
Object.assign(laterPod.metadata?.annotations ?? {}, idleKeys);
/** Three Pods with a guess, of which the sidecars answer differently. */
const guessing = (name: string, pattern: string): Pod =>
  injected({
    metadata: { name, namespace: 'shop', annotations: { 'health.example.com/pattern': pattern } },
    spec: { containers: [{ name: 'db', image: 'redis:7' }] },
  });
const of = 'checked_container="db",check="redis 127.0.0.1:6379"';
/** Of an agent that has just asked, whenever it is asked itself. */
const metricsNow = (): string =>
  [
    `health_probe_check_verdict{${of},verdict="pass"} 0`,
    `health_probe_check_verdict{${of},verdict="fail"} 1`,
    `health_probe_checks_total{${of},verdict="pass"} 90`,
    `health_probe_checks_total{${of},verdict="fail"} 30`,
    `health_probe_check_duration_seconds{${of}} 0.000420`,
    `health_probe_check_last_run_timestamp_seconds{${of}} ${(Date.now() / 1_000).toFixed(3)}`,
    '# TYPE health_probe_check_unproven gauge',
    'health_probe_check_unproven{checked_container="db",check="redis 127.0.0.1:6379"} 1',
    'health_probe_check_unproven{checked_container="db",check="say \\"x\\""} 0',
    'health_probe_check_unproven{checked_container="db"} 1',
    '# EOF',
  ].join('\n');

const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

const log = [
  `${secondsAgo(3_000)} level=info msg=listening address=0.0.0.0:9440 checks=1`,
  `${secondsAgo(2_000)} level=warn container=db check="redis 127.0.0.1:6379" verdict=fail reason="says \\"no\\""`,
  `${secondsAgo(1_000)} level=info container=db check="redis 127.0.0.1:6379" verdict=pass reason=PONG`,
  `${secondsAgo(200)} level=warn container=db check="redis 127.0.0.1:6379" verdict=fail reason="connection refused \u001b[2J\u202e"`,
].join('\n');

/** A Pod whose node has no sensor. */
const blindPod = injected({
  metadata: {
    name: 'blind',
    namespace: 'shop',
    annotations: { 'health.example.com/pattern': 'hardware', 'health.example.com/check': 'temperature:' },
  },
  spec,
});
const ofSensor = 'checked_container="app",check="temperature"';

/** A Pod that carries what is asked for, and fails. */
const unwellPod: Pod = {
  ...wellPod,
  metadata: { ...wellPod.metadata, name: 'unwell', uid: 'unwell' },
  status: {
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        lastTransitionTime: secondsAgo(300) as unknown as Date,
        message: 'containers with unready status: [app]',
      },
    ],
    containerStatuses: [
      {
        name: 'app',
        image: 'app:1',
        imageID: '',
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: secondsAgo(60) as unknown as Date },
        },
      },
    ],
  },
};
const gpuPod = injected({
  metadata: {
    name: 'gpu',
    namespace: 'shop',
    uid: 'gpu',
    annotations: {
      'health.example.com/pattern': 'hardware',
      'health.example.com/mode': 'cli',
      'health.example.com/check': 'gpu:?max-temperature=90C',
    },
  },
  spec,
});
const wrongKeys = { 'health.example.com/pattern': 'port', 'health.example.com/port': 'many' };
const wrongPort = inject({ metadata: { annotations: wrongKeys }, spec }, testContext);
assert(wrongPort.kind === 'rejected');
const wrongPod = pod('wrong', 'none', 1, {
  ...wrongKeys,
  'health.example.com/problems': wrongPort.problems.map(sentence).join('\n'),
});
const wellAgain: Pod = {
  ...wellPod,
  metadata: { ...wellPod.metadata, name: 'well-again' },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'app', image: 'app:1', imageID: '', ready: true, restartCount: 2 }],
  },
};
const eventsAbout = (uid: string): string =>
  `/api/v1/namespaces/shop/events?limit=200&fieldSelector=involvedObject.uid=${uid}`;
const event = (reason: string, type: string, message: string, seconds: number, count = 1): object => ({
  reason,
  type,
  message,
  count,
  lastTimestamp: secondsAgo(seconds),
});

const answers: Parameters<typeof startCluster>[0] = {
  [`${apps}/deployments/web`]: object('Deployment', 'web', 'd'),
  [`${apps}/replicasets?${query}`]: {
    items: [
      { metadata: { name: 'web-2', uid: 'rs-2', ownerReferences: controlledBy('d') } },
      { metadata: { name: 'other', uid: 'rs-9', ownerReferences: controlledBy('e') } },
    ],
  },
  [`${lists}?${query}`]: {
    items: [
      pod('web-2-a', 'rs-2', 3, annotations),
      wellPod,
      pod('other', 'rs-9', 7, annotations),
      pod('db-0', 's', 1, annotations),
    ],
  },
  [`${apps}/statefulsets/db`]: object('StatefulSet', 'db', 's'),
  [`${apps}/daemonsets/agent`]: object('DaemonSet', 'agent', 'none'),
  '/apis/batch/v1/namespaces/shop/cronjobs/report': object('CronJob', 'report', 'c', {
    spec: { jobTemplate: { spec: { template } } },
  }),
  '/apis/batch/v1/namespaces/shop/jobs': {
    items: [
      {
        metadata: { name: 'report-1', uid: 'j', ownerReferences: controlledBy('c') },
        spec: { selector: { matchLabels: { job: '1' } } },
      },
    ],
  },
  [`${lists}?labelSelector=job=1`]: {
    items: [
      pod('report-1-x', 'j', 1, {
        ...annotations,
        'health.example.com/port': '80',
        'health.example.com/problems': 'A sentence.\nAnother.',
      }),
    ],
  },
  [`${apps}/daemonsets/annotated`]: object('DaemonSet', 'annotated', 'a', {
    metadata: { name: 'annotated', uid: 'a', namespace: 'shop', annotations },
    spec: { selector: { matchLabels: { app: 'annotated' } }, template: { spec } },
  }),
  [`${lists}?labelSelector=app=annotated`]: { items: [pod('annotated-x', 'a', 1, {})] },
  '/apis/health.example.com/v1alpha1/healthpolicies': {
    items: [
      {
        metadata: { name: 'everything' },
        spec: { namespaceSelector: { matchLabels: { tier: 'a' } }, inject: { pattern: 'port', port: 8080 } },
      },
    ],
  },
  '/api/v1/namespaces/shop': { metadata: { name: 'shop' } },
  '/api/v1/namespaces/other': { metadata: { name: 'other', labels: { tier: 'a' } } },
  '/api/v1/namespaces/hidden': 'forbidden',
  ...Object.fromEntries(
    ['other', 'hidden'].map((namespace) => [
      `/apis/apps/v1/namespaces/${namespace}/replicasets/plain`,
      {
        ...object('ReplicaSet', 'plain', 'p', { spec: { selector, template: { spec } } }),
        metadata: { name: 'plain', namespace },
      },
    ]),
  ),
  ...Object.fromEntries(
    [
      guessing('told', 'sidecar'),
      guessing('hushed', 'sidecar'),
      guessing('logless', 'sidecar'),
      guessing('inside', 'cli'),
    ].map((each) => [`${lists}/${each.metadata?.name}`, { apiVersion: 'v1', kind: 'Pod', ...each }]),
  ),
  get [`${lists}/told:9440/proxy/metrics`]() {
    return metricsNow();
  },
  [`${lists}/told/log?container=health-probe&tailLines=400`]: log,
  get [`${lists}/logless:9440/proxy/metrics`]() {
    return metricsNow();
  },
  [`${lists}/logless/log?container=health-probe&tailLines=400`]: 'failed to try resolving symlinks in path',
  [`${lists}/blind`]: { apiVersion: 'v1', kind: 'Pod', ...blindPod },
  [`${lists}/blind:9441/proxy/metrics`]: [
    `health_probe_check_verdict{${ofSensor},verdict="unknown"} 1`,
    `health_probe_checks_total{${ofSensor},verdict="pass"} 0`,
    `health_probe_checks_total{${ofSensor},verdict="unknown"} 90`,
  ].join('\n'),
  [`${lists}/blind/log?container=health-probe-hardware&tailLines=400`]: [
    `${secondsAgo(900)} level=info msg=listening address=0.0.0.0:9441 checks=1`,
    `${secondsAgo(899)} level=warn container=app check=temperature verdict=unknown reason="no sensor is visible"`,
  ].join('\n'),
  [`${lists}/hushed:9440/proxy/metrics`]: 'forbidden',
  [`${lists}/hushed/log?container=health-probe&tailLines=400`]: 'forbidden',
  [`${lists}/web-2-b`]: { apiVersion: 'v1', kind: 'Pod', ...wellPod },
  // Of a Pod that the kubelet asks itself, and of one that was made with another budget than it has now.
  [`${lists}/idle`]: {
    apiVersion: 'v1',
    kind: 'Pod',
    ...wellPod,
    metadata: { ...wellPod.metadata, annotations: { ...wellPod.metadata?.annotations, ...idleKeys } },
  },
  [`${lists}/later`]: laterPod,
  [`${lists}/well-again`]: { apiVersion: 'v1', kind: 'Pod', ...wellAgain },
  [`${lists}/gpu`]: { apiVersion: 'v1', kind: 'Pod', ...gpuPod },
  [`${lists}/wrong`]: { apiVersion: 'v1', kind: 'Pod', ...wrongPod },
  [eventsAbout('gpu')]: {
    metadata: {},
    items: [
      event(
        'Unhealthy',
        'Warning',
        `Readiness probe failed: said once, the probe holds: 30 runs in a row were unknown: no GPU (gpu)`,
        30,
      ),
    ],
  },
  [`${lists}/unwell`]: { apiVersion: 'v1', kind: 'Pod', ...unwellPod },
  [eventsAbout('')]: { metadata: {}, items: [] },
  [eventsAbout('unwell')]: {
    metadata: {},
    items: [
      event('Scheduled', 'Normal', 'to a node', 50),
      event('Unhealthy', 'Warning', 'Liveness probe failed: connection refused\u001b[2J', 30, 7),
      event('Killing', 'Normal', 'Container app failed liveness probe, will be restarted', 20),
    ],
  },
};

/** What is said about the newest Pods, line by line. */
const newestPod = (out: string): string[] =>
  out
    .split('\n')
    .filter((line) => /newest Pod|it says/.test(line))
    .map((line) => line.trim());

describe('health-injector explain, on live objects', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  before(async () => {
    cluster = await startCluster(answers);
  });
  after(() => cluster.stop());

  const argsOf = (args: readonly string[]) => ['explain', '--kubeconfig', cluster.kubeconfig, ...args];
  const explain = (...args: readonly string[]) => runHere(argsOf(args));
  const guesses = async (name: string): Promise<string[]> =>
    (await explain(`pod/${name}`)).out.split('\n').flatMap((line) => /^ {4}guess +(.*)$/.exec(line)?.[1] ?? []);

  const warningsOf = async (name: string): Promise<string[]> =>
    (await explain(`pod/${name}`)).out
      .split('\n')
      .flatMap((line) => /^ +warning +(.* has no effect: .*)$/.exec(line)?.[1] ?? []);

  it('finds the newest Pod of a Deployment by its owners, and sees that it carries all', async () => {
    const { code, out, errors } = await healthInjector(argsOf(['deploy/web']));
    assert.deepEqual([code, errors], [0, '']);
    assert.match(out, /^Deployment shop\/web: health checks by port\.\n/);
    assert.deepEqual(newestPod(out), [
      'newest Pod     web-2-b: it carries all that is asked for, added by version 0.0.0.',
    ]);
  });

  it('says which keys about pauses and the restart budget have no effect, each once, and why', async () => {
    const why = 'pattern port cannot be held, only sidecar and cli can: the kubelet asks the application itself';
    assert.deepEqual(await warningsOf('idle'), [
      `health.example.com/pause has no effect: ${why}.`,
      `health.example.com/restart-budget has no effect: ${why}.`,
    ]);
    assert.deepEqual(await warningsOf('later'), [
      'health.example.com/restart-budget has no effect: the Pod was made with 25%, and only a new Pod in its place has another.',
    ]);
  });

  it('calls what a Pod lacks missed, and several objects can be named', async () => {
    const { out } = await explain('sts/db', 'daemonsets.apps/agent', '-n', 'shop');
    assert.deepEqual(newestPod(out), [
      'newest Pod     db-0: missed: it lacks app/livenessProbe, app/readinessProbe, since the webhook was away, or was not asked, when it was created; a new Pod in its place gets them.',
      'newest Pod     there is none.',
    ]);
  });

  it('follows a CronJob to the Pod of its newest Job, and repeats the problems that it was admitted with', async () => {
    const { out } = await explain('cronjob', 'report');
    assert.deepEqual(newestPod(out), [
      'newest Pod     report-1-x: missed: it lacks app/livenessProbe, app/readinessProbe, since it was made from another template; a new Pod in its place gets them.',
      'it says      A sentence.',
      'it says      Another.',
    ]);
  });

  it('says that the annotations of a workload have not gone down to its template', async () => {
    const { out } = await explain('ds/annotated');
    assert.match(out, /^DaemonSet shop\/annotated: a new Pod gets health checks by port\.\n/);
    assert.deepEqual(newestPod(out), [
      'newest Pod     annotated-x: missed: it lacks app/livenessProbe, app/readinessProbe, since the annotations of the DaemonSet are not on its Pod template: the webhook copies them when the template changes, as by kubectl rollout restart.',
    ]);
  });

  it('goes by the policies and the namespace of the cluster, or says that it may not see them', async () => {
    const { code, out, errors } = await explain('rs/plain', '-n', 'other');
    assert.deepEqual([code, errors], [0, '']);
    assert.match(out, /^ReplicaSet other\/plain: health checks by port\.\n {2}asked by {7}HealthPolicy everything\n/);
    const hidden = await explain('rs/plain', '--context', 'admin', '-n', 'hidden');
    assert.equal(
      hidden.errors,
      'The cluster does not show Namespace hidden: 403, "/api/v1/namespaces/hidden is forbidden".\n',
    );
    assert.match(hidden.out, /^ReplicaSet hidden\/plain: No annotation, policy or namespace asks/);
  });

  it('asks the sidecar which checks that were found are unproven', async () => {
    assert.deepEqual(await guesses('told'), [
      'db: redis 127.0.0.1:6379 is unproven: it has not passed since the container started, and restarts nothing.',
      'db: say "x" has passed, and is a check like any other.',
    ]);
    assert.deepEqual(await guesses('inside'), [
      'whether a check has passed that was found is known in the container only.',
    ]);
    assert.deepEqual(await guesses('web-2-b'), []);
  });

  it('shows what each check says now, since when, why, and the failures before', async () => {
    const { out } = await explain('pod/told');
    assert.match(out, /^ {2}newest Pod .* but the check redis 127\.0\.0\.1:6379 of db fails\.$/m);
    const [now, before, ...rest] = out.split('\n').filter((line) => /^ {4,6}(check|before) /.test(line));
    assert.match(
      now ?? '',
      /^ {4}check +db: redis 127\.0\.0\.1:6379 fails since \d+ min: connection refused \\u001b\[2J\\u202e \(asked \d+ s ago, took 0\.4 ms, 90 of 120 runs passed\)$/,
    );
    assert.match(before ?? '', /^ {6}before +\d+ min ago fails: says "no"$/);
    assert.deepEqual(rest, ['    check        db: say "x" has no result yet']);
    const [{ pod: live }] = JSON.parse((await explain('pod/told', '-o', 'json')).out);
    const [check] = live.checks;
    assert.deepEqual(
      [check.verdict, check.runs, check.isProven, check.failures.length],
      ['fail', { pass: 90, fail: 30 }, false, 2],
    );
  });

  it('names the right that is missing where the agent may not be asked', async () => {
    const { code, out } = await explain('pod/hushed');
    assert.equal(code, 0);
    assert.deepEqual(
      out.split('\n').flatMap((line) => /^ {4}not known +(.*)$/.exec(line)?.[1] ?? []),
      [
        'what the checks of health-probe say now is not known, since the agent cannot be asked: you lack the right to get pods/proxy in namespace shop.',
        'since when, and why they failed, is not known, since the log of health-probe cannot be read: you lack the right to get pods/log in namespace shop.',
      ],
    );
  });

  it('says that a log tells nothing, where the file of it is gone', async () => {
    const { out } = await explain('pod/logless');
    assert.match(out, /^ {4}check +db: redis 127\.0\.0\.1:6379 fails \(asked/m);
    assert.match(out, /^ {4}not known +since when, .* the log of health-probe says nothing of them\.$/m);
  });

  it('says of hardware that cannot be read since when and why, that it guards nothing, and what to do', async () => {
    const { out } = await explain('pod/blind');
    const lines = out.split('\n').filter((line) => /^ {4,6}(check|so) /.test(line));
    assert.match(
      lines[0] ?? '',
      /^ {4}check +app: temperature cannot tell since 1\d min: no sensor is visible \(0 of 90 runs passed\)$/,
    );
    assert.match(lines[1] ?? '', /^ {6}so +an unknown reading passes, and guards nothing: .* option strict$/);
  });

  it('prints the command that shows what hardware says in the container, and marks the Event of one that stays unknown', async () => {
    const { out } = await explain('pod/gpu');
    const program = '/opt/health-probe/health-probe check --timeout 5s --state /opt/health-probe-state';
    assert.match(
      out,
      /^ {4}check +app: gpu:\?max-temperature=90C is run in the container, and nothing is kept of a run that passes\./m,
    );
    assert.match(
      out,
      new RegExp(`^ +kubectl exec gpu -n shop -c app -- ${program} 'gpu:\\?max-temperature=90C'$`, 'm'),
    );
    assert.match(out, /^ {4}event +Unhealthy, .*said once.*\n {6}so +an unknown reading passes, and guards nothing/m);
  });

  it('says once what a workload and its Pod were both admitted with', async () => {
    const { out } = await explain('pod/wrong');
    assert.match(out, /^ {2}problem +health\.example\.com\/port: /m);
    assert.deepEqual(newestPod(out).slice(1), ['it says      the same.']);
  });

  it('never says of a Pod that fails only that it carries all: status, restarts, last end and Events stand below', async () => {
    const { out } = await explain('pod/unwell');
    // How long ago depends on how long the test takes.
    const lines = out
      .slice(out.indexOf('  newest Pod'))
      .replaceAll(/\d+ (s|min)\b/g, 'TIME')
      .trimEnd()
      .split('\n');
    assert.deepEqual(lines, [
      '  newest Pod     unwell: it carries all that is asked for, added by version 0.0.0, but it is not Ready and its containers were restarted 4 times.',
      '    not Ready    since TIME: containers with unready status: [app]',
      '    container    app is not ready, waits: CrashLoopBackOff, was restarted 4 times, last ended TIME ago with exit code 137 (OOMKilled)',
      '    event        Killing, TIME ago: Container app failed liveness probe, will be restarted',
      '    event        Unhealthy, TIME ago, 7 times: Liveness probe failed: connection refused\\u001b[2J',
    ]);
  });

  it('says of a Pod that was restarted and is Ready again both, without a but', async () => {
    const { out } = await explain('pod/well-again');
    assert.match(
      newestPod(out)[0] ?? '',
      /, added by version 0\.0\.0\. It is Ready now, and its containers were restarted 2 times\.$/,
    );
  });

  it('explains a Pod, as data too', async () => {
    const { out } = await explain('pod/web-2-b', '-o', 'json');
    const [{ result, pod: live }] = JSON.parse(out);
    assert.deepEqual(
      [result, live],
      [
        'already-injected',
        {
          name: 'web-2-b',
          missed: [],
          isComplete: true,
          problems: [],
          sentence: 'it carries all that is asked for, added by version 0.0.0.',
          state: { message: '', restarts: 0, troubled: [] },
          checks: [],
          events: [],
          unanswered: [],
        },
      ],
    );
  });

  const mistakes: Readonly<Record<string, readonly [args: readonly string[], sentence: RegExp]>> = {
    'an object that is not there': [['deploy/none'], /^There is no Deployment shop\/none\.$/],
    'an object that may not be seen': [
      ['deploy/web', '--context', 'guest'],
      /The cluster does not show Deployment shop\/web: 403, ".* is forbidden"\.$/,
    ],
    'a context that is not there': [['deploy/web', '--context', 'none'], /^The kubeconfig has no context none\.$/],
    'a kubeconfig that is not there': [
      ['deploy/web', '--kubeconfig', '/none'],
      /^The kubeconfig cannot be read: ENOENT.*\.$/,
    ],
  };
  for (const [what, [args, expected]] of Object.entries(mistakes)) {
    it(`says with 2 that it cannot show ${what}`, async () => {
      const { code, out, errors } = await explain(...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(errors.trimEnd(), expected);
    });
  }
});
