import type { HealthPolicy } from '../../policy/policy.ts';
import { promotion } from '../../trial/promote.ts';
import { settingsFrom } from '../../trial/settings.ts';
import { type WorkloadTrial, wouldRestart } from '../../trial/workload.ts';
import { timesText } from '../../wording/times.ts';

/** A policy as it is applied to end its trial, and what to do for single workloads before that. */
export type PromotedPolicy = { readonly manifest: object; readonly lines: readonly string[] };

/** The policy with `mode: Enforce` and the values that serve all of its workloads. */
export function promotePolicy(
  { apiVersion, kind, metadata, spec = {} }: HealthPolicy,
  workloads: readonly WorkloadTrial[],
  prefix: string,
): PromotedPolicy {
  const { inject, own } = promotion(workloads, settingsFrom(spec.inject ?? {}));
  const { name, labels, annotations = {} } = metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...written } = annotations;
  const manifest = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(labels ? { labels } : {}),
      ...(Object.keys(written).length > 0 ? { annotations: written } : {}),
    },
    spec: { ...spec, mode: 'Enforce', inject: { pattern: 'auto', ...spec.inject, ...inject } },
  };
  const harmed = workloads.filter((workload) => wouldRestart(workload) > 0);
  return {
    manifest,
    lines: [
      ...own.flatMap(({ workload, values }) => [
        `${titleOf(workload)} needs more patience than the others:`,
        annotateLine(workload, values, prefix),
      ]),
      ...harmed.flatMap((workload) => [
        `${titleOf(workload)} would have been restarted ${timesText(wouldRestart(workload))}; keep it on trial until that is mended:`,
        annotateLine(workload, { trial: 'true' }, prefix),
      ]),
      ...workloads
        .filter(({ answered }) => answered === 0)
        .map((workload) => `${titleOf(workload)} has not answered: nothing is known of it.`),
    ],
  };
}

const titleOf = ({ namespace, kind, name }: WorkloadTrial): string => `${kind}/${name} in ${namespace}`;

/** The webhook copies the annotations of these into their templates. */
const copiedKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);

function annotateLine(
  { namespace, kind, name }: WorkloadTrial,
  values: Readonly<Record<string, string>>,
  prefix: string,
): string {
  const words = Object.entries(values).map(([key, value]) => `${prefix}${key}=${value}`);
  if (!copiedKinds.has(kind)) return `  write ${words.join(' ')} into the annotations of its Pod template`;
  return `  kubectl annotate ${kind.toLowerCase()}/${name} -n ${namespace} ${words.join(' ')}`;
}
