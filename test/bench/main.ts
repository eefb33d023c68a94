import { cpus } from 'node:os';
import { benchAgent } from './agent.ts';
import { benchController } from './controller.ts';
import { benchPolicies } from './policies.ts';
import { benchWebhook } from './webhook.ts';

process.stdout.write(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}\n\n`);
process.stdout.write(`${(await benchAgent()).join('\n')}\n\n`);
process.stdout.write(`${(await benchWebhook()).join('\n')}\n\n`);
process.stdout.write(`${(await benchPolicies()).join('\n')}\n\n`);
process.stdout.write(`${benchController().join('\n')}\n`);
