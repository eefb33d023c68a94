import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { createClient } from '../../src/kube/client.ts';
import { fromKubeconfig } from '../../src/kube/config.ts';
import { startPolicyInformers } from '../../src/policy/informers.ts';
import type { Store } from '../../src/policy/store.ts';
import type { Apiserver } from './apiserver.ts';

const root = new URL('../../', import.meta.url).pathname;

type Registration = {
  /** The apiserver asks webhooks in the order of these names. */
  readonly name: string;
  readonly connection: { readonly host: string; readonly port: number; readonly ca: string };
  readonly path?: string;
  readonly namespaceSelector: object;
};

/** Registers a webhook for the Pods of the selected namespaces: asked again where another one has changed the Pod since. */
export async function registerWebhook(
  { must }: Apiserver,
  { name, connection: { host, port, ca }, path = '/mutate', namespaceSelector }: Registration,
): Promise<void> {
  await must('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
    metadata: { name },
    webhooks: [
      {
        name: `${name}.health-injector.example.com`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 30,
        reinvocationPolicy: 'IfNeeded',
        clientConfig: { url: `https://${host}:${port}${path}`, caBundle: Buffer.from(ca).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        namespaceSelector,
      },
    ],
  });
}

/** Makes the resource that the informers of a webhook list besides those of Kubernetes. */
export const makePolicyResource = ({ must }: Apiserver): Promise<unknown> =>
  must(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    parse(readFileSync(`${root}deploy/crds/healthpolicies.yaml`, 'utf8')),
  );

const complain = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

/** Lets a store follow the namespaces of an apiserver and their rules; resolves once they are listed. */
export async function follow(apiserver: Apiserver, store: Store, signal: AbortSignal): Promise<void> {
  const config = await fromKubeconfig({ userAgent: 'validity', file: apiserver.kubeconfig });
  if (config.problem !== undefined) throw new Error(config.problem);
  await startPolicyInformers(createClient(config.transport), store, complain, signal);
}
