import type { Diagnosis } from '../diagnostics/diagnostic.ts';

const words: Readonly<Record<Diagnosis['status'], string>> = {
  ok: 'ok',
  warning: 'WARN',
  failed: 'FAIL',
  unchecked: '-',
};

const isUnwell = ({ status }: Diagnosis): boolean => status === 'failed' || status === 'warning';

/** Every diagnosis under the heading of its group, and how many there are of each kind. */
export function formatDiagnoses(diagnoses: readonly Diagnosis[]): readonly string[] {
  const groups = Map.groupBy(diagnoses, ({ group }) => group);
  const lines = [...groups].flatMap(([group, rows]) => [[group], rows.flatMap(linesOf), ['']].flat());
  return lines.concat(summaryOf(diagnoses));
}

function linesOf(diagnosis: Diagnosis): readonly string[] {
  const { id, status, title, found, remedy, see } = diagnosis;
  const line = `  ${words[status].padEnd(5)}${title}`;
  switch (status) {
    case 'ok':
      return [found === '' ? line : `${line} (${found})`];
    case 'unchecked':
      return [`${line} (not checked: ${found})`];
    default:
      return [`${line}  [${id}]`, `         ${found}`, `         ${remedy}`, `         ${see}`];
  }
}

/** What is not well, a line each; then the counts. */
export const shortDiagnoses = (diagnoses: readonly Diagnosis[]): readonly string[] => [
  ...diagnoses
    .filter(isUnwell)
    .map(({ id, status, found, remedy, see }) => `${words[status]} ${id}: ${found} ${remedy} ${see}`),
  summaryOf(diagnoses),
];

/** The same for programs; docs/check.md says what each field is. */
export const reportOfDiagnoses = (diagnoses: readonly Diagnosis[]) => ({
  isSound: !diagnoses.some(({ status }) => status === 'failed'),
  counts: countsOf(diagnoses),
  checks: diagnoses,
});

const countsOf = (diagnoses: readonly Diagnosis[]): Readonly<Record<Diagnosis['status'], number>> => ({
  ok: 0,
  warning: 0,
  failed: 0,
  unchecked: 0,
  ...Object.fromEntries(
    [...Map.groupBy(diagnoses, ({ status }) => status)].map(([status, rows]) => [status, rows.length]),
  ),
});

function summaryOf(diagnoses: readonly Diagnosis[]): string {
  const { ok, warning, failed, unchecked } = countsOf(diagnoses);
  const notSeen = unchecked > 0 ? `, ${unchecked} not checked` : '';
  const sound = warning > 0 || unchecked > 0 ? 'Nothing that was checked is broken' : 'All is well';
  const verdict = failed > 0 ? 'Something is broken' : sound;
  return `${verdict}: ${ok} ok, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${failed} failed${notSeen}.`;
}
