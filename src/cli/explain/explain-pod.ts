import { isDeepStrictEqual } from 'node:util';
import { readStatus } from '../../health/status.ts';
import { readAnnotations } from '../../health/written.ts';
import type { Pod } from '../../pod/pod.ts';
import { templateAt } from '../../workload/template.ts';
import type { Considered } from '../consider.ts';

/** Whether a Pod in a cluster carries what it should. */
export type PodExplanation = {
  readonly name: string;
  readonly isComplete: boolean;
  readonly sentence: string;
  /** What it should carry and does not, by the names that `status` has. */
  readonly missed: readonly string[];
  /** What the webhook said about it when it was admitted. */
  readonly problems: readonly string[];
};

/** Compares a Pod with what injection adds to it today, or to the workload that made it. */
export function explainPod(pod: Pod, considered: Considered, prefix: string): PodExplanation {
  const { outcome } = considered;
  const annotations = pod.metadata?.annotations ?? {};
  const status = readStatus(pod, prefix);
  const carried = new Set(status?.added);
  const missed = outcome.kind === 'injected' ? outcome.added.filter((name) => !carried.has(name)) : [];
  const problems = annotations[`${prefix}problems`]?.split('\n') ?? [];
  const about = { name: pod.metadata?.name ?? '', isComplete: missed.length === 0, missed, problems };
  if (missed.length > 0) {
    return {
      ...about,
      sentence: `missed: it lacks ${missed.join(', ')}, since ${reasonFor(pod, considered, prefix)}.`,
    };
  }
  if (carried.size === 0) return { ...about, sentence: 'it carries nothing of health-injector.' };
  return {
    ...about,
    sentence: `it carries all that is asked for${status?.version === undefined ? '' : `, added by version ${status.version}`}.`,
  };
}

function reasonFor(pod: Pod, { kind, before, templatePath, pod: applied }: Considered, prefix: string): string {
  const asked = ({ metadata }: Pick<Pod, 'metadata'>) => readAnnotations(metadata?.annotations ?? {}, prefix).written;
  if (!isDeepStrictEqual(asked(templateAt(before, templatePath) ?? {}), asked(applied))) {
    return `the annotations of the ${kind} are not on its Pod template: apply it again`;
  }
  const why = isDeepStrictEqual(asked(applied), asked(pod))
    ? 'the webhook was away, or was not asked, when it was created'
    : 'it was made from another template';
  return `${why}; a new Pod in its place gets them`;
}
