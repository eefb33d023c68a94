// https://kubernetes.io/docs/concepts/services-networking/network-policies/
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inject } from '../../src/inject/inject.ts';
import { probeTargetOf } from '../../src/controllers/hardware/pod.ts';
import { testContext } from '../support/webhook.ts';
import { chartObjects, kustomizeObjects, needTools } from './support/render.ts';

/** A Pod whose hardware is checked by a sidecar on a port of its author's choice, as the webhook makes it. */
function injected(healthPort: string | undefined): any {
  const keys = { pattern: 'hardware', check: 'clock:', ...(healthPort ? { 'health-port': healthPort } : {}) };
  const annotations = Object.fromEntries(Object.entries(keys).map(([k, v]) => [testContext.prefix + k, v]));
  const outcome = inject({ metadata: { annotations }, spec: { containers: [{ name: 'app' }] } }, testContext);
  assert(outcome.kind === 'injected');
  return outcome.pod;
}

const egressOf = (objects: readonly any[], name: string): any[] =>
  objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name).spec.egress;
const lets = ({ ports }: any, port: number): boolean =>
  ports.some((each: any) => each.port <= port && port <= (each.endPort ?? each.port));

describe('the NetworkPolicies', () => {
  before(async function () {
    await needTools(this);
  });

  for (const healthPort of [undefined, '1024', '19440', '65534', '65535']) {
    it(`let the controller ask a sidecar of hardware where health-port is ${healthPort ?? 'not given'}`, async () => {
      const pod = injected(healthPort);
      const { port } = probeTargetOf(pod, testContext.prefix);
      for (const objects of [await chartObjects(), await kustomizeObjects()]) {
        const rules = egressOf(objects, 'health-injector-controller').filter(({ to }) => to);
        for (const { to } of rules) {
          const [{ namespaceSelector, podSelector }] = to;
          assert.deepEqual(namespaceSelector, {});
          assert(podSelector.matchExpressions.every(({ key }: any) => Object.hasOwn(pod.metadata.labels, key)));
        }
        assert(rules.some((rule) => lets(rule, port)));
      }
    });
  }

  it('let the controller speak to Pods that nobody checks, and to nodes, on no port but those of the usual sidecars', async () => {
    const objects = await chartObjects({ networkPolicy: { apiserverPorts: [6443] } });
    const anywhere = egressOf(objects, 'health-injector-controller').filter(({ to }) => !to);
    const ports = [22, 53, 80, 443, 6443, 9440, 9441, 9499, 9500, 10250];
    assert.deepEqual(
      ports.filter((port) => anywhere.some((rule) => lets(rule, port))),
      [53, 6443, 9440, 9441, 9499],
    );
  });

  it('find Pods by the prefix that the release has', async () => {
    const objects = await chartObjects({ prefix: 'checks.example.org/' });
    const { to } = egressOf(objects, 'health-injector-controller').find((rule) => rule.to);
    assert.equal(to[0].podSelector.matchExpressions[0].key, 'checks.example.org/hardware');
  });
});

const tcp = ({ ports }: any): any => ({ ports: ports.filter(({ protocol }: any) => protocol === 'TCP') });

describe('the NetworkPolicy to copy', () => {
  const example = new URL('../../deploy/examples/network-policy/sidecar.yaml', import.meta.url);

  it('keeps all but the monitoring and the controller from the port of a sidecar, and nothing from any other port', () => {
    const keys = { pattern: 'sidecar', check: 'tcp://:1' };
    const annotations = Object.fromEntries(Object.entries(keys).map(([k, v]) => [testContext.prefix + k, v]));
    const outcome = inject({ metadata: { annotations }, spec: { containers: [{ name: 'app' }] } }, testContext);
    assert(outcome.kind === 'injected');
    const { port } = (outcome.pod as any).spec.containers[0].livenessProbe.httpGet;
    const { ingress } = parse(readFileSync(example, 'utf8')).spec;
    const letting = (wanted: number): any[] => ingress.filter((rule: any) => lets(tcp(rule), wanted));
    for (let other = 1; other <= 65_535; other++) {
      const rules = letting(other);
      if (other !== port) assert(rules.length === 1 && !rules[0].from, `${other}`);
    }
    assert.deepEqual(
      letting(port).map(({ from }) => from),
      [
        ['monitoring', 'health-injector'].map((name) => ({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        })),
      ],
    );
  });
});
