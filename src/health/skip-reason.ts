/** Why nothing was injected: the one vocabulary of the log, the response's warning, the metric and `status`. */
export const skipReasons = {
  'already-injected': 'An earlier call injected all that the annotations ask for.',
  'excluded-namespace': 'The namespace belongs to Kubernetes or to health-injector itself.',
  'internal-error': 'health-injector failed on this Pod, which is admitted unchanged.',
  'invalid-annotations': 'An annotation is wrong, and the Pod is admitted unchanged.',
  'mirror-pod': 'It is the mirror of a static Pod, which only its node can change.',
  'no-object': 'The request carries no Pod.',
  'not-a-create': 'Only Pods that are being created can be changed.',
  'not-a-pod': 'The request is not about a Pod.',
  'not-asked': 'No annotation asks for a health check.',
  'nothing-to-add':
    'No probe is left to add: each is off, exists already, or is not for a Pod that runs to completion.',
  'opted-out': 'The annotation pattern: none opts out.',
  'own-pod': 'It is a Pod of health-injector.',
  'probes-exist': 'Every probe that could be added exists already, and an existing probe is never touched.',
  'sub-resource': 'The request is about a sub-resource of a Pod.',
  'windows-pod': 'The Pod runs on Windows, for which there is no agent.',
} as const;

export type SkipReason = keyof typeof skipReasons;
