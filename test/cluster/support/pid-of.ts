import { readFileSync, readdirSync } from 'node:fs';

/** The process of a Pod's container, on the machine that all nodes are on. */
export function pidOf(podUid: string, word: string): number {
  const isIt = (pid: string): boolean => {
    try {
      const isOfPod = readFileSync(`/proc/${pid}/cgroup`, 'utf8').replaceAll('_', '-').includes(podUid);
      return isOfPod && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  };
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isIt(name));
  if (pid === undefined) throw new Error(`no process of Pod ${podUid} has ${word} in its command line`);
  return Number(pid);
}
