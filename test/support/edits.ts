import fc from 'fast-check';
import type { V1Container } from '@kubernetes/client-node';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { arbitraryAnnotations } from './arbitrary-annotations.ts';
import { testContext } from './webhook.ts';

const prefix = testContext.prefix;

/** What is ours among the annotations: it does not come from a user. */
export const isWritten = (key: string): boolean => [`${prefix}status`, `${prefix}problems`].includes(key);

export type Annotations = Readonly<Record<string, string>>;

/** One thing that happens to a Pod between two calls, to the one that is injected and to what the user wrote of it alike. */
export type Step =
  | { readonly kind: 'edit'; readonly annotations: Annotations }
  | { readonly kind: 'drop'; readonly share: number }
  | { readonly kind: 'upgrade'; readonly version: string; readonly agentImage: string }
  | { readonly kind: 'call' }
  | { readonly kind: 'container'; readonly name: string; readonly isFirst: boolean };

/** Annotations that are well written, as most are in a cluster; beside them whatever users write. */
export const wish: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 1, arbitrary: arbitraryAnnotations },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          pattern: fc.constantFrom('sidecar', 'cli', 'port,sidecar', 'sidecar,hardware', 'hardware', 'none'),
          check: fc.constantFrom(
            'tcp://:6379',
            'http://:8080/healthz',
            'temperature:',
            'redis://:6379\nmemory-errors:',
          ),
          period: fc.constantFrom('5s', '30s'),
          liveness: fc.constantFrom('off', 'tcp://:1'),
          'failure-threshold': fc.constantFrom('2', '9'),
          delivery: fc.constantFrom('init-container', 'image-volume'),
          memory: fc.constantFrom('16Mi', '1G'),
          'check.redis': fc.constantFrom('tcp://:6380'),
        },
        { requiredKeys: ['pattern', 'check'] },
      )
      .map((words) => Object.fromEntries(Object.entries(words).map(([key, value]) => [prefix + key, String(value)]))),
  },
);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: wish.map((annotations) => ({ kind: 'edit' as const, annotations })) },
  { weight: 1, arbitrary: fc.nat(3).map((share) => ({ kind: 'drop' as const, share })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('upgrade' as const),
      version: fc.constantFrom('0.0.0', '9.9.9'),
      agentImage: fc.constantFrom('registry.example/health-probe:test', 'other:9'),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'call' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('container' as const),
      name: fc.constantFrom('late', 'later'),
      isFirst: fc.boolean(),
    }),
  },
);

export const withAnnotations = (pod: Pod, change: (annotations: Annotations) => Annotations): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, annotations: change(pod.metadata?.annotations ?? {}) },
});

/** The Pod after one step; what is ours stays as the call before has left it. */
export function after(pod: Pod, event: Step): Pod {
  switch (event.kind) {
    case 'edit':
      return withAnnotations(pod, (before) => ({
        ...Object.fromEntries(Object.entries(before).filter(([key]) => !key.startsWith(prefix) || isWritten(key))),
        ...Object.fromEntries(Object.entries(event.annotations).filter(([key]) => !isWritten(key))),
      }));
    case 'drop':
      return withAnnotations(pod, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => isWritten(key) || key.length % 4 > event.share)),
      );
    case 'container': {
      if (pod.spec.containers.some(({ name }) => name === event.name)) return pod;
      const added: V1Container = { name: event.name, image: 'late:1' };
      const containers = event.isFirst ? [added, ...pod.spec.containers] : [...pod.spec.containers, added];
      return { ...pod, spec: { ...pod.spec, containers } };
    }
    default:
      return pod;
  }
}
