import assert from 'node:assert/strict';
import { fit } from '../../../src/inject/fit/fit.ts';
import { readRules } from '../../../src/inject/fit/rules.ts';
import type { Addition } from '../../../src/inject/pod/additions.ts';
import type { Pod } from '../../../src/inject/pod/pod.ts';

const agent = (name: string, restartPolicy?: string): Addition => ({
  kind: 'initContainer',
  value: { name, image: 'agent:1', resources: {}, ...(restartPolicy && { restartPolicy }) },
});
const sidecar = agent('health-probe', 'Always');
const installer = agent('health-probe-agent');

const small = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
const podOf = (rest: Partial<Pod['spec']> = {}, metadata: Pod['metadata'] = {}): Pod => ({
  metadata,
  spec: { containers: [{ name: 'app', image: 'app:1', resources: small }], ...rest },
});

const quotaOf = (hard: string, used: string) =>
  readRules(
    [],
    [{ metadata: { name: 'q' }, spec: {}, status: { hard: { 'requests.cpu': hard }, used: { 'requests.cpu': used } } }],
  );

const surroundings = { cpu: undefined, memory: undefined, hasOwnUid: false, completesLate: undefined };
const fitted = (pod: Pod, rules = readRules([], []), additions: readonly Addition[] = [sidecar], arrived = pod) =>
  fit(additions, { ...surroundings, pod, arrived, rules });

const item = (values: object) => ({ type: 'Container', ...values });

const resourcesIn = (result: ReturnType<typeof fit>) =>
  result.kind === 'fitted' &&
  result.additions.flatMap((each) => (each.kind === 'initContainer' ? [each.value.resources] : []));

describe('the agent', () => {
  it('adds to what runs, and only an installer is over before it', () => {
    const big = {
      name: 'migrate',
      image: 'app:1',
      resources: { requests: { cpu: '1', memory: '64Mi' }, limits: { cpu: '1', memory: '64Mi' } },
    };
    const pod = podOf({ initContainers: [big] });
    const full = quotaOf('2', '1');
    assert.equal(fitted(pod, full, [installer]).kind, 'fitted', 'the init container has a core already');
    assert.equal(fitted(pod, full, [sidecar]).kind, 'fitted', 'a sidecar behind it does not run with it');
    const beforeIt: Addition = { ...(sidecar as Extract<Addition, { kind: 'initContainer' }>), before: 'migrate' };
    assert.equal(fitted(pod, full, [beforeIt]).kind, 'refused', 'a sidecar before it runs with it');
  });

  it('keeps the limits that a Pod as a whole has of its containers, and its class, where they are completed late', () => {
    const whole = { requests: { cpu: '200m', memory: '128Mi' } };
    const pod = podOf({ resources: whole } as Partial<Pod['spec']>);
    const [late, early] = [true, false].map((completesLate) =>
      resourcesIn(fit([sidecar], { ...surroundings, pod, arrived: pod, rules: readRules([], []), completesLate })),
    );
    assert.deepEqual(late, [{ requests: { cpu: '20m', memory: '16Mi' }, limits: { cpu: '100m', memory: '16Mi' } }]);
    assert.deepEqual(early, [{ requests: { cpu: '20m', memory: '16Mi' }, limits: { memory: '16Mi' } }]);
    const full = podOf({ resources: { requests: small.requests } } as Partial<Pod['spec']>);
    assert.deepEqual(resourcesIn(fitted(full)), [
      { requests: { cpu: '0', memory: '0' }, limits: { cpu: '0', memory: '0' } },
    ]);
  });

  it('makes no Pod Guaranteed, whose request as a whole would just reach its limit', () => {
    const pod = podOf({ resources: { limits: { memory: '80Mi' } } } as Partial<Pod['spec']>);
    const asked = { ...surroundings, pod, arrived: pod, rules: readRules([], []), cpu: '100m', completesLate: true };
    assert.deepEqual(resourcesIn(fit([sidecar], asked)), [
      { requests: { cpu: '100m', memory: '0' }, limits: { cpu: '100m', memory: '16Mi' } },
    ]);
  });

  it('asks for no more than the limit of a Pod as a whole, which is to become its request', () => {
    const pod = podOf({ resources: { limits: { cpu: '110m' } } } as Partial<Pod['spec']>);
    for (const completesLate of [true, false, undefined]) {
      const result = fit([sidecar], { ...surroundings, pod, arrived: pod, rules: readRules([], []), completesLate });
      const [resources] = resourcesIn(result) || [];
      assert.equal(resources?.requests?.['cpu'], '0', String(completesLate));
    }
  });

  it('is counted once for a Pod that runs with it already', () => {
    const running = { name: 'health-probe', image: 'agent:1', restartPolicy: 'Always', resources: small };
    const metadata = { creationTimestamp: new Date(0) };
    const arrived = podOf({ initContainers: [running] }, metadata);
    assert.equal(fitted(podOf({}, metadata), quotaOf('200m', '200m'), [sidecar], arrived).kind, 'fitted');
  });

  it('has room in a quota that counts a running Pod without it', () => {
    const pod = podOf({}, { creationTimestamp: new Date(0) });
    assert.equal(fitted(pod, quotaOf('200m', '100m')).kind, 'fitted');
    assert.equal(fitted(podOf(), quotaOf('200m', '100m')).kind, 'refused');
    const beingCreated = podOf({}, { creationTimestamp: null as never });
    assert.equal(fitted(beingCreated, quotaOf('200m', '100m')).kind, 'refused', 'as Kubernetes 1.33 writes it');
  });

  it('never breaks the shape of resources that are no resources', () => {
    const strange = [
      null,
      [],
      'text',
      { requests: null },
      { limits: [] },
      { requests: { cpu: {} } },
      { limits: { cpu: 'x' } },
    ];
    for (const resources of strange) {
      const containers = [{ name: 'app', image: 'app:1', resources }] as unknown as Pod['spec']['containers'];
      assert.equal(
        fitted(podOf({ containers, resources: resources as object, overhead: resources as never })).kind,
        'fitted',
      );
    }
  });

  it('gives no answer by rules that are none', () => {
    const strange = readRules(
      [
        { spec: { limits: [null, { type: 'Pod', max: { cpu: 'x' } }, { type: 'Container' }] } },
        {},
        { spec: {} },
      ] as never,
      [
        {},
        { spec: null },
        { status: { hard: { cpu: 'x' }, used: {} } },
        { spec: { scopes: ['New'], hard: { cpu: '0' } } },
      ] as never,
    );
    assert.deepEqual(resourcesIn(fitted(podOf(), strange)), [
      { requests: { cpu: '100m', memory: '16Mi' }, limits: { cpu: '100m', memory: '16Mi' } },
    ]);
  });

  it('takes the strictest of several LimitRanges, and the defaults of none', () => {
    const rules = readRules(
      [
        { metadata: { name: 'b' }, spec: { limits: [item({ min: { cpu: '40m' } }), item({ max: { cpu: '1' } })] } },
        { metadata: { name: 'a' }, spec: { limits: [item({ min: { cpu: '30m' } }), item({ max: { cpu: '120m' } })] } },
      ],
      [],
    );
    const containers = [{ name: 'app', image: 'app:1', resources: { requests: { cpu: '50m' } } }];
    assert.deepEqual(resourcesIn(fitted(podOf({ containers }), rules)), [
      { requests: { cpu: '40m', memory: '16Mi' }, limits: { cpu: '100m', memory: '16Mi' } },
    ]);
  });

  it('is judged in a time that does not grow with the product of containers and rules', () => {
    const containers = Array.from({ length: 120 }, (_, index) => ({
      name: `c${index}`,
      image: 'app:1',
      resources: { requests: Object.fromEntries(Array.from({ length: 400 }, (__, at) => [`example.com/r${at}`, '1'])) },
    }));
    const hard = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`requests.example.com/r${at}`, '1k']));
    const limits = [{ type: 'Pod', max: Object.fromEntries(Object.keys(hard).map((key) => [key.slice(9), '1M'])) }];
    const rules = readRules([{ spec: { limits } }], [{ spec: { hard } }]);
    assert(rules.pod.size <= 64 && (rules.quotas[0]?.rule.shares.length ?? 0) <= 64);
    const before = process.cpuUsage();
    fitted(podOf({ containers }), rules);
    const { user } = process.cpuUsage(before);
    assert(user < 2_000_000, `${user} µs`);
  });
});
