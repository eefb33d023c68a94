/** Why something is not exported that the webhook would inject: a closed list, with the sentence of each. */
export const exportRefusals = {
  detected: 'Its check was found and not written: what is found depends on the image and the settings of each Pod.',
  hardware: 'Pattern hardware needs the controller, and the namespace decides what it may mount.',
  'long-name': 'The name of the policy would be longer than Kubernetes takes.',
  match: 'Its match looks at the containers of each Pod: export the workloads that it selects, with it as --policies.',
  'namespace-rules':
    'A LimitRange or a ResourceQuota of the namespace decides what the agent may ask for, and a policy of the apiserver sees neither.',
  'no-label': 'Its Pods have no label by which a policy of the apiserver could select them.',
  'no-namespace': 'It names no namespace: say by --namespace where its Pods are.',
  'no-policies-api': 'MutatingAdmissionPolicy needs Kubernetes 1.36 or later.',
  'not-additions-alone': 'What is injected replaces what stands there, and a policy only adds.',
  'not-enforced': 'Its mode is not Enforce.',
  'on-trial': 'It is on trial: the agent adds no probe, and the controller reads what it counts.',
  overlap: 'may select the same Pods and comes before it; policies of the apiserver have no order.',
  'pod-resources':
    'The Pod says in spec.resources what all its containers get: what is left for the agent is reckoned for each Pod.',
  quarantine: 'A NodeQuarantine keeps it off a node, which only the webhook follows.',
  'same-name': 'Another policy has its name already.',
} as const satisfies Readonly<Record<string, string>>;

export type ExportRefusal = keyof typeof exportRefusals;
