import { cpus, totalmem } from 'node:os';
import { benchAgent } from './agent.ts';
import { benchController } from './controller.ts';
import { benchOverload } from './overload.ts';
import { benchPolicies } from './policies.ts';
import { createReport, writeReport } from './report.ts';
import { benchWebhook } from './webhook.ts';

const report = createReport();
const machine = `${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
process.stdout.write(`${machine}\n\n`);
process.stdout.write(`${(await benchAgent(report)).join('\n')}\n\n`);
process.stdout.write(`${(await benchWebhook(report)).join('\n')}\n\n`);
process.stdout.write(`${(await benchPolicies(report)).join('\n')}\n\n`);
process.stdout.write(`${(await benchOverload(report)).join('\n')}\n\n`);
process.stdout.write(`${benchController(report).join('\n')}\n`);
if (process.argv.includes('--write')) writeReport(report, machine, new Date());
