// https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
import type { V1Deployment, V1MutatingWebhookConfiguration, V1Pod } from '@kubernetes/client-node';
import type { ClusterReads, FactRead, Installation, NamespaceFact } from '../../diagnostics/facts.ts';
import type { Client } from '../../kube/client.ts';
import { compileSelector } from '../../policy/match.ts';
import type { FactReader } from './reading.ts';

type DryRunRequest = {
  readonly installation: Installation;
  readonly entries: readonly V1MutatingWebhookConfiguration[];
  readonly namespaces: readonly NamespaceFact[] | undefined;
};

const name = 'health-injector-check';

/** It passes Pod Security `restricted`, so that no namespace refuses it; the sidecar is that of another injector. */
function podOf(image: string, annotations: Readonly<Record<string, string>>, hasSidecar: boolean): V1Pod {
  const container = {
    image,
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      runAsUser: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  const sidecar = { name: 'sidecar', restartPolicy: 'Always', ...container };
  return {
    metadata: { generateName: `${name}-`, labels: { app: name }, annotations: { ...annotations } },
    spec: { containers: [{ name: 'app', ...container }], ...(hasSidecar ? { initContainers: [sidecar] } : {}) },
  };
}

/** Has the apiserver say what it would create, which asks all webhooks and has no effect. */
export async function dryRuns(
  reader: FactReader,
  client: Client,
  { installation, entries, namespaces }: DryRunRequest,
): Promise<{ readonly [Name in 'plainPod' | 'annotatedPod' | 'annotatedDeployment']: FactRead<ClusterReads[Name]> }> {
  const { prefix, agentImage: image, mode } = installation;
  const namespace = namespaceFor(installation, entries, namespaces);
  const create = <T extends object>(api: string, kind: string, object: T): Promise<FactRead<T>> =>
    reader.read(`create ${kind} in ${namespace}`, (options) =>
      client.create<T>(`${api}/namespaces/${namespace}/${kind}?dryRun=All`, object, options),
    );
  const asking = { [`${prefix}pattern`]: 'sidecar', [`${prefix}check`]: 'tcp://:8080' };
  const template = podOf(image, {}, false);
  const deployment: V1Deployment = {
    metadata: { generateName: `${name}-`, annotations: asking },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { ...template, metadata: { labels: { app: name } } } as never,
    },
  };
  const unasked = { unread: 'nothing is installed yet' };
  const [plainPod, annotatedPod, annotatedDeployment] = await Promise.all([
    create('/api/v1', 'pods', podOf(image, { [`${prefix}pattern`]: 'none' }, true)),
    mode === 'pre' ? unasked : create('/api/v1', 'pods', podOf(image, asking, false)),
    mode === 'pre' ? unasked : create('/apis/apps/v1', 'deployments', deployment),
  ]);
  return { plainPod, annotatedPod, annotatedDeployment };
}

/** A namespace that the webhook is asked about: `default` wherever it can be. */
function namespaceFor(
  { configuration, excludedNamespaces }: Installation,
  entries: readonly V1MutatingWebhookConfiguration[],
  namespaces: readonly NamespaceFact[] | undefined,
): string {
  const ours = entries.find(({ metadata }) => metadata?.name === configuration)?.webhooks ?? [];
  const selectors = ours.map(({ namespaceSelector }) => compileSelector(namespaceSelector));
  const selected = (namespaces ?? []).filter(
    ({ name: each, labels }) =>
      !excludedNamespaces.includes(each) && !each.startsWith('kube-') && selectors.every((selects) => selects(labels)),
  );
  const isDefault = selected.length === 0 || selected.some(({ name: each }) => each === 'default');
  return isDefault ? 'default' : (selected[0]?.name ?? 'default');
}
