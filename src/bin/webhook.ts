import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Client, createClient } from '../kube/client.ts';
import { inCluster } from '../kube/config.ts';
import { watchPolicyFiles } from '../policy/files.ts';
import { startCertificateSource } from '../certificates/source.ts';
import { createCheckParser } from '../check/parse.ts';
import { startPolicyInformers } from '../policy/informers.ts';
import { createStore } from '../policy/store.ts';
import { optionHelp, version } from '../config/options.ts';
import { readWebhookSettings, webhookOptions } from '../config/webhook.ts';
import { createLog, watchLogLevel } from '../config/log.ts';
import { readClientCa, watchClientCa } from '../webhook/client-auth.ts';
import { createGenerationReporter, startQuarantineInformer } from '../webhook/quarantine-sync.ts';
import { createPlaygroundServer } from '../webhook/playground.ts';
import { createWebhookServer } from '../webhook/server.ts';

/** Where the development certificates are, from wherever the program was started. */
const developmentDirectory = new URL('../../certs/', import.meta.url).pathname;

/** Where `npm run build:playground` puts the page. */
const playgroundDirectory = new URL('../../dist/playground/', import.meta.url).pathname;

/** How long a replica that just started waits for the policies before it answers without them. */
const longestHoldMs = 30_000;

if (process.argv.includes('--help')) {
  process.stdout.write(optionHelp(`health-injector ${version}: the webhook`, webhookOptions));
  process.exit(0);
}
const read = readWebhookSettings(process.argv.slice(2), process.env);
if ('problems' in read) {
  process.stderr.write(`${read.problems.join('\n')}\n`);
  process.exit(64);
}
const settings = read.values;

const { log, flush } = createLog(settings.logLevel);
const store = createStore(settings.prefix);
if (settings.logLevelFile) watchLogLevel(settings.logLevelFile, log);
const clients = settings.clientCa === '' ? undefined : readClientCa(settings.clientCa);
if (clients && 'problem' in clients) {
  process.stderr.write(`--client-ca: ${clients.problem}\n`);
  process.exit(64);
}
const webhook = createWebhookServer({
  context: { ...settings, parseCheck: createCheckParser(), version },
  store,
  log,
  clients: clients && { ...clients, names: settings.clientNames },
});
if (clients) watchClientCa(settings.clientCa, webhook.setClientCa, log);
const stopping = new AbortController();
startCertificateSource(
  { ...webhook, settings, log, developmentDirectory, connect: () => clientFor('--certificate-source') },
  stopping.signal,
);

if (settings.policies === 'cluster') {
  const release = webhook.addReadyzCheck('policies, namespaces and quarantines are not known yet');
  const onError = (sentence: string): void => log.warn({ sentence }, 'the cluster cannot be followed');
  const client = clientFor('--policies');
  const { signal } = stopping;
  const { reset: onReplace, upsert: onUpsert, remove: onDelete } = store.quarantines;
  const handlers = [{ onReplace, onUpsert, onDelete }];
  const replica = process.env['POD_NAME'];
  if (replica) {
    const onReportError = (sentence: string): void => log.warn({ sentence }, 'quarantine not acknowledged');
    handlers.push(createGenerationReporter({ client, replica, onError: onReportError }, signal));
  }
  const synced = Promise.all([
    startPolicyInformers(client, store, onError, signal),
    startQuarantineInformer(client, handlers, onError, signal),
  ]);
  // A webhook that waited for ever would be away for the Pods that ask themselves.
  void Promise.race([synced, setTimeout(longestHoldMs)]).then(release);
} else if (settings.policies !== '') {
  watchPolicyFiles(settings.policies, store, ({ policies, mistakes }) => {
    log.info({ policies: policies.map(({ metadata }) => metadata.name) }, 'policies read');
    for (const mistake of mistakes) log.error({ mistake }, 'policies could not be read');
  });
}

const playgroundUrl = settings.playground && (await servePlayground(settings.playground));

webhook.server.once('error', (error) => {
  process.stderr.write(`Cannot listen on ${settings.host}:${settings.port}: ${error.message}.\n`);
  process.exit(1);
});
webhook.server.listen(settings.port, settings.host, () => {
  const address = webhook.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.port;
  const url = urlOf('https', settings.host, port);
  if (settings.certificateSource === 'development') process.stdout.write(greeting(url, playgroundUrl));
  log.info({ url, version, playground: playgroundUrl }, 'listening');
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'draining');
    // No Service routes to a developer's machine: there is nothing to wait for.
    void webhook.drain(settings.certificateSource === 'development' ? 0 : settings.drainMs).then(async () => {
      stopping.abort();
      log.info('stopped');
      await flush();
      process.exit(0);
    });
  });
}

/** Serves the playground, and gives its URL; undefined where that fails, which keeps the webhook from nothing. */
async function servePlayground({ host, port }: { host: string; port: number }): Promise<string | undefined> {
  const server = createPlaygroundServer(playgroundDirectory);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const address = `${host}:${port}`;
    process.stderr.write(
      `The playground is not served at ${address}, see --playground: ${(error as Error).message}.\n`,
    );
    return undefined;
  }
  const address = server.address();
  return `${urlOf('http', host, typeof address === 'object' && address ? address.port : port)}/`;
}

function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What somebody reads who has started the program by hand. */
function greeting(url: string, playground: string | undefined): string {
  const page =
    playground === undefined
      ? ''
      : `Open ${playground} in a browser: edit a manifest, and see what the webhook adds to it.\n\n`;
  return `
${page}The webhook answers at ${url}/mutate. One review of a Pod, by hand:

  curl --cacert ${developmentDirectory}ca.crt -H 'content-type: application/json' \\
    --data @deploy/examples/review.json ${url}/mutate

Ctrl-C ends it. The log follows, one JSON object a line.

`;
}

/** A client for the cluster that this Pod is in, which a setting asks for. */
function clientFor(setting: string): Client {
  const config = inCluster({ userAgent: `health-injector/${version}` });
  if (config.problem === undefined) return createClient(config.transport);
  process.stderr.write(`${setting} asks for the cluster: ${config.problem}\n`);
  process.exit(64);
}
