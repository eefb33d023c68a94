import { parseArgs } from 'node:util';
import { ensureCertificates } from './cluster.ts';
import { writeKeyPair } from './files.ts';

/**
 * Runs in the cluster before the webhook starts: makes sure that the Secret holds a certificate and that the webhook
 * configuration trusts it, and writes the pair into a folder. A program of its own, because the Kubernetes client
 * costs 85 MB of memory that the webhook does not need.
 */
const { values } = parseArgs({
  options: {
    namespace: { type: 'string' },
    secret: { type: 'string' },
    service: { type: 'string' },
    'webhook-configuration': { type: 'string' },
    directory: { type: 'string' },
  },
});

const { namespace, secret, service, directory, 'webhook-configuration': configuration } = values;
if (!namespace || !secret || !service || !directory || !configuration) {
  process.stderr.write('Every flag is needed: --namespace --secret --service --webhook-configuration --directory.\n');
  process.exit(64);
}

try {
  const { pair, news } = await ensureCertificates({ namespace, secret, service, configuration }, new Date());
  writeKeyPair(directory, pair);
  process.stdout.write(`${news}\n`);
} catch (error) {
  process.stderr.write(`The certificates could not be set up: ${(error as Error).message}\n`);
  process.exit(1);
}
