import { cpus } from 'node:os';
import type { V1Pod } from '@kubernetes/client-node';
import { quarantinesPath } from '../../src/quarantine/quarantine.ts';
import { apiserverCounts, itemsOf } from './apiserver.ts';
import { failNodes } from './fleet-cluster.ts';
import type { Controller } from './fleet-controller.ts';
import { podsPerNode } from './fleet-objects.ts';
import { cpuSeconds, peakMiB, residentMiB } from './measure.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Of all cores, in seconds: what was not idle. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0) / 1_000;

/** Fails nodes, waits until so many Pods are evicted or none was for a while, and says what it took. */
export async function measureFailure(
  what: string,
  template: V1Pod,
  controller: Controller,
  from: number,
  to: number,
  quietMs: number,
): Promise<string> {
  const { pid, evicted } = controller;
  const before = { ...(await apiserverCounts()), own: cpuSeconds(pid), busy: busySeconds(), count: evicted.length };
  const startMs = Date.now();
  await failNodes(template, from, to);
  const patchedMs = Date.now() - startMs;
  let [most, seenAtMs, seen] = [0, Date.now(), evicted.length];
  while (Date.now() - seenAtMs < quietMs && Date.now() - startMs < 120_000) {
    await sleep(100);
    most = Math.max(most, residentMiB(pid));
    if (evicted.length !== seen) [seen, seenAtMs] = [evicted.length, Date.now()];
    if (evicted.length - before.count >= (to - from) * podsPerNode) break;
  }
  const [own, busy, wall] = [cpuSeconds(pid) - before.own, busySeconds() - before.busy, (Date.now() - startMs) / 1_000];
  const after = await apiserverCounts();
  const news = evicted.slice(before.count);
  const times = news.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  const [firstMs, lastMs] = [(times[0] ?? startMs) - startMs, (times.at(-1) ?? startMs) - startMs];
  const accepted = after.accepted - before.accepted;
  const meanMs = ((after.seconds - before.seconds) / Math.max(1, after.all - before.all)) * 1_000;
  const perSecond = news.length / Math.max(0.001, (lastMs - firstMs) / 1_000);
  const held = await itemsOf(quarantinesPath);
  const lines = [
    what,
    `statuses patched within ${patchedMs} ms; first eviction after ${firstMs} ms, last after ${lastMs} ms`,
    `${news.length} evictions, of ${new Set(news.map(({ uid }) => uid)).size} Pods; apiserver: ${accepted} accepted, ` +
      `${after.all - before.all - accepted} others; ${held.length} NodeQuarantines`,
    `${perSecond.toFixed(0)} evictions per second; one takes the apiserver ${meanMs.toFixed(0)} ms, ` +
      `so ${((perSecond * meanMs) / 1_000).toFixed(0)} are in flight there in the mean`,
    `CPU seconds in ${wall.toFixed(1)} s on ${cpus().length} cores: all ${busy.toFixed(1)}, apiserver ` +
      `${(after.cpuSeconds - before.cpuSeconds).toFixed(1)}, controller ${own.toFixed(1)}`,
    `controller: ${residentMiB(pid).toFixed(0)} MiB resident, at most ${most.toFixed(0)} sampled, ${peakMiB(pid).toFixed(0)} ever`,
  ];
  return lines.join('\n  ');
}
