import { kubectl } from './kubectl.ts';

/** A HealthPolicy with this spec. */
export const policy = (name: string, spec: object): object => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name },
  spec,
});

/** Applies a policy of the whole cluster. */
export const applyPolicy = (name: string, spec: object): Promise<string> =>
  // As JSON: kubectl takes an Off without quotes for a boolean.
  kubectl(['apply', '-f', '-'], JSON.stringify(policy(name, spec)));

/** The namespaces whose label `kubernetes.io/metadata.name` is this. */
export const onlyIn = (namespace: string): object => ({ matchLabels: { 'kubernetes.io/metadata.name': namespace } });
