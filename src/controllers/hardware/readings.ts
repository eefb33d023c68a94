import type { Reading } from './edit-quarantine.ts';

/** What an Event and a quarantine have room for; the texts are the words of whoever answers at the Pod's address. */
const longestCheck = 253;
const longestMessage = 512;
const mostFailures = 16;

/**
 * What fails by the agent's answer to `?verbose`: a line for each check, `[-] NAME: OUTCOME, MESSAGE, LATENCY, AGE ago`.
 * Undefined where the answer says nothing of a failure. The answer is a stranger's text: it is read by hand, in one go.
 */
export function readAgentAnswer(body: string): Reading | undefined {
  const failing = body
    .split('\n')
    .flatMap((line) => readFailingLine(line) ?? [])
    .slice(0, mostFailures);
  if (failing.length === 0) return undefined;
  return {
    check: failing
      .map(({ check }) => check)
      .join(', ')
      .slice(0, longestCheck),
    message: failing
      .map(({ message }) => message)
      .join('; ')
      .slice(0, longestMessage),
  };
}

const failingMark = '[-] ';

function readFailingLine(line: string): Reading | undefined {
  const colon = line.indexOf(': ', failingMark.length + 1);
  if (!line.startsWith(failingMark) || colon < 0) return undefined;
  const detail = line.slice(colon + 2);
  const message = withoutTimes(detail);
  return {
    check: line.slice(failingMark.length, colon),
    message: message.startsWith('fail, ') ? message.slice('fail, '.length) : message,
  };
}

/** Takes `, 3 ms, 2 s ago` off the end of a line. */
function withoutTimes(detail: string): string {
  if (!detail.endsWith(' ago')) return detail;
  const age = detail.lastIndexOf(', ');
  const latency = age > 0 ? detail.lastIndexOf(', ', age - 1) : -1;
  return latency < 0 ? detail : detail.slice(0, latency);
}

/** Whether an answer that names no failure is one of an agent whose checks pass; while it stops, it says so and is not ready. */
export const isPassing = (status: number, body: string): boolean =>
  status === 200 || body.startsWith('[+] ') || body.includes('\n[+] ');

/** What fails by the kubelet's Event about an exec probe, which ends in the check's name in brackets. */
export function readKubeletNote(note: string): Reading | undefined {
  const mark = 'Readiness probe failed: ';
  if (!note.startsWith(mark)) return undefined;
  const output = note.slice(mark.length).trim();
  const open = output.lastIndexOf(' (');
  const name = output.endsWith(')') && open >= 0 ? output.slice(open + 2, -1) : '';
  const isName = name !== '' && !name.includes(')') && !name.includes('(');
  return {
    check: (isName ? name : 'readiness probe').slice(0, longestCheck),
    message: (isName ? output.slice(0, open) : output).trim().slice(0, longestMessage),
  };
}
