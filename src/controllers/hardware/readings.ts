import type { Reading } from './edit-quarantine.ts';

/** What the agent answers to `?verbose`: a line for each check, with how long it took and when at the end. */
const failingLine = /^\[-\] (.+?): (.*)$/;
const tail = /, [^,]+, [^,]+ ago$/;

/** What fails by the agent's own words; undefined where they say nothing of a failure. */
export function readAgentAnswer(body: string): Reading | undefined {
  const failing = body.split('\n').flatMap((line) => {
    const [, check, detail] = failingLine.exec(line) ?? [];
    return check === undefined || detail === undefined
      ? []
      : [{ check, message: detail.replace(tail, '').replace(/^fail, /, '') }];
  });
  if (failing.length === 0) return undefined;
  return {
    check: failing.map(({ check }) => check).join(', '),
    message: failing.map(({ message }) => message).join('; '),
  };
}

/** Whether an answer that names no failure is one of an agent whose checks pass; while it stops, it says so and is not ready. */
export const isPassing = (status: number, body: string): boolean => status === 200 || /^\[\+\] /m.test(body);

/** What fails by the kubelet's Event about an exec probe, which ends in the check's name in brackets. */
export function readKubeletNote(note: string): Reading | undefined {
  const [, output] = /^Readiness probe failed: (.*)/s.exec(note) ?? [];
  if (output === undefined) return undefined;
  const [, message, check] = /^(.*) \(([^()]+)\)\s*$/s.exec(output) ?? [];
  return { check: check ?? 'readiness probe', message: (message ?? output).trim() };
}
