import { adviceLine } from '../../trial/advice.ts';
import { spokenSeconds } from '../../trial/durations.ts';
import { incidentText } from '../../trial/sums.ts';
import { type ContainerOnTrial, type WorkloadTrial, wouldBeUnready, wouldRestart } from '../../trial/workload.ts';
import { timesText } from '../../wording/times.ts';
import { alignColumns, row } from '../columns.ts';

const columns = [
  'namespace',
  'workload',
  'pods',
  'answered',
  'would restart',
  'would be unready',
  'unproven',
  'watched',
];

/** A table of the workloads on trial, and below it of each what failed and what is advised. */
export function formatTrials(workloads: readonly WorkloadTrial[]): string[] {
  if (workloads.length === 0) return ['No Pod is on trial.'];
  const lines = [columns.map((column) => column.toUpperCase()), ...workloads.map(cellsOf)];
  return [...alignColumns(lines, '   '), ...workloads.flatMap(formatWorkload)];
}

function cellsOf(workload: WorkloadTrial): string[] {
  const { namespace, kind, name, pods, answered, containers } = workload;
  const unproven = Math.max(...containers.map(({ unprovenPods }) => unprovenPods), 0);
  const unready = wouldBeUnready(workload);
  return [
    namespace,
    `${kind}/${name}`,
    `${pods}`,
    `${answered}`,
    `${wouldRestart(workload)}`,
    unready === 0 ? '0' : spokenSeconds(unready),
    `${unproven}`,
    answered === 0 ? '' : spokenSeconds(Math.max(...containers.map(({ seconds }) => seconds), 0)),
  ];
}

const formatWorkload = ({ namespace, kind, name, containers }: WorkloadTrial): string[] =>
  containers.flatMap((container) => [
    '',
    `${namespace} ${kind}/${name}, container ${container.container}:`,
    ...formatContainerTrial(container),
  ]);

/** What the probes of a container would have done, and what is advised for it, a fact a line. */
function formatContainerTrial(container: ContainerOnTrial): string[] {
  const { restarts, restartPods, lastRestart, unreadySeconds, unreadyPods, lastUnready, checks } = container;
  const last = lastRestart === undefined ? '' : `; the last time ${lastRestart}`;
  const unready = lastUnready ? `; the last time ${incidentText(container.container, lastUnready)}` : '';
  return [
    ...checks.map(({ check, runs, failures }) => row('  check', `${check}: ${runs - failures} of ${runs} runs passed`)),
    ...(restarts === 0 ? [] : [row('  restarts', `${timesText(restarts)} in ${podsText(restartPods)}${last}`)]),
    ...(unreadySeconds === 0
      ? []
      : [row('  not ready', `${spokenSeconds(unreadySeconds)} in ${podsText(unreadyPods)}${unready}`)]),
    ...(container.unprovenPods === 0 ? [] : [row('  unproven', `in ${podsText(container.unprovenPods)}`)]),
    ...container.remarks.map((remark) => row('  remark', `${remark}.`)),
    ...container.advice.map((advice) => row('  advice', adviceLine(advice))),
  ];
}

const podsText = (count: number): string => (count === 1 ? 'one Pod' : `${count} Pods`);
