import { mkdtempSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/development.ts';
import { reviewOf } from '../support/webhook.ts';
import { type Contestant, start } from './contest.ts';
import { type Report, addRow } from './report.ts';

const root = new URL('../../', import.meta.url).pathname;
const durationMs = 8_000;
/** The webhook has a tenth of a CPU, as under a limit: it runs for so long of every so much. */
const runMs = 10;
const everyMs = 100;
/** What the webhook configuration gives a call. */
const timeoutMs = 3_000;

type Told = { full: number; turnedAway: number; late: number; failed: number; worstMs: number };

/** Sends more reviews than can be answered with a tenth of a CPU, with and without turning some away, and returns the lines to print. */
export async function benchOverload(report: Report): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const pod = parse(readFileSync(`${root}test/bench/pod.yaml`, 'utf8'));
  const lines: string[] = [];
  for (const connections of [16, 200, 1_000]) {
    for (const shed of [0, 1_000]) {
      const args = ['--listen=127.0.0.1:18447', `--certificate-directory=${directory}`, '--drain-seconds=0'];
      const ours = await start('webhook', 18_447, [`${root}dist/main.js`, ...args, `--shed-milliseconds=${shed}`]);
      const { full, turnedAway, late, failed, worstMs } = await flood(ours, ca, pod, connections);
      const row = {
        'calls at once': String(connections),
        limit: shed === 0 ? 'none' : `${shed} ms`,
        'in full': String(full),
        'turned away': String(turnedAway),
        [`later than ${timeoutMs / 1_000} s`]: String(late),
        failed: String(failed),
        slowest: `${(worstMs / 1_000).toFixed(1)} s`,
      };
      addRow(
        report,
        `Webhook with a tenth of a CPU, more reviews than it can answer, ${durationMs / 1_000} s each`,
        row,
      );
      lines.push(
        `    ${Object.entries(row)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}`,
      );
      ours.child.kill();
      await new Promise((resolve) => ours.child.once('exit', resolve));
    }
  }
  return [
    `  more than can be answered with a tenth of a CPU, Pods that are all different, ${durationMs / 1_000} s each`,
    ...lines,
  ];
}

async function flood({ port, child }: Contestant, ca: string, pod: object, connections: number) {
  const told: Told = { full: 0, turnedAway: 0, late: 0, failed: 0, worstMs: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  const { apiVersion, kind, request: asked } = reviewOf(pod);
  const text = JSON.stringify({ kind, apiVersion, request: asked });
  const options = { port, ca, agent, host: '127.0.0.1', servername: 'localhost' };
  // The apiserver keeps its connections: their handshakes are no part of it.
  const small = JSON.stringify(reviewOf({}));
  await Promise.all(Array.from({ length: connections }, () => call(options, small)));
  const squeeze = setInterval(() => {
    child.kill('SIGSTOP');
    setTimeout(() => child.kill('SIGCONT'), everyMs - runMs);
  }, everyMs);
  const end = performance.now() + durationMs;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      const body = text.replace('"generateName":"', `"generateName":"${count++}-`);
      const sent = performance.now();
      const answer = await call(options, body);
      const tookMs = performance.now() - sent;
      told.worstMs = Math.max(told.worstMs, tookMs);
      if (answer === undefined) told.failed++;
      else if (tookMs > timeoutMs) told.late++;
      else if (answer.includes('"patch"')) told.full++;
      else told.turnedAway++;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  clearInterval(squeeze);
  agent.destroy();
  await new Promise((resolve) => setTimeout(resolve, everyMs));
  return told;
}

const call = (options: object, body: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request({ ...options, method: 'POST', path: '/mutate', headers }, (reply) => {
      let said = '';
      reply.on('data', (chunk: Buffer) => (said += chunk.toString()));
      reply.on('end', () => resolve(said));
      reply.on('error', () => resolve(undefined));
    });
    sent.on('error', () => resolve(undefined)).end(body);
  });
