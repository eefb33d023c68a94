// http://www.xmailserver.org/diff2.pdf
/** Lines `start` to `end` of the text before that become lines `newStart` to `newEnd` of the text after; from 0, ends excluded. */
export type Change = {
  readonly start: number;
  readonly end: number;
  readonly newStart: number;
  readonly newEnd: number;
};

/** The fewest lines to take out and put in, by Myers' algorithm: quick where little has changed. */
export function lineChanges(before: readonly string[], after: readonly string[]): Change[] {
  const furthest = new Map([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let steps = 0; ; steps++) {
    trace.push(new Map(furthest));
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      let x = isDown(furthest, diagonal, steps) ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, before.length, after.length);
    }
  }
}

/** Walks from the end to the start, and joins the steps that follow on each other. */
function walkBack(trace: readonly ReadonlyMap<number, number>[], endOfBefore: number, endOfAfter: number): Change[] {
  const changes: Change[] = [];
  let [x, y] = [endOfBefore, endOfAfter];
  for (let steps = trace.length - 1; steps > 0; steps--) {
    const furthest = trace[steps] as ReadonlyMap<number, number>;
    const diagonal = x - y;
    const goesDown = isDown(furthest, diagonal, steps);
    const from = goesDown ? diagonal + 1 : diagonal - 1;
    [x, y] = [at(furthest, from), at(furthest, from) - from];
    const step = { start: x, end: goesDown ? x : x + 1, newStart: y, newEnd: goesDown ? y + 1 : y };
    const next = changes[0];
    if (next && next.start === step.end && next.newStart === step.newEnd) {
      changes[0] = { ...next, start: step.start, newStart: step.newStart };
    } else changes.unshift(step);
  }
  return changes;
}

const at = (furthest: ReadonlyMap<number, number>, diagonal: number): number => furthest.get(diagonal) ?? -1;

const isDown = (furthest: ReadonlyMap<number, number>, diagonal: number, steps: number): boolean =>
  diagonal === -steps || (diagonal !== steps && at(furthest, diagonal - 1) < at(furthest, diagonal + 1));
