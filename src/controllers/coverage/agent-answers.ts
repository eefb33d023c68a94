import { quotedLine } from '../../wording/printable.ts';
import { readAgentLine } from '../../inject/model/agent-lines.ts';

/** A check whose last run ended unknown. `isNever`: no run since the start of its agent has ended otherwise. */
export type UnknownCheck = { readonly check: string; readonly isNever: boolean };

/** A Pod has fewer checks; any program may answer at its address. */
const mostChecks = 16;
const longestKey = 1_024;

const start = 'health_probe_check_verdict{';
const end = ',verdict="unknown"} 1';
const others = ['pass', 'alive', 'fail'];

/**
 * The unknown checks in the metrics of an agent, by lines such as
 * `health_probe_check_verdict{checked_container="web",check="gpu",verdict="unknown"} 1`.
 */
export function readUnknownChecks(metrics: string): readonly UnknownCheck[] {
  const lines = new Set(metrics.split('\n'));
  const keys = [...lines].flatMap((line) =>
    line.startsWith(start) && line.endsWith(end) ? line.slice(start.length, -end.length) : [],
  );
  return keys
    .filter((key) => key.length <= longestKey)
    .slice(0, mostChecks)
    .map((key) => ({
      check: checkOf(key),
      isNever: others.every((verdict) => lines.has(`health_probe_checks_total{${key},verdict="${verdict}"} 0`)),
    }));
}

/** The value of the label `check` in `checked_container="web",check="gpu"`. */
function checkOf(key: string): string {
  const from = key.indexOf(',check="');
  const value = key.slice(from < 0 ? 0 : from + ',check="'.length).replaceAll('\\', '');
  return value.endsWith('"') ? value.slice(0, -1) : value;
}

const longestSentence = 256;

/** A verdict that passes or fails, and the agent's sentence for it, quoted. */
export type QuotedSentence = { readonly isFailing: boolean; readonly verdict: string; readonly sentence: string };

/** The sentences in an agent's answer to `?verbose`; none where it does not show them to others than its own Pod. */
export const readSentences = (body: string): readonly QuotedSentence[] =>
  body
    .split('\n')
    .flatMap((text) => readAgentLine(text) ?? [])
    .slice(0, mostChecks)
    .map(({ isFailing, detail }) => {
      const comma = detail.indexOf(', ');
      const verdict = detail.slice(0, Math.max(comma, 0));
      return {
        isFailing,
        verdict,
        sentence: quotedLine(comma < 0 ? detail : detail.slice(comma + 2), longestSentence),
      };
    });
