import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from '../../diagnostics/facts.ts';
import { ignoreNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';

export type EndToEndOutcome = 'ok' | 'failed' | 'interrupted';

type EndToEndRequest = {
  readonly client: Client;
  readonly installation: Installation;
  /** Takes one line for each step. */
  readonly report: (line: string) => void;
};

/** An image that has to be pulled first takes its time; a restart takes seconds. */
const stepMs = 120_000;
const pollMs = 500;

/** A namespace with one Pod that ends at once is gone in seconds. */
const removalMs = 60_000;

const app = 'server';

/** That of the agent's image. */
const agentUid = 65_532;

/**
 * Runs a server in a namespace of its own, sees that it is injected, breaks it, sees that the kubelet restarts it, and
 * mends it. The server is the agent, whose image a node has anyhow: it answers 503 while a key of a ConfigMap is missing.
 * The namespace is removed at the end, whatever the end is.
 */
export async function runEndToEnd({ client, installation, report }: EndToEndRequest): Promise<EndToEndOutcome> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  // A second Ctrl-C ends the process as usual.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const { signal } = interrupted;
  const namespace = `health-injector-check-${crypto.randomUUID().slice(0, 8)}`;
  report(`End to end, in the namespace ${namespace}`);
  try {
    await breakAndMend({ client, installation, report: (step) => report(`  ok   ${step}`) }, namespace, signal);
    return 'ok';
  } catch (error) {
    if (signal.aborted) {
      report('  -    interrupted');
      return 'interrupted';
    }
    report(`  FAIL ${(error as Error).message}`);
    return 'failed';
  } finally {
    report(await remove(client, namespace, signal));
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, interrupt);
  }
}

async function breakAndMend(
  { client, installation, report }: EndToEndRequest,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const own = `/api/v1/namespaces/${namespace}`;
  const options = { signal };
  const labels = { 'app.kubernetes.io/managed-by': 'health-injector-check' };
  await client.create('/api/v1/namespaces', { metadata: { name: namespace, labels } }, options);
  await client.create(`${own}/configmaps`, { metadata: { name: app }, data: { well: 'yes' } }, options);
  await client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentOf(installation), options);

  const podOf = async (): Promise<V1Pod | undefined> => {
    const { items } = await client.list<V1Pod>(`${own}/pods`, { ...options, labelSelector: `app=${app}` });
    return items.find(({ metadata }) => metadata?.deletionTimestamp === undefined);
  };
  const until = async (what: string, isSo: (pod: V1Pod) => boolean): Promise<V1Pod> => {
    const untilMs = performance.now() + stepMs;
    for (;;) {
      const pod = await podOf();
      if (pod && isSo(pod)) return pod;
      if (performance.now() > untilMs)
        throw new Error(`${what} did not come within ${stepMs / 1_000} s: ${stateOf(pod)}.`);
      await sleep(pollMs, undefined, { signal });
    }
  };
  /** Writes the state of the server, and touches its Pod, at which the kubelet writes the volume anew at once. */
  const setWell = async (pod: V1Pod, isWell: boolean): Promise<void> => {
    await client.patch(`${own}/configmaps/${app}`, { data: { well: isWell ? 'yes' : null } }, options);
    const annotations = { 'health-injector-check/touched': new Date().toISOString() };
    await client.patch(`${own}/pods/${pod.metadata?.name}`, { metadata: { annotations } }, options);
  };

  const created = await until('the Pod', () => true);
  if (created.metadata?.annotations?.[`${installation.prefix}status`] === undefined) {
    throw new Error('the Pod of an annotated Deployment came up without a health check: the checks above say why.');
  }
  report('a Pod is created, and injected');
  const ready = await until('its readiness', isReady);
  report('its server is checked, and ready');
  const startedMs = performance.now();
  await setWell(ready, false);
  const broken = await until('the restart of the broken server', (pod) => restartsOf(pod) > restartsOf(ready));
  report(
    `the server breaks, and the kubelet restarts it (after ${Math.round((performance.now() - startedMs) / 1_000)} s)`,
  );
  await setWell(broken, true);
  const mended = await until('its readiness after that', isReady);
  if (mended.metadata?.uid !== ready.metadata?.uid) throw new Error('another Pod took the place of the first one.');
  report('the server is well, and the same Pod is ready again');
}

function deploymentOf({ prefix, agentImage, leavesUid }: Installation): V1Deployment {
  const asked = {
    pattern: 'sidecar',
    check: 'http://:8080/livez',
    period: '1s',
    timeout: '1s',
    'failure-threshold': '2',
    'termination-grace-period': '1s',
  };
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    ...(leavesUid ? {} : { runAsUser: agentUid }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    metadata: {
      name: app,
      annotations: Object.fromEntries(Object.entries(asked).map(([key, value]) => [prefix + key, value])),
    },
    spec: {
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: app,
              image: agentImage,
              imagePullPolicy: 'IfNotPresent',
              args: [
                'serve',
                '--listen',
                '0.0.0.0:8080',
                '--period',
                '500ms',
                '--timeout',
                '400ms',
                'file:///state/well',
              ],
              ports: [{ containerPort: 8080 }],
              resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '16Mi' } },
              securityContext,
              volumeMounts: [{ name: 'state', mountPath: '/state', readOnly: true }],
            },
          ],
          volumes: [{ name: 'state', configMap: { name: app } }],
        },
      },
    },
  };
}

const isReady = ({ status }: V1Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

const restartsOf = ({ status }: V1Pod): number =>
  status?.containerStatuses?.find(({ name }) => name === app)?.restartCount ?? 0;

/** Where a Pod stands, for who waits for more. */
function stateOf(pod: V1Pod | undefined): string {
  if (!pod) return 'there is no Pod';
  const { phase = 'Pending', conditions = [], containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const waiting = [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) =>
    state?.waiting?.reason ? [`${name} waits for ${state.waiting.reason}`] : [],
  );
  const unmet = conditions.flatMap(({ status, message }) => (status === 'False' && message ? [message] : []));
  return [`the Pod is ${phase}`, ...waiting, ...unmet].join(', ');
}

/** Removes the namespace, and says so; after an interruption it does not wait for the end. */
async function remove(client: Client, namespace: string, interrupted: AbortSignal): Promise<string> {
  const { signal } = new AbortController();
  const path = `/api/v1/namespaces/${namespace}`;
  try {
    await ignoreNotFound(client.delete(path, { signal }));
    const untilMs = performance.now() + removalMs;
    while (!interrupted.aborted && performance.now() < untilMs) {
      if ((await ignoreNotFound(client.get(path, { signal }))) === undefined) return '  ok   the namespace is removed';
      await sleep(pollMs);
    }
    return '  -    the namespace is being removed';
  } catch (error) {
    return `  WARN the namespace could not be removed (${(error as Error).message}): kubectl delete namespace ${namespace}`;
  }
}
