import { annotationOnlyKeys, listOfKeys, keys } from '../inject/intent/annotations.ts';
import type { InjectionContext } from '../inject/decide.ts';
import { inject } from '../inject/inject.ts';
import { isPatternName, patternOf } from '../inject/patterns/index.ts';
import type { Pod } from '../inject/pod/pod.ts';
import type { Problem } from '../inject/model/problems.ts';
import type { HealthPolicy } from './policy.ts';

const policyKeys = Object.keys(keys).filter((key) => !Object.hasOwn(annotationOnlyKeys, key));

/**
 * The mistakes in what a policy would inject, as they would show on a Pod that has all that the policy names: the
 * containers, ports, variables and files are there, so that what is left is wrong on every Pod.
 */
export function policyProblems({ spec = {} }: HealthPolicy, context: InjectionContext): readonly Problem[] {
  const words = Object.entries(spec.inject ?? {});
  const unknown = words.filter(([key]) => !policyKeys.includes(key));
  if (unknown.length > 0) {
    return unknown.map(([key]) => ({
      annotation: `spec.inject.${key}`,
      received: 'the key is unknown',
      expected: 'a key of health-injector',
      unknown: { name: key, list: listOfKeys(policyKeys) },
    }));
  }
  const outcome = inject(likelyPod(words, context.prefix), context);
  const problems = outcome.kind === 'rejected' ? outcome.problems : [];
  return problems.map(({ annotation, received, expected }) => ({
    annotation: `spec.inject.${annotation.replace(context.prefix, '')}`,
    received,
    expected,
  }));
}

/** A Pod of one container on which nothing is wrong but the words themselves. */
function likelyPod(words: readonly (readonly [string, string | number])[], prefix: string): Pod {
  const texts = new Map(words.map(([key, value]) => [key, String(value)]));
  if (!texts.has('pattern')) texts.set('pattern', 'auto');
  const asks = ['check', 'port', 'liveness', 'readiness', 'startup'].some((key) => texts.has(key));
  // Which check a pattern finds by itself depends on the image; any will do to see the rest.
  const named = (texts.get('pattern') ?? '').split(',').map((name) => name.trim());
  if (!asks && !named.every((name) => isPatternName(name) && patternOf(name).claim)) texts.set('check', 'tcp://:1');
  const [resource, claim] = [texts.get('device-resource'), texts.get('resource-claim')];
  const name = texts.get('container') ?? 'app';
  const port = texts.get('port') ?? '';
  const variables = [...texts.values()].join('\n').matchAll(/\$([A-Za-z_]\w*)/g);
  return {
    metadata: { annotations: Object.fromEntries([...texts].map(([key, value]) => [prefix + key, value])) },
    spec: {
      shareProcessNamespace: true,
      containers: [
        {
          name,
          env: Array.from(variables, ([, variable]) => ({ name: variable as string, value: 'set' })),
          ...(/^\d*$/.test(port) ? {} : { ports: [{ name: port, containerPort: 1 }] }),
          volumeMounts: [{ name: 'everything', mountPath: '/' }],
          resources: {
            ...(resource === undefined ? {} : { limits: { [resource]: '1' } }),
            ...(claim === undefined ? {} : { claims: [{ name: claim }] }),
          },
        },
      ],
      ...(claim === undefined ? {} : { resourceClaims: [{ name: claim }] }),
    },
  };
}
