import type { Mistake, PlaygroundResult } from '../run.ts';
import { create, elementOf, writeText } from './elements.ts';

/** What `lint` finds, in its order, and what is wrong with the settings, which have no file. */
export const problemsOf = ({ problems, findings, mistakes }: PlaygroundResult): Mistake[] => [
  ...problems.map((message) => ({ file: '', line: 0, column: 0, severity: 'error' as const, message })),
  ...mistakes,
  ...findings,
];

/** Lists problems under the editor; each leads to its place. */
export function showProblems(problems: readonly Mistake[], goTo: (problem: Mistake) => void): void {
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  writeText('problems-title', problems.length === 0 ? 'No problems' : count);
  elementOf('problems', HTMLElement).replaceChildren(
    ...problems.map((problem) => {
      const { file, line, column, severity, message } = problem;
      const button = create(
        'button',
        { type: 'button', class: severity },
        create('span', { class: 'place' }, file === '' ? 'settings' : `${file} ${line}:${column}`),
        create('span', { class: 'severity' }, severity),
        create('span', { class: 'message' }, message),
      );
      button.addEventListener('click', () => goTo(problem));
      return create('li', {}, button);
    }),
  );
}
