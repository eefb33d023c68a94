import { titleOf } from './evaluate.ts';
import type { SourceLocation } from './locate.ts';

/** Something in a manifest that its author has to know; a note tells of no mistake. */
export type Finding = SourceLocation & {
  readonly file: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly part?: string;
  readonly annotation?: string;
  readonly message: string;
};

/** One line, as compilers write it, so that editors and CI systems find the place. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, kind, message } = finding;
  const title = kind === '' ? '' : `${titleOf(finding)}: `;
  return `${file}:${line}:${column}: ${severity === 'error' ? '' : `${severity}: `}${title}${message}`;
}
