// https://kubernetes.io/docs/reference/kubectl/#resource-types
import { existsSync } from 'node:fs';
import { UserError, exitCode } from '../command.ts';

/** The kinds that have Pods, by the words that kubectl takes for them. */
const words = {
  Pod: ['pod', 'pods', 'po'],
  Deployment: ['deployment', 'deployments', 'deploy'],
  StatefulSet: ['statefulset', 'statefulsets', 'sts'],
  DaemonSet: ['daemonset', 'daemonsets', 'ds'],
  ReplicaSet: ['replicaset', 'replicasets', 'rs'],
  Job: ['job', 'jobs'],
  CronJob: ['cronjob', 'cronjobs', 'cj'],
} as const;

export type LiveKind = keyof typeof words;

/** An object in a cluster. */
export type Reference = { readonly kind: LiveKind; readonly name: string };

/** Sorts arguments into objects, `deploy/redis` or `deploy redis` as kubectl takes them, and files, which are all the others. */
export function parseReferences(args: readonly string[]): {
  readonly references: readonly Reference[];
  readonly files: readonly string[];
} {
  const [first = '', ...names] = args;
  const only = kindOf(first);
  if (only && names.length === 0) {
    const sentence = `Which ${only}? Name it as in ${first}/NAME; a folder is named with -f ${first}.`;
    throw new UserError(exitCode.usage, [sentence]);
  }
  if (only) return { references: names.map((name) => ({ kind: only, name })), files: [] };
  const references: Reference[] = [];
  const files: string[] = [];
  for (const arg of args) {
    const [, word = '', name = ''] = /^([^/]+)\/([^/]+)$/.exec(arg) ?? [];
    const isFile = /\.(ya?ml|json)$/.test(name) || existsSync(arg);
    const kind = kindOf(word);
    if (kind && !/\.(ya?ml|json)$/.test(name)) references.push({ kind, name });
    else if (!isFile && others.has(word.toLowerCase())) throw new UserError(exitCode.usage, [noWorkload(arg)]);
    else files.push(arg);
  }
  return { references, files };
}

/** Kinds that people ask about as well, by the words that kubectl takes for them. */
const others: ReadonlySet<string> = new Set(
  [
    'svc service services ep endpoints ing ingress ingresses no node nodes ns namespace namespaces cm configmap configmaps',
    'secret secrets hpa pvc rc rollout rollouts hp healthpolicy healthpolicies nq nodequarantine nodequarantines',
  ].flatMap((line) => line.split(' ')),
);

const noWorkload = (arg: string): string =>
  `${arg} is no Pod or workload, and there is no such file: expected ${Object.values(words)
    .map(([word]) => `${word}/NAME`)
    .join(', ')}, or a file.`;

function kindOf(word: string): LiveKind | undefined {
  const plain = word.toLowerCase().replace(/\.(apps|batch)$/, '');
  return (Object.keys(words) as LiveKind[]).find((kind) => (words[kind] as readonly string[]).includes(plain));
}
