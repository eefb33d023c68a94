// https://prometheus.io/docs/specs/om/open_metrics_spec/ and the log of agent/src/serve/log.rs

/** A check whose verdict became another one. */
type VerdictChange = { readonly at: string; readonly verdict: string; readonly reason: string };

/** What an agent says of one check; a field is undefined where neither metrics nor log say it. */
export type CheckState = {
  readonly container: string;
  readonly check: string;
  readonly verdict: string | undefined;
  /** What the agent said when the verdict became this one. */
  readonly reason: string | undefined;
  /** When that was, by the clock of its node. */
  readonly since: string | undefined;
  readonly lastRun: string | undefined;
  readonly durationMs: number | undefined;
  /** How many runs ended in each verdict since the agent started. */
  readonly runs: Readonly<Record<string, number>>;
  /** Of a check that was found rather than written: whether it has passed in the life of its container. */
  readonly isProven: boolean | undefined;
  /** The last times that it began to fail, or to be alive and not ready; the newest first. */
  readonly failures: readonly VerdictChange[];
};

/** A Pod has fewer checks; the answer may be that of a stranger, as long as it likes. */
const mostChecks = 64;
const mostLines = 4_096;
const longestLine = 4_096;
const mostFailures = 3;
const longestText = 256;

const verdicts: ReadonlySet<string> = new Set(['pass', 'alive', 'unknown', 'fail']);

/** What the metrics and the log of an agent say of its checks; each is undefined where it could not be read. */
export function readAgentState({
  metrics,
  log,
}: {
  readonly metrics: string | undefined;
  readonly log: string | undefined;
}): readonly CheckState[] {
  const samples = linesOf(metrics ?? '').flatMap((line) => readSample(line) ?? []);
  const changes = linesOf(log ?? '').flatMap((line) => readChange(line) ?? []);
  const samplesOf = Map.groupBy(samples, keyOf);
  const changesOf = Map.groupBy(changes, keyOf);
  const keys = [...new Set([...samplesOf.keys(), ...changesOf.keys()])].slice(0, mostChecks);
  return keys.map((key) => checkStateOf(samplesOf.get(key) ?? [], changesOf.get(key) ?? []));
}

const keyOf = ({ container, check }: { readonly container: string; readonly check: string }): string =>
  JSON.stringify([container, check]);

function checkStateOf(samples: readonly Sample[], changes: readonly Change[]): CheckState {
  const { container, check } = [...samples, ...changes][0] ?? { container: '', check: '' };
  const valueOf = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
  const last = changes.at(-1);
  const counted = samples.find((sample) => sample.name === 'health_probe_check_verdict' && sample.value === 1);
  const verdict = counted?.verdict ?? last?.verdict;
  // A line of the log that speaks of another verdict is older than the one that is missing.
  const change = last?.verdict === verdict ? last : undefined;
  const lastRunSeconds = valueOf('health_probe_check_last_run_timestamp_seconds');
  const durationSeconds = valueOf('health_probe_check_duration_seconds');
  const unproven = valueOf('health_probe_check_unproven');
  return {
    container,
    check,
    verdict,
    reason: change?.reason,
    since: change?.at,
    lastRun: lastRunSeconds === undefined ? undefined : isoOf(lastRunSeconds * 1_000),
    durationMs: durationSeconds === undefined ? undefined : durationSeconds * 1_000,
    runs: Object.fromEntries(
      samples
        .filter(({ name }) => name === 'health_probe_checks_total')
        .map(({ verdict: each = '', value }) => [each, value]),
    ),
    isProven: unproven === undefined ? undefined : unproven === 0,
    failures: changes
      .filter((each) => each.verdict === 'fail' || each.verdict === 'alive')
      .slice(-mostFailures)
      .toReversed()
      .map(({ at, verdict: word, reason }) => ({ at, verdict: word, reason })),
  };
}

const linesOf = (text: string): string[] =>
  text.split('\n', mostLines).filter((line) => line.length > 0 && line.length <= longestLine);

/** No Date is outside of these. */
const isoOf = (ms: number): string | undefined => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined);

type Sample = {
  readonly name: string;
  readonly container: string;
  readonly check: string;
  readonly verdict: string | undefined;
  readonly value: number;
};

/** Such as `health_probe_check_verdict{checked_container="web",check="redis 127.0.0.1:6379",verdict="pass"} 1`. */
function readSample(line: string): Sample | undefined {
  const open = line.indexOf('{');
  if (!line.startsWith('health_probe_check') || open < 0) return undefined;
  const { fields, end } = readFields(line, open + 1, ',');
  const value = Number(line.slice(end + 1));
  const [container, check, verdict] = ['checked_container', 'check', 'verdict'].map((name) => fields.get(name));
  if (line[end] !== '}' || container === undefined || check === undefined || !Number.isFinite(value)) return undefined;
  if (verdict !== undefined && !verdicts.has(verdict)) return undefined;
  return { name: line.slice(0, open), container, check, verdict, value };
}

type Change = VerdictChange & { readonly container: string; readonly check: string };

/** Such as `2026-01-01T00:00:00.000Z level=warn container=web check="redis 127.0.0.1:6379" verdict=fail reason="…"`. */
function readChange(line: string): Change | undefined {
  const space = line.indexOf(' ');
  const timeMs = Date.parse(line.slice(0, Math.max(space, 0)));
  const { fields } = readFields(line, space + 1, ' ');
  const [container = '', check, verdict = '', reason = ''] = ['container', 'check', 'verdict', 'reason'].map((name) =>
    fields.get(name),
  );
  const at = Number.isNaN(timeMs) ? undefined : isoOf(timeMs);
  if (at === undefined || check === undefined || !verdicts.has(verdict)) return undefined;
  return { at, container, check, verdict, reason };
}

/** Reads `key=value` or `key="value"` up to the first character that is neither; each character is looked at once. */
function readFields(line: string, from: number, separator: string): { fields: Map<string, string>; end: number } {
  const fields = new Map<string, string>();
  let at = from;
  for (;;) {
    const equals = line.indexOf('=', at);
    if (equals < 0) return { fields, end: at };
    const isQuoted = line[equals + 1] === '"';
    const { value, end } = isQuoted ? quotedAt(line, equals + 2) : plainAt(line, equals + 1, separator);
    fields.set(line.slice(at, equals), value.slice(0, longestText));
    if (line[end] !== separator) return { fields, end };
    at = end + 1;
  }
}

function plainAt(line: string, from: number, separator: string): { value: string; end: number } {
  const found = line.indexOf(separator, from);
  const end = found < 0 ? line.length : found;
  return { value: line.slice(from, end), end };
}

function quotedAt(line: string, from: number): { value: string; end: number } {
  let value = '';
  let at = from;
  for (; at < line.length && line[at] !== '"'; at += 1) {
    if (line[at] !== '\\') value += line[at];
    else {
      at += 1;
      value += line[at] === 'n' ? '\n' : (line[at] ?? '');
    }
  }
  return { value, end: at + 1 };
}
