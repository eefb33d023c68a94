import { setTimeout } from 'node:timers/promises';
import { acknowledgeQuarantines } from './cluster/acknowledge.ts';
import type { Connection } from './cluster/connection.ts';
import { followQuarantines } from './cluster/follow-quarantines.ts';
import { followSurroundings } from './cluster/follow-surroundings.ts';
import { inClusterConnection } from './cluster/in-cluster-connection.ts';
import { watchPolicyFiles } from './policy/files.ts';
import { provideCertificate } from './certificates/provide.ts';
import { createCheckParser } from './check/parse.ts';
import { createStore } from './policy/store.ts';
import { readSettings, settingRows, version } from './settings.ts';
import { settingHelp } from './setting.ts';
import { followLogLevel } from './follow-log-level.ts';
import { createLog } from './log.ts';
import { readClientCa } from './webhook/client-check.ts';
import { followClientCa } from './webhook/follow-client-ca.ts';
import { createWebhook } from './webhook/server.ts';

/** Where the development certificates are, from wherever the program was started. */
const developmentDirectory = new URL('../certs/', import.meta.url).pathname;

/** How long a replica that just started waits for the policies before it answers without them. */
const longestHoldMs = 30_000;

if (process.argv.includes('--help')) {
  process.stdout.write(settingHelp(`health-injector ${version}: the webhook`, settingRows));
  process.exit(0);
}
const settings = readSettings(process.argv.slice(2), process.env);
if (Array.isArray(settings)) {
  process.stderr.write(`${settings.join('\n')}\n`);
  process.exit(64);
}

const { log, flush } = createLog(settings.logLevel);
const store = createStore(settings.prefix);
if (settings.logLevelFile) followLogLevel(settings.logLevelFile, log);
const clients = settings.clientCa === '' ? undefined : readClientCa(settings.clientCa);
if (typeof clients === 'string') {
  process.stderr.write(`--client-ca: ${clients}\n`);
  process.exit(64);
}
const webhook = createWebhook({ ...settings, parseCheck: createCheckParser(), version }, store, undefined, log, {
  ...settings,
  clients: clients && { ...clients, names: settings.clientNames },
});
if (clients) followClientCa(settings.clientCa, webhook.trust, log);
const stopping = new AbortController();
provideCertificate(
  { settings, webhook, log, directory: developmentDirectory, connect: () => clusterFor('--certificate-source') },
  stopping.signal,
);

if (settings.policies === 'cluster') {
  const release = webhook.hold('policies, namespaces and quarantines are not known yet');
  const failed = (sentence: string): void => log.warn({ sentence }, 'the cluster cannot be followed');
  const connection = clusterFor('--policies');
  const { signal } = stopping;
  const unacknowledged = (sentence: string): void => log.warn({ sentence }, 'quarantine not acknowledged');
  // Who waits for the acknowledgements goes by the names of the Pods behind the Service.
  const replica = process.env['POD_NAME'];
  const seers = replica ? [acknowledgeQuarantines(connection, replica, unacknowledged, signal)] : [];
  const synced = Promise.all([
    followSurroundings(connection, store, failed, signal),
    followQuarantines(connection, [store.quarantines, ...seers], failed, signal),
  ]);
  // A webhook that waited for ever would be away for the Pods that ask themselves.
  void Promise.race([synced, setTimeout(longestHoldMs)]).then(release);
} else if (settings.policies !== '') {
  watchPolicyFiles(settings.policies, store, ({ policies, mistakes }) => {
    log.info({ policies: policies.map(({ metadata }) => metadata.name) }, 'policies read');
    for (const mistake of mistakes) log.error({ mistake }, 'policies could not be read');
  });
}

webhook.server.once('error', (error) => {
  process.stderr.write(`Cannot listen on ${settings.host}:${settings.port}: ${error.message}.\n`);
  process.exit(1);
});
webhook.server.listen(settings.port, settings.host, () => {
  const address = webhook.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.port;
  const url = `https://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
  log.info({ url, version }, 'listening');
  if (settings.certificateSource === 'development') {
    process.stdout.write(`
health-injector ${version} answers at ${url}. Try it:

  curl --cacert ${developmentDirectory}ca.crt -H 'content-type: application/json' \\
    --data @deploy/examples/review.json ${url}/mutate

`);
  }
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'draining');
    // Nobody routes to a developer's machine: there is nothing to wait for.
    void webhook.drain(settings.certificateSource === 'development' ? 0 : settings.drainMs).then(() => {
      stopping.abort();
      log.info('stopped');
      flush();
      process.exit(0);
    });
  });
}

/** The connection to the cluster that this Pod is in, which a setting asks for. */
function clusterFor(setting: string): Connection {
  const connection = inClusterConnection();
  if (typeof connection !== 'string') return connection;
  process.stderr.write(`${setting} asks for the cluster: ${connection}\n`);
  process.exit(64);
}
