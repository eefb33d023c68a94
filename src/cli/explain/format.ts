import { titleOf } from '../evaluate.ts';
import { type Cost, formatCpu } from './cost.ts';
import { formatEvent, formatPod } from './format-pod.ts';
import { row } from '../columns.ts';
import type { ContainerExplanation, Explanation, ProbeExplanation } from './explain.ts';

/** Writes explanations for people: one fact a line, and an empty line between two objects. */
export const formatExplanations = (explanations: readonly Explanation[], nowMs: number): string[] =>
  explanations.flatMap((explanation, index) => (index === 0 ? [] : ['']).concat(formatExplanation(explanation, nowMs)));

function formatExplanation(explanation: Explanation, nowMs: number): string[] {
  const { by, result, containers, added, kept, fitting, warnings, problems, cost, events = [], pod } = explanation;
  return [
    `${titleOf(explanation)}: ${explanation.sentence}`,
    ...(by === null ? [] : [row('asked by', by)]),
    ...containers.flatMap(formatContainer),
    ...(added.length > 0 ? [row(result === 'audit' ? 'would add' : 'added', added.join(', '))] : []),
    ...kept.map(({ what, why }) => row('left alone', `${what}: ${why}`)),
    ...fitting.map((sentence) => row('fitted', sentence)),
    ...(cost ? [row('costs', formatCost(cost))] : []),
    ...warnings.map((warning) => row('warning', warning)),
    ...problems.map((problem) => row('problem', problem)),
    ...events.map((event) => row('event', formatEvent(event, nowMs))),
    ...(pod === undefined
      ? []
      : pod === null
        ? [row('newest Pod', 'there is none.')]
        : formatPod(pod, nowMs, problems)),
  ];
}

/** Why a pattern was passed over is the same for most probes of a container, and said once. */
function formatContainer({ name, image, from, probes }: ContainerExplanation): string[] {
  const lines = [
    row('container', image === '' ? name : `${name}, image ${image}`),
    row('  checks from', from),
    ...probes.flatMap(formatProbe),
  ];
  return lines.filter((line, index) => !line.startsWith(row('', 'not ')) || lines.indexOf(line) === index);
}

function formatProbe({ probe, pattern, why, checks, passedOver, cost }: ProbeExplanation): string[] {
  if (pattern === undefined) return [row(`  ${probe}`, `not added: ${why}`)];
  const often = cost ? `, every ${cost.periodSeconds}s` : '';
  const until = probe === 'startup' ? ' until it passes once' : '';
  const price = cost && probe !== 'startup' ? `, ${cost.kind}, about ${formatCpu(cost.cpuMsPerHour)}` : '';
  return [
    row(`  ${probe}`, `${pattern}: ${checks.join(' and ')}${often}${until}${price}`),
    ...passedOver.map((other) => row('', `not ${other.pattern}: ${other.why}`)),
  ];
}

function formatCost({ cpuMsPerHour, sidecar }: Cost): string {
  const reserved = sidecar ? `, and the sidecar reserves ${sidecar.cpu} of CPU and ${sidecar.memory} of memory` : '';
  return `about ${formatCpu(cpuMsPerHour)} for every Pod once it has started${reserved}`;
}
