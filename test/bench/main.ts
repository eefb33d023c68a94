import { cpus, totalmem } from 'node:os';
import { benchAgent } from './agent.ts';
import { benchCommandLine } from './command-line.ts';
import { benchController } from './controller.ts';
import { benchPolicies } from './policies.ts';
import { type Report, createReport, writeReport } from './report.ts';
import { benchRules } from './rules.ts';
import { benchSoak } from './soak.ts';
import { benchWebhook } from './webhook.ts';

const parts: Readonly<Record<string, (report: Report) => readonly string[] | Promise<readonly string[]>>> = {
  agent: benchAgent,
  webhook: benchWebhook,
  policies: benchPolicies,
  rules: benchRules,
  soak: benchSoak,
  controller: benchController,
  'command-line': benchCommandLine,
  apiserver: async (report) =>
    process.env['KUBECONFIG']
      ? (await import('./admission.ts')).benchAdmission(report)
      : ['apiserver: left out, as KUBECONFIG names no cluster with a health-injector'],
};

const args = process.argv.slice(2);
const asked = args.filter((arg) => arg !== '--write');
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
const isWritten = args.includes('--write');
if (unknown.length > 0 || (isWritten && asked.length > 0)) {
  process.stderr.write(
    `Usage: main.ts [--write | ${Object.keys(parts).join(' | ')}...]; what is written is the whole.\n`,
  );
  process.exit(64);
}
const report = createReport();
const machine = `${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
process.stdout.write(`${machine}\n`);
for (const [name, bench] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) process.stdout.write(`\n${(await bench(report)).join('\n')}\n`);
}
if (isWritten) writeReport(report, machine, new Date());
