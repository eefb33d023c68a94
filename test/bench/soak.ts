import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { start } from './contest.ts';
import { drive } from './load.ts';
import { residentMiB } from './measure.ts';
import { type Report, addRow } from './report.ts';
import { callOf } from './soak-mix.ts';

const root = new URL('../../', import.meta.url).pathname;
const port = 18_448;
const connections = 16;
const samples = 20;
/** What the first of the samples are, of which the webhook warms up. */
const warmUpSamples = 4;

/** What the Deployment says, and what Node chooses by itself under its memory limit of 192 MiB; without a limit it is far more. */
const heap = ['--max-old-space-size=256', '--max-semi-space-size=4'];

/** Sends `REVIEWS` calls that are all different, looks at memory and descriptors all the way, and returns the lines to print. */
export async function benchSoak(report: Report): Promise<string[]> {
  const reviews = Number(process.env['REVIEWS'] ?? '200000');
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-bench-'));
  developmentCertificate(directory, new Date());
  const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
  const { child } = await start('webhook', port, [...heap, `${root}dist/webhook.js`], environment(directory));
  const pid = child.pid as number;
  const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
  const seen: { readonly reviews: number; readonly residentMiB: number; readonly descriptors: number }[] = [];
  const codes = new Map<number, number>();
  const look = (count: number): void => {
    const row = { reviews: count, residentMiB: residentMiB(pid), descriptors: descriptors() };
    seen.push(row);
    addRow(report, 'Webhook, a long run', {
      reviews: `${count}`,
      resident: `${row.residentMiB.toFixed(1)} MiB`,
      descriptors: `${row.descriptors}`,
    });
  };

  const idle = descriptors();
  look(0);
  const startMs = performance.now();
  let sent = 0;
  await drive(port, ca, connections, {
    next() {
      if (sent === reviews) return undefined;
      const request = callOf(sent++);
      if (sent % (reviews / samples) === 0) look(sent);
      return request;
    },
    answered: (code) => void codes.set(code, (codes.get(code) ?? 0) + 1),
  });
  const seconds = (performance.now() - startMs) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const left = descriptors();
  child.kill();
  await once(child, 'exit');

  const warm = seen.slice(warmUpSamples + 1);
  const [first, last] = [seen[warmUpSamples], seen.at(-1)];
  if (!first || !last) throw new Error('There are no samples.');
  const growth = (mib: number): string => `${((mib / first.residentMiB - 1) * 100).toFixed(1)} %`;
  const grown = `${growth(last.residentMiB)} (at most ${growth(Math.max(...warm.map((row) => row.residentMiB)))})`;
  const answers = [...codes].toSorted().map(([code, count]) => `${count} x ${code}`);
  addRow(report, 'Webhook, growth in the long run', {
    'after warm-up of': `${first.reviews}`,
    'to the end': `${last.reviews}`,
    resident: grown,
    'descriptors without a connection': `${idle} before, ${left} after`,
  });
  return [
    `webhook, a long run: ${sent} calls that are all different over ${connections} connections, ${(sent / seconds).toFixed(0)}/s; ${answers.join(', ')}`,
    ...seen.map(
      (row) =>
        `    ${String(row.reviews).padStart(9)} reviews ${row.residentMiB.toFixed(1).padStart(7)} MiB ${String(row.descriptors).padStart(5)} descriptors`,
    ),
    `  resident memory from ${first.reviews} reviews to the end: ${grown}`,
    `  descriptors without a connection: ${idle} before, ${left} after`,
  ];
}

/** What the image and the Deployment say, but for what there is only in a cluster. */
function environment(directory: string): Record<string, string> {
  const [, image = ''] = /^ENV (.*)$/m.exec(readFileSync(`${root}Dockerfile`, 'utf8')) ?? [];
  const { spec } = parse(readFileSync(`${root}deploy/deployment.yaml`, 'utf8'));
  const entries: { name: string; value?: string }[] = spec.template.spec.containers[0].env;
  return {
    ...Object.fromEntries(image.split(' ').map((pair) => pair.split('='))),
    ...Object.fromEntries(entries.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    HEALTH_INJECTOR_LISTEN: `127.0.0.1:${port}`,
    HEALTH_INJECTOR_CERTIFICATE_SOURCE: 'files',
    HEALTH_INJECTOR_CERTIFICATE_DIRECTORY: directory,
    HEALTH_INJECTOR_POLICIES: '',
    HEALTH_INJECTOR_DRAIN_SECONDS: '0',
  };
}
