import { readFileSync, readdirSync } from 'node:fs';

/** The processes of a Pod by its uid, or of a container by its id, on the machine that all nodes are on. */
export const pidsOf = (id: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && textOf(`/proc/${name}/cgroup`).replaceAll('_', '-').includes(id))
    .map(Number);

/** The process of a Pod's container whose command line has this word. */
export function pidOf(podUid: string, word: string): number {
  const pid = pidsOf(podUid).find((each) => textOf(`/proc/${each}/cmdline`).includes(word));
  if (pid === undefined) throw new Error(`no process of Pod ${podUid} has ${word} in its command line`);
  return pid;
}

/** Nothing where the process has ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
