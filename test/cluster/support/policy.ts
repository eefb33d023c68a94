import { stringify } from 'yaml';
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
  kubectl(['apply', '-f', '-'], stringify(policy(name, spec)));

/** The namespaces whose label `kubernetes.io/metadata.name` is this. */
export const onlyIn = (namespace: string): object => ({ matchLabels: { 'kubernetes.io/metadata.name': namespace } });
