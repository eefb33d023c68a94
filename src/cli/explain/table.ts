import type { CheckFact, PodCount, WorkloadFact } from '../../report/facts.ts';
import { workloadTitle } from '../../report/report.ts';
import { alignColumns } from '../columns.ts';

/** One page of a table. */
export type Page = { readonly number: number; readonly size: number };

const columns = [
  'namespace',
  'workload',
  'state',
  'pattern',
  'container',
  'check',
  'from',
  'pods',
  'failing',
  'unproven',
  'why not',
];

/** A column is no wider: the whole text is in the JSON, and in the explanation of the workload. */
const widest = 60;

/** The last column may be wider. */
const widestReason = 200;

/** A row for each workload, and below it which rows there are besides. */
export function workloadTable(workloads: readonly WorkloadFact[], { number, size }: Page): string[] {
  if (workloads.length === 0) return ['There is no workload.'];
  const shown = workloads.slice((number - 1) * size, number * size);
  if (shown.length === 0) return [`Page ${number} is behind the last of ${Math.ceil(workloads.length / size)}.`];
  const lines = [columns.map((column) => column.toUpperCase()), ...shown.map(cellsOf)];
  const first = (number - 1) * size + 1;
  const last = first + shown.length - 1;
  const rest = last < workloads.length ? `: --page ${number + 1} shows the next.` : '.';
  return [
    ...alignColumns(lines, '  '),
    ...(shown.length === workloads.length ? [] : ['', `Rows ${first} to ${last} of ${workloads.length}${rest}`]),
  ];
}

const cut = (text: string, most = widest): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

function cellsOf(workload: WorkloadFact): string[] {
  const { namespace, checks, by, pods } = workload;
  const distinct = (of: (check: CheckFact) => string): string => cut([...new Set(checks.map(of))].join(', '));
  const guess = checks.some((check) => check.guess !== undefined) ? ' (guess)' : '';
  return [
    cut(namespace),
    cut(workloadTitle({ ...workload, namespace: '' })),
    stateOf(workload),
    distinct(({ pattern }) => pattern),
    distinct(({ container }) => container),
    distinct((check) => check.checks.join(' and ')),
    by === undefined ? '' : cut(`${by}${guess}`),
    `${pods.ready}/${pods.total}`,
    String(pods.total - pods.ready),
    unprovenOf(pods),
    whyNot(workload),
  ];
}

const unprovenOf = ({ total, unproven }: PodCount): string => (total === 0 ? '0' : (unproven?.toString() ?? '?'));

/** Whether the Pods have what is asked for, by how many of them have it. */
export function stateOf({
  result,
  pods,
  coverage,
}: WorkloadFact): 'has' | 'partly' | 'lacks' | 'would' | 'audit' | 'own' | 'none' {
  if (result === 'audit') return 'audit';
  if (result !== 'injected' && result !== 'already-injected') return coverage === 'ours' ? 'has' : coverage;
  if (pods.total === 0) return 'would';
  if (pods.missed === 0) return 'has';
  return pods.injected > 0 ? 'partly' : 'lacks';
}

function whyNot(workload: WorkloadFact): string {
  const { result, notes, pods, sentence } = workload;
  switch (stateOf(workload)) {
    case 'has':
    case 'would':
      return '';
    case 'partly':
    case 'lacks':
      return `${pods.missed} of ${pods.total} Pods were made without it: restart it`;
    default:
      return cut([`${result}:`, sentence, ...notes.slice(0, 1)].join(' '), widestReason);
  }
}
