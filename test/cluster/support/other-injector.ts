import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';
import { kubectl } from './kubectl.ts';

/** An address of this machine that the apiserver reaches. */
const host = process.env['CLUSTER_HOST'] ?? '203.0.113.254';

/**
 * A mutating webhook of somebody else's, under this name: it puts a native sidecar named after itself in front of all
 * containers, and an environment variable into every one, as a mesh does. Returns the call that takes it away.
 */
export async function startOtherInjector(name: string, namespace: string): Promise<() => Promise<void>> {
  const authority = issueAuthority(name, new Date());
  const server = createServer(
    issueServingCertificate(authority, [host], { now: new Date(), days: 1 }),
    (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { uid, object } = JSON.parse(body).request;
        const patch = Buffer.from(JSON.stringify(operations(name, object.spec))).toString('base64');
        const answer = { uid, allowed: true, patchType: 'JSONPatch', patch };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
      });
    },
  );
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const webhook = {
    name: `${name}.example.com`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    reinvocationPolicy: 'IfNeeded',
    clientConfig: { url: `https://${host}:${port}/`, caBundle: Buffer.from(authority.cert).toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const configuration = { apiVersion, kind: 'MutatingWebhookConfiguration', metadata: { name }, webhooks: [webhook] };
  await kubectl(['apply', '-f', '-'], stringify(configuration));
  return async () => {
    await kubectl(['delete', 'mutatingwebhookconfiguration', name]);
    server.close();
    server.closeAllConnections();
  };
}

type Spec = { containers: { env?: { name: string }[] }[]; initContainers?: { name: string }[] };

function operations(name: string, spec: Spec): object[] {
  const isDone = (spec.initContainers ?? []).some((container) => container.name === name);
  const sidecar = {
    name,
    image: 'docker.io/local/pause:1',
    restartPolicy: 'Always',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  const first = spec.initContainers
    ? { op: 'add', path: '/spec/initContainers/0', value: sidecar }
    : { op: 'add', path: '/spec/initContainers', value: [sidecar] };
  const variable = { name: `SEEN_BY_${name.toUpperCase().replaceAll('-', '_')}`, value: 'yes' };
  const env = spec.containers.flatMap((container, index): object[] => {
    if (container.env?.some((entry) => entry.name === variable.name)) return [];
    const path = `/spec/containers/${index}/env`;
    return container.env
      ? [{ op: 'add', path: `${path}/-`, value: variable }]
      : [{ op: 'add', path, value: [variable] }];
  });
  return [...(isDone ? [] : [first]), ...env];
}
