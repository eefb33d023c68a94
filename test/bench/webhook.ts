import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/development.ts';
import { reviewOf } from '../support/webhook.ts';
import { type Round, load } from './load.ts';
import { cpuSeconds, median, residentMiB } from './measure.ts';

const root = new URL('../../', import.meta.url).pathname;
const connections = 16;
const rounds = 7;
const roundMs = 2_000;

type Contestant = { readonly name: string; readonly port: number; readonly child: ChildProcess };

/** Measures the webhook beside the bare server, in turns in one run, and returns the lines to print. */
export async function benchWebhook(): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const pod = parse(readFileSync(`${root}test/bench/pod.yaml`, 'utf8'));
  const siblings = Array.from({ length: 256 }, (_, index) => sibling(pod, index, ''));
  const strangers = Array.from({ length: 4_096 }, (_, index) => sibling(pod, index, `-${index}`));
  const ours = await start('webhook', 18_443, [
    `${root}dist/main.js`,
    '--listen=127.0.0.1:18443',
    `--certificate-directory=${directory}`,
    '--drain-seconds=0',
  ]);
  const bare = await start('bare node:https', 18_444, [`${root}test/bench/bare-server.ts`, directory, '18444']);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const idleMiB = residentMiB(ours.child.pid as number);
  const lines = [
    `webhook, ${connections} connections, a review of ${siblings[0]?.length} bytes, ${rounds} rounds of ${roundMs / 1_000} s in turns`,
    ...(await compare('Pods of one ReplicaSet', ours, bare, ca, siblings)),
    ...(await compare('Pods that are all different', ours, bare, ca, strangers)),
    `  resident memory of the webhook: ${idleMiB.toFixed(0)} MiB idle, ${residentMiB(ours.child.pid as number).toFixed(0)} MiB after the load`,
  ];
  for (const { child } of [ours, bare]) child.kill();
  return lines;
}

/** A review as the apiserver sends it for one more Pod of a ReplicaSet; `version` makes it one of another. */
function sibling(pod: { metadata: object }, index: number, version: string): string {
  const uid = `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`;
  const changed = { ...pod, metadata: { ...pod.metadata, generateName: `checkout-648df954fb${version}-` } };
  const suffix = (index + 46_656).toString(36).padStart(5, 'x');
  return JSON.stringify(reviewOf(changed, { uid })).replaceAll('kube-api-access-x2b7k', `kube-api-access-${suffix}`);
}

async function compare(
  title: string,
  ours: Contestant,
  bare: Contestant,
  ca: string,
  bodies: readonly string[],
): Promise<string[]> {
  const measured = new Map<Contestant, (Round & { cpuUs: number })[]>([
    [ours, []],
    [bare, []],
  ]);
  for (const { port } of [ours, bare]) await load(port, ca, bodies, connections, roundMs);
  for (let round = 0; round < rounds; round++) {
    for (const [{ port, child }, results] of measured) {
      const before = cpuSeconds(child.pid as number);
      const result = await load(port, ca, bodies, connections, roundMs);
      const cpuUs = ((cpuSeconds(child.pid as number) - before) * 1e6) / (result.requestsPerSecond * (roundMs / 1_000));
      results.push({ ...result, cpuUs });
    }
  }
  const rows = [...measured].map(([{ name }, results]) => {
    const of = (field: keyof (typeof results)[number]): number => median(results.map((result) => result[field]));
    return `    ${name.padEnd(16)}${of('requestsPerSecond').toFixed(0).padStart(7)}/s   p50 ${of('p50Ms').toFixed(2)} ms   p99 ${of('p99Ms').toFixed(2)} ms   ${of('cpuUs').toFixed(0)} us of CPU each`;
  });
  const [mine = [], theirs = []] = [...measured.values()];
  const ratios = mine.map(
    (result, index) => result.requestsPerSecond / (theirs[index]?.requestsPerSecond ?? Number.NaN),
  );
  const ratio = `ratio ${median(ratios).toFixed(2)}, the median of ${rounds} pairs (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  return [`  ${title}: ${ratio}`, ...rows];
}

async function start(name: string, port: number, args: readonly string[]): Promise<Contestant> {
  // The log goes where it costs its writer no more than a file would, and the client nothing.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('exit', () => child.kill());
  for (let attempt = 0; attempt < 100 && !(await isListening(port)); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { name, port, child };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
