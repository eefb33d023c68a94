import { readAgentLine } from '../../inject/model/agent-lines.ts';
import { isHardwareScheme } from '../../inject/patterns/hardware/index.ts';
import type { FailedDevice } from '../../quarantine/quarantine.ts';
import { printableLine } from '../../wording/printable.ts';
import { deviceOfAgent } from './devices.ts';
import { cutToJsonBytes } from './json-bytes.ts';

/**
 * What fails in a Pod. `check` is made of words of ours: schemes of checks of hardware, `hardware`, `device` or `node`. The
 * message quotes what the Pod itself says, which is a stranger's text: no word of it stands outside the quotation marks.
 */
export type SensorReading = {
  readonly check: string;
  readonly message: string;
  /** Which of the devices of the node, as far as that is said. */
  readonly device?: FailedDevice;
};

/** Any program may answer at the Pod's address, with any text; Events, a log and a table of `kubectl get` show it. */
const maxWordsBytes = 256;
const maxFailures = 16;

/** A stranger's words on one line, in quotation marks that they cannot end, and cut. */
export function quoteWords(words: string): string {
  // No character is shorter than a byte: what is behind these is cut in any case, unless most of it is spaces.
  const line = printableLine(words, 4 * maxWordsBytes).replaceAll('"', "'");
  return `"${cutToJsonBytes(line, maxWordsBytes)}"`;
}

type Failure = { readonly label: string; readonly message: string };

/**
 * What fails by the agent's answer to `?verbose`: a line for each check, `[-] NAME: OUTCOME, MESSAGE, LATENCY, AGE ago`.
 * Undefined where the answer says nothing of a failure. The answer is a stranger's text: it is read by hand, in linear time.
 */
export function readAgentAnswer(body: string): SensorReading | undefined {
  const failing = body
    .split('\n')
    .flatMap((line) => readFailingLine(line) ?? [])
    .slice(0, maxFailures);
  return failing.length === 0 ? undefined : readingOf(failing, 'its sidecar');
}

/** The schemes that fail, or `hardware` where a name is no scheme, and the words of the one who says so. */
function readingOf(failing: readonly Failure[], whose: string): SensorReading {
  const schemes = new Set(failing.map(({ label }) => schemeOf(label) ?? 'hardware'));
  const words = failing.map(({ label, message }) => (isHardwareScheme(label) ? message : `${label}: ${message}`));
  const [device] = failing.flatMap(({ label, message }) => deviceOfAgent(schemeOf(label) ?? '', message) ?? []);
  const message = `${whose} says ${quoteWords(words.join('; '))}`;
  return { check: [...schemes].join(', '), message, ...(device && { device }) };
}

/** The agent calls a check by its scheme, with what it looks at or a number behind it, by its text, or by a name of the user. */
function schemeOf(label: string): string | undefined {
  const scheme = /^[a-z-]{1,32}/.exec(label)?.[0] ?? '';
  const next = label.charAt(scheme.length);
  return isHardwareScheme(scheme) && (next === '' || next === ' ' || next === ':') ? scheme : undefined;
}

function readFailingLine(text: string): Failure | undefined {
  const line = readAgentLine(text);
  if (!line?.isFailing) return undefined;
  const { label, detail } = line;
  return { label, message: detail.startsWith('fail, ') ? detail.slice('fail, '.length) : detail };
}

/** Whether an answer that names no failure is one of an agent whose checks pass; while it stops, it says so and is not ready. */
export const isPassing = (status: number, body: string): boolean =>
  status === 200 || body.startsWith('[+] ') || body.includes('\n[+] ');

/** What fails by the kubelet's Event about an exec probe, which ends in the check's name in brackets. */
export function readKubeletNote(note: string): SensorReading | undefined {
  const mark = 'Readiness probe failed: ';
  if (!note.startsWith(mark)) return undefined;
  const output = note.slice(mark.length).trim();
  const open = output.lastIndexOf(' (');
  const label = output.endsWith(')') && open >= 0 ? output.slice(open + 2, -1) : '';
  const isName = label !== '' && !label.includes(')') && !label.includes('(');
  if (!isName) return { check: 'hardware', message: `its probe says ${quoteWords(output)}` };
  // The text of a check without anything behind its scheme is `gpu:`.
  const isBare = label.endsWith(':') && isHardwareScheme(label.slice(0, -1));
  return readingOf([{ label: isBare ? label.slice(0, -1) : label, message: output.slice(0, open) }], 'its probe');
}
