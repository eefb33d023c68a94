import assert from 'node:assert/strict';
import type { V1Container, V1Probe } from '@kubernetes/client-node';
import fc from 'fast-check';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { inject } from '../src/inject/inject.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import { allContainers } from '../src/inject/pod/pod.ts';
import { literal } from '../src/inject/pod/agent-container.ts';
import { createJsonPatch } from '../src/webhook/json-patch.ts';
import { arbitraryAnnotations } from './support/arbitrary-annotations.ts';
import { arbitraryPod, secret } from './support/arbitrary-pod.ts';
import { assertOnlyAdds, assertUserKept, deepFreeze } from './support/invariants.ts';
import { expand } from './support/kubelet-expansion.ts';
import { assertRestricted, assertRestrictedVolume } from './support/restricted.ts';
import { testContext } from './support/webhook.ts';

const runs = { numRuns: 3_000 };
const probeFields = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

describe('any Pod with any annotations', () => {
  /** What became of each kind, so that the properties are known to have had something to hold for. */
  const kinds = new Map<string, number>();

  const property = (name: string, hold: (input: Pod, output: Pod, patch: Operation[]) => void): void => {
    it(name, () => {
      const check = fc.property(arbitraryPod(arbitraryAnnotations), (input) => {
        const outcome = inject(deepFreeze(input), testContext);
        kinds.set(outcome.kind, (kinds.get(outcome.kind) ?? 0) + 1);
        if (outcome.kind !== 'skipped')
          hold(input, outcome.pod, structuredClone(createJsonPatch(input, outcome.pod)) as Operation[]);
      });
      fc.assert(check, runs);
    });
  };

  property('comes out as the patch makes it, with all that was in it', (input, output, patch) => {
    const patched: Pod = jsonPatch.applyPatch(structuredClone(input), patch, true).newDocument;
    assert.deepEqual(patched, output);
    assertOnlyAdds(patch, input);
    assertUserKept(input, output);
  });

  property('comes out the same when it comes in again', (_, output) => {
    const again = inject(deepFreeze(structuredClone(output)), testContext);
    if (again.kind !== 'skipped') assert.deepEqual(createJsonPatch(output, again.pod), []);
  });

  property(
    'changes nothing but the image for another version, with the defaults of the apiserver on it',
    (_, output) => {
      const defaulted = withDefaults(output);
      const upgraded = inject(deepFreeze(defaulted), { ...testContext, version: '9.9.9', agentImage: 'other:9' });
      const changed =
        upgraded.kind === 'skipped' ? [] : createJsonPatch(defaulted, upgraded.pod).map(({ path }) => path);
      assert.deepEqual(
        changed.filter(
          (path) => !/^\/metadata\/annotations\/health.example.com~1status$|\/image(\/reference)?$/.test(path),
        ),
        [],
      );
    },
  );

  property('gets only containers and volumes that pass Pod Security restricted', (input, output) => {
    for (const container of addedTo(input, output)) assertRestricted(container);
    const asksForNode = ['host-paths', 'devices'].some(
      (key) => input.metadata?.annotations?.[`health.example.com/${key}`] !== undefined,
    );
    for (const volume of asksForNode ? [] : (output.spec.volumes ?? [])) {
      if (!input.spec.volumes?.some(({ name }) => name === volume.name)) assertRestrictedVolume(volume);
    }
  });

  property('gets only names and mount paths that are free', (input, output) => {
    assertUnique(allContainers(output).map(({ name }) => name));
    assertUnique((output.spec.volumes ?? []).map(({ name }) => name));
    const known = new Set(output.spec.volumes?.map(({ name }) => name));
    for (const { name, volumeMounts = [] } of allContainers(output)) {
      assertUnique(volumeMounts.map(({ mountPath }) => mountPath));
      const before = allContainers(input).find((container) => container.name === name)?.volumeMounts ?? [];
      for (const mount of volumeMounts.slice(before.length)) assert(known.has(mount.name), mount.name);
    }
  });

  property('gets only probes that the kubelet takes and that have somebody to ask', (input, output) => {
    const added = addedTo(input, output);
    for (const [index, container] of allContainers(output).entries()) {
      const before = allContainers(input).find(({ name }) => name === container.name);
      for (const field of probeFields) {
        const probe = container[field];
        if (!probe || before?.[field]) continue;
        assertProbe(probe, field);
        const ofSidecar = added.find(({ ports }) => ports?.[0]?.containerPort === probe.httpGet?.port);
        if (ofSidecar) assert(allContainers(output).indexOf(ofSidecar) <= index, 'the sidecar starts first');
        if (/^\/(livez|readyz|startupz)\//.test(probe.httpGet?.path ?? '')) assert(ofSidecar, 'there is a sidecar');
        if (probe.exec?.command?.[0]?.startsWith('/opt/health-probe/')) assertShipped(container, output);
      }
    }
  });

  property('shows what an env entry holds in no place but an env', (input, output, patch) => {
    const outcome = inject(input, testContext);
    const shown = [patch, 'warnings' in outcome && outcome.warnings];
    assert(!JSON.stringify(shown, (key, value) => (key === 'env' ? [] : value)).includes(secret));
    assert.equal(output.metadata?.annotations?.['health.example.com/problems']?.includes(secret) ?? false, false);
  });

  it('adds to a Pod in trial no probe, mount, volume or label, and agents that count', () => {
    let count = 0;
    const check = fc.property(arbitraryPod(arbitraryAnnotations), (input) => {
      const annotations = { ...input.metadata?.annotations, 'health.example.com/trial': 'true' };
      const tried = deepFreeze({ ...input, metadata: { ...input.metadata, annotations } });
      const outcome = inject(tried, testContext);
      if (outcome.kind !== 'injected') return;
      count++;
      const { pod } = outcome;
      assert.deepEqual(pod.spec.containers, input.spec.containers);
      assert.deepEqual(pod.metadata?.labels, input.metadata?.labels);
      const agents = addedTo(tried, pod);
      assert(agents.length > 0);
      for (const { args, readinessProbe } of agents) {
        assert(args?.includes('--trial') && readinessProbe === undefined);
      }
      const before = input.spec.initContainers ?? [];
      const names = new Set(before.map(({ name }) => name));
      assert.deepEqual(
        pod.spec.initContainers?.filter(({ name }) => names.has(name)),
        before,
      );
    });
    fc.assert(check, runs);
    assert(count > 50, `${count} of them`);
  });

  it('keeps every container as it was where only its hardware is asked, and finds it by a label', () => {
    let count = 0;
    const check = fc.property(arbitraryPod(arbitraryAnnotations), (input) => {
      const annotations: Record<string, string> = { ...input.metadata?.annotations };
      annotations['health.example.com/pattern'] = 'hardware';
      annotations['health.example.com/check'] = 'temperature:?max=90C\nmemory-errors:';
      delete annotations['health.example.com/trial'];
      // Its files are mounted into the container.
      delete annotations['health.example.com/move-window'];
      const outcome = inject(deepFreeze({ ...input, metadata: { ...input.metadata, annotations } }), testContext);
      // A key of one container may ask for another pattern there.
      const isAlone = outcome.kind === 'injected' && outcome.patterns.join() === 'hardware';
      if (!isAlone || annotations['health.example.com/mode'] === 'cli') return;
      count++;
      assert.deepEqual(outcome.pod.spec.containers, input.spec.containers);
      const [sidecar, ...others] = addedTo(input, outcome.pod);
      assert.equal(others.length, 0);
      assert.equal(sidecar?.readinessProbe?.httpGet?.port, sidecar?.ports?.[0]?.containerPort);
      assert(
        ['move', 'move-alone', 'report'].includes(outcome.pod.metadata?.labels?.['health.example.com/hardware'] ?? ''),
      );
    });
    fc.assert(check, runs);
    assert(count > 100, `${count} of them`);
  });

  it('were of every kind', () => {
    for (const kind of ['injected', 'rejected', 'skipped'])
      assert((kinds.get(kind) ?? 0) > 200, JSON.stringify([...kinds]));
  });
});

describe('any argument of the agent', () => {
  it('comes out of the expansion of the kubelet as it went in', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '(', ')', 'A', '$(A)', '$$', ' ') });
    fc.assert(
      fc.property(text, (argument) => assert.equal(expand(literal(argument), { A: 'expanded' }), argument)),
      runs,
    );
  });
});

/** The Pod as the apiserver hands it to the next webhook, or to this one again. */
function withDefaults(pod: Pod): Pod {
  const defaulted = structuredClone(pod);
  for (const container of allContainers(defaulted)) {
    container.terminationMessagePath ??= '/dev/termination-log';
    for (const field of probeFields) {
      if (container[field]) container[field] = { successThreshold: 1, initialDelaySeconds: 0, ...container[field] };
    }
  }
  return defaulted;
}

const addedTo = (input: Pod, output: Pod): V1Container[] =>
  allContainers(output).filter(({ name }) => !allContainers(input).some((before) => before.name === name));

const assertUnique = (names: readonly string[]): void =>
  assert.equal(new Set(names).size, names.length, names.join(', '));

function assertShipped({ name, volumeMounts }: V1Container, { spec }: Pod): void {
  const mount = volumeMounts?.find(({ mountPath }) => mountPath === '/opt/health-probe');
  assert(mount?.readOnly, name);
  const volume = spec.volumes?.find((candidate) => candidate.name === mount.name);
  const installer = spec.initContainers?.findIndex(({ args }) => args?.[0] === 'install');
  const place = spec.initContainers?.findIndex((candidate) => candidate.name === name) ?? -1;
  assert(
    volume?.image ?? (installer !== undefined && installer >= 0 && (place < 0 || installer < place)),
    'the agent is there first',
  );
}

function assertProbe(probe: V1Probe, field: (typeof probeFields)[number]): void {
  const actions = [probe.httpGet, probe.tcpSocket, probe.grpc, probe.exec].filter((action) => action !== undefined);
  assert.equal(actions.length, 1);
  const [action] = actions as [{ port?: unknown; host?: unknown; command?: unknown }];
  assert.equal(action.host, undefined);
  if (!action.command) assert.equal(typeof action.port, 'number');
  const { periodSeconds = 0, timeoutSeconds = 0, failureThreshold = 0, initialDelaySeconds = 0 } = probe;
  assert(Math.min(periodSeconds, timeoutSeconds, failureThreshold) >= 1 && initialDelaySeconds >= 0);
  if (field !== 'readinessProbe') assert.equal(probe.successThreshold ?? 1, 1);
  if (field === 'readinessProbe') assert.equal(probe.terminationGracePeriodSeconds, undefined);
}
