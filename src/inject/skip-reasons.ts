import { patternNames, patternOf } from './patterns/index.ts';
import type { FitReason } from './fit/judge.ts';
import type { PatternSkipReason } from './patterns/pattern.ts';

const genericReasons = {
  'already-injected': 'An earlier call injected all that the annotations ask for.',
  audit: 'The policy that selects the Pod only audits: it tells what it would add, and adds nothing.',
  'debug-copy': 'It is a copy of another Pod for debugging: no check may restart it.',
  'excluded-namespace': 'The namespace belongs to Kubernetes or to health-injector itself.',
  'host-network':
    "The Pod is on its node's network, where a sidecar would take a port of the node: only an annotation may ask for that.",
  'internal-error': 'health-injector failed on this Pod, and no probes were added.',
  'invalid-annotations': 'An annotation is wrong, and no probes were added.',
  'limit-range':
    'A LimitRange of the namespace leaves no room for the agent beside the containers of the Pod, and no probes were added.',
  'mirror-pod': 'It is the mirror of a static Pod, which only its node can change.',
  'namespace-disabled': 'The namespace is left alone: it says inject: disabled.',
  'no-image-volumes':
    'The cluster has no image volumes, which delivery: image-volume needs: it would drop the volume without a word. No probes were added.',
  'no-object': 'The request carries no object that could be read.',
  'not-a-create': 'Only Pods that are being created, and templates that may still change, can be changed.',
  'not-a-pod': 'The request is not about a Pod or a workload.',
  'not-asked': 'No annotation, policy or namespace asks for a health check.',
  'nothing-detected':
    'No container is of a well-known image or declares a port for health, or those that do are left alone.',
  'nothing-to-copy': 'The template of the workload has all annotations of the workload already.',
  'nothing-to-add':
    'No probe is left to add: each is off, exists already, or is not for a Pod that runs to completion.',
  'opted-out': 'The annotation pattern: none opts out.',
  'owned-workload': 'The workload belongs to another one, from which its template comes.',
  'own-pod': 'It is a Pod of health-injector.',
  'invalid-policy': 'The policy that selects the Pod has a mistake, and no probes were added.',
  'pod-resources':
    'The Pod says in spec.resources what all its containers get, which leaves nothing for the agent; no probes were added.',
  'probes-exist': 'Every probe that could be added exists already, and an existing probe is never touched.',
  quota: 'A ResourceQuota of the namespace has too little left for the agent, and no probes were added.',
  'sub-resource': 'The request is about a sub-resource.',
  'trial-asks-nothing':
    'The Pod is in trial, and none of its checks can be asked from beside its containers: there is nothing to count.',
  'too-costly': 'The review took more CPU than health-injector spends on one, and no probes were added.',
  'too-large': 'The Pod has more in it than health-injector looks at, and no probes were added.',
  'windows-pod': 'The Pod runs on Windows, for which there is no agent.',
} as const satisfies Readonly<Record<string, string>> & Readonly<Record<FitReason, string>>;

export type SkipReason = keyof typeof genericReasons | PatternSkipReason;

/** Why nothing was injected: the one vocabulary of the log, the response's warning, the metric and `status`. */
export const skipReasons = Object.fromEntries(
  [genericReasons, ...patternNames.map((name) => patternOf(name).skipReasons ?? {})]
    .flatMap((reasons) => Object.entries(reasons))
    .toSorted(([one], [other]) => (one < other ? -1 : 1)),
) as Readonly<Record<SkipReason, string>>;

/** The reasons that a user who asked for a check has to hear. */
export const warnReasons: ReadonlySet<SkipReason> = new Set([
  'debug-copy',
  'limit-range',
  'no-image-volumes',
  'nothing-detected',
  'nothing-to-add',
  'pod-resources',
  'pod-security',
  'probes-exist',
  'quota',
  'too-large',
  'trial-asks-nothing',
  'windows-pod',
]);
