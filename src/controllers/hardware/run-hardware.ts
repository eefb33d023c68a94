import { createSemaphore } from '../../kube/flow-control.ts';
import { createWorkQueue } from '../../kube/work-queue.ts';
import { systemClock } from '../../kube/clock.ts';
import { createAsk } from './ask.ts';
import { createVolumes } from './ask-volumes.ts';
import { decide } from './decide.ts';
import { decideTaints } from './decide-taints.ts';
import type { Decision } from './decision.ts';
import { followHardware } from './follow-hardware.ts';
import { createKnown } from './known.ts';
import { letBack } from './let-back.ts';
import { moveOff } from './move.ts';
import { type Moving, createProgress } from './moving.ts';
import type { HardwarePod } from './record.ts';
import { release } from './release.ts';
import { readReleasedByHand } from './released-by-hand.ts';
import { createReport } from './report.ts';
import { writeTaint } from './write-taint.ts';

/** What leading needs of what is outside. */
export type RunningHardware = Pick<
  Moving,
  'client' | 'prefix' | 'settings' | 'webhook' | 'tell' | 'metrics' | 'retryMs' | 'failed' | 'done'
> & { readonly tickMs: number };

/** Many Pods of one node fail in the same moment, and their quarantine is written once. */
const debounceMs = 50;

/** Looking takes a tenth of the time at most, however many Pods there are and however fast they change. */
const restPerLook = 9;

/** More would only wait in the apiserver, and the renewal of the Lease behind them: flow control serves a ServiceAccount in turn. */
const mostWritesAtOnce = 32;

/** Leads until `signal` is aborted: moves Pods off nodes whose hardware fails, and releases the nodes again. */
export async function runHardware(running: RunningHardware, signal: AbortSignal): Promise<void> {
  const { client, prefix, settings, tell, metrics, failed, tickMs } = running;
  /** Of one key: a pass over everything. The brake and the caps are global, so a pass is too. */
  const passes = createWorkQueue({}, signal);
  const requestPass = (): void => passes.addAfter('pass', debounceMs);
  const releasedByHand = new Map<string, number>();
  const known = createKnown(prefix, requestPass, (node) => {
    releasedByHand.set(node, Date.now());
    tell.released(node, true, `Node ${node} is released: its NodeQuarantine was deleted.`);
  });
  const progress = createProgress();
  const moving: Moving = {
    ...running,
    known,
    progress,
    ask: createAsk(client, signal),
    writeSemaphore: createSemaphore(mostWritesAtOnce),
  };
  const report = createReport(moving);
  const volumes = createVolumes(moving, requestPass);
  const end = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([followHardware(client, prefix, known, failed, signal), end]);
  await recallReleases(running, releasedByHand, signal);

  const under = new Set<Promise<void>>();
  const begin = (work: Promise<void>): void => {
    const whole = work.catch((error: Error) => failed(`What was done about hardware broke off: ${error.message}.`));
    under.add(whole);
    void whole.finally(() => under.delete(whole));
  };
  const act = (decisions: readonly Decision[]): void => {
    for (const [node, pods] of movesOf(decisions)) begin(moveOff(node, pods, moving, signal));
    for (const decision of decisions) {
      if (decision.kind === 'soften') begin(letBack(decision, moving, signal));
      if (decision.kind === 'release') begin(release(decision, moving, signal));
    }
  };

  passes.add('pass');
  for (let pass = await passes.get(); pass !== undefined; pass = await passes.get()) {
    let waitMs = tickMs;
    const startedMs = performance.now();
    try {
      const nowMs = Date.now();
      const backOff = new Map([...progress.refusals].map(([uid, { untilMs }]) => [uid, untilMs]));
      const situation = {
        pods: [...known.pods.values()],
        quarantines: [...known.quarantines.values()],
        nodes: [...known.nodes.values()],
        releasedByHand,
        backOff,
        passing: new Map([...progress.passing].map(([uid, { untilMs }]) => [uid, untilMs])),
        letBack: progress.letBack,
        underWay: progress.underWay,
        volumes: volumes.found,
      };
      const decisions = decide(situation, settings, nowMs);
      act(decisions);
      begin(volumes.follow(decisions, signal));
      const checked = situation.pods.filter(({ isChecked }) => isChecked);
      const failing = checked.filter(({ failing: fails, isDeleting }) => fails && !isDeleting).length;
      metrics.counted(checked.length, failing, situation.quarantines.length);
      begin(report.changes(decisions, signal));
      begin(report.replacements(nowMs));
      if (settings.scope === 'Node') begin(taintAll(moving, signal));
      for (const uid of progress.refusals.keys()) if (!known.pods.has(uid)) progress.refusals.delete(uid);
      for (const uid of progress.passing.keys()) if (!known.pods.get(uid)?.failing) progress.passing.delete(uid);
      waitMs = Math.min(tickMs, ...decisions.map((each) => waitOf(each, nowMs)));
    } catch (error) {
      if (!signal.aborted) failed(`The last look at the hardware broke off: ${(error as Error).message}.`);
    }
    passes.addAfter(pass, waitMs + debounceMs);
    await systemClock.sleep((performance.now() - startedMs) * restPerLook, signal);
    passes.done(pass);
  }
  await Promise.all(under);
}

/** The Pods to move, by their node. */
function movesOf(decisions: readonly Decision[]): Map<string, HardwarePod[]> {
  const byNode = new Map<string, HardwarePod[]>();
  for (const decision of decisions) {
    if (decision.kind !== 'move') continue;
    const pods = byNode.get(decision.pod.node) ?? [];
    byNode.set(decision.pod.node, pods);
    pods.push(decision.pod);
  }
  return byNode;
}

/** How long until this decision may be another one. */
const waitOf = (decision: Decision, nowMs: number): number =>
  decision.kind === 'hold' && decision.untilMs !== undefined ? Math.max(0, decision.untilMs - nowMs) : Infinity;

/** Without it a person's release holds only as long as the leader lives. */
async function recallReleases(
  { client, failed }: RunningHardware,
  releasedByHand: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  try {
    for (const [node, atMs] of await readReleasedByHand(client, signal)) releasedByHand.set(node, atMs);
  } catch (error) {
    if (!signal.aborted) failed(`Which nodes were released by hand is not known: ${(error as Error).message}.`);
  }
}

async function taintAll({ client, prefix, known, settings }: Moving, signal: AbortSignal): Promise<void> {
  for (const change of decideTaints(known.nodes.values(), known.quarantines.values())) {
    // A dry run takes back what an earlier move left, and keeps nobody off anything.
    if (settings.mode === 'dry-run' && change.taint === 'NoSchedule') continue;
    await writeTaint(client, prefix, change, signal);
  }
}
