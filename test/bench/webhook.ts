import { mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { reviewOf } from '../support/webhook.ts';
import { type Manner, compare, connections, roundMs, rounds, start } from './contest.ts';
import { residentMiB } from './measure.ts';
import { patternPods } from './pattern-pods.ts';
import { type Report, addRow } from './report.ts';

const root = new URL('../../', import.meta.url).pathname;

/** Of each pattern less is measured than of the whole, so that all of them take little more than a minute. */
const brief: Manner = { table: 'Webhook, by pattern', rounds: 5, roundMs: 1_000, isDrawn: false };

/** Measures the webhook beside the bare server, in turns in one run, and returns the lines to print. */
export async function benchWebhook(report: Report): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const pod = parse(readFileSync(`${root}test/bench/pod.yaml`, 'utf8'));
  const reviews = Array.from({ length: 4_096 }, (_, index) => sibling(pod, index, `-${index}`));
  const ours = await start('webhook', 18_443, [
    `${root}dist/webhook.js`,
    '--listen=127.0.0.1:18443',
    `--certificate-directory=${directory}`,
    '--drain-seconds=0',
  ]);
  let barePort = 18_450;
  /** Compares with a bare server that answers as many bytes as we do to these reviews. */
  const compareWithBare = async (title: string, bodies: readonly string[], manner?: Manner): Promise<string[]> => {
    const answerBytes = await answerBytesOf(ours.port, ca, bodies[0] ?? '');
    const args = [`${root}test/bench/bare-server.ts`, directory, String(++barePort), String(answerBytes)];
    const bare = await start('bare node:https', barePort, args);
    const lines = await compare(report, title, ours, bare, ca, bodies, bodies, manner);
    bare.child.kill();
    return lines;
  };
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const idleMiB = residentMiB(ours.child.pid as number);
  const lines = [
    `webhook, ${connections} connections, a review of ${reviews[0]?.length} bytes, ${rounds} rounds of ${roundMs / 1_000} s in turns`,
    ...(await compareWithBare('Pods that are all different', reviews)),
    `  resident memory of the webhook: ${idleMiB.toFixed(0)} MiB idle, ${residentMiB(ours.child.pid as number).toFixed(0)} MiB after the load`,
  ];
  const afterMiB = residentMiB(ours.child.pid as number);
  addRow(report, 'Memory', { program: 'webhook, idle', resident: `${idleMiB.toFixed(0)} MiB` });
  addRow(report, 'Memory', { program: 'webhook, after the load', resident: `${afterMiB.toFixed(0)} MiB` });
  lines.push(
    `  by pattern, Pods that are all different, ${brief.rounds} rounds of ${brief.roundMs / 1_000} s in turns`,
  );
  for (const [pattern, each] of patternPods()) {
    const bodies = Array.from({ length: 4_096 }, (_, index) => sibling(each, index, `-${index}`));
    lines.push(...(await compareWithBare(pattern, bodies, brief)));
  }
  ours.child.kill();
  return lines;
}

/** A review as the apiserver sends it for one more Pod of a ReplicaSet; `version` makes it one of another. */
function sibling(pod: { metadata: object }, index: number, version: string): string {
  const uid = `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`;
  const changed = { ...pod, metadata: { ...pod.metadata, generateName: `checkout-648df954fb${version}-` } };
  const suffix = (index + 46_656).toString(36).padStart(5, 'x');
  return JSON.stringify(reviewOf(changed, { uid })).replaceAll('kube-api-access-x2b7k', `kube-api-access-${suffix}`);
}

const answerBytesOf = (port: number, ca: string, body: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca, servername: 'localhost', method: 'POST', path: '/mutate' };
    const call = request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    });
    call.on('error', reject).end(body);
  });
