import type { V1Container } from '@kubernetes/client-node';
import { inject } from '../../../src/inject/inject.ts';
import type { InjectionContext } from '../../../src/inject/decide.ts';
import { annotationsOnly } from '../../../src/inject/model/scope.ts';
import type { Pod } from '../../../src/inject/pod/pod.ts';
import { deepFreeze } from '../../support/invariants.ts';
import { testContext } from '../../support/webhook.ts';

export const { prefix } = testContext;
export const redis: V1Container = { name: 'redis', image: 'redis:7' };

export type Words = Readonly<Record<string, string>>;

export const prefixed = (words: Words) =>
  Object.fromEntries(Object.entries(words).map(([key, value]) => [prefix + key, value]));

const annotationsOf = (words: Words) => (Object.keys(words).length > 0 ? { annotations: prefixed(words) } : {});

export const pod = (words: Words, spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'app', labels: { app: 'app' }, ...annotationsOf(words) },
  spec: { containers: [redis], ...spec },
});

export const asking = { pattern: 'sidecar', check: 'redis://:6379' };

/** The Pod after a call, as JSON carries it to the next. */
export const after = (input: Pod, context: Partial<InjectionContext> = {}, scope = annotationsOnly): Pod =>
  structuredClone(inject(deepFreeze(structuredClone(input)), { ...testContext, ...context }, scope).pod);

export const withWords = (injected: Pod, words: Words): Pod => {
  const status = injected.metadata?.annotations?.[`${prefix}status`];
  const kept = status === undefined ? {} : { [`${prefix}status`]: status };
  return { ...injected, metadata: { ...injected.metadata, annotations: { ...kept, ...prefixed(words) } } };
};

export const probedIn = (input: Pod): string[] =>
  input.spec.containers.filter(({ livenessProbe }) => livenessProbe).map(({ name }) => name);
