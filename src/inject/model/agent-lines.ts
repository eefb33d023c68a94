/** What an agent says of one check in its answer to `?verbose`. `detail` is the outcome and the message. */
export type AgentLine = { readonly isFailing: boolean; readonly label: string; readonly detail: string };

const markLength = '[-] '.length;

/**
 * Reads `[-] NAME: OUTCOME, MESSAGE, LATENCY, AGE ago`. Undefined for any other line: the answer is a stranger's text, and is
 * read by hand, in linear time.
 */
export function readAgentLine(line: string): AgentLine | undefined {
  const mark = line.slice(0, markLength);
  const colon = line.indexOf(': ', markLength + 1);
  if ((mark !== '[-] ' && mark !== '[+] ') || colon < 0) return undefined;
  const detail = withoutTimes(line.slice(colon + 2));
  return { isFailing: mark === '[-] ', label: line.slice(markLength, colon), detail };
}

/** Takes `, 3 ms, 2 s ago` off the end of a line. */
function withoutTimes(detail: string): string {
  if (!detail.endsWith(' ago')) return detail;
  const age = detail.lastIndexOf(', ');
  const latency = age > 0 ? detail.lastIndexOf(', ', age - 1) : -1;
  return latency < 0 ? detail : detail.slice(0, latency);
}
