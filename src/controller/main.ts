import { type Server, createServer } from 'node:http';
import { hostname } from 'node:os';
import type { Connection } from '../cluster/connection.ts';
import { createEventWriter } from '../cluster/events.ts';
import { inClusterConnection } from '../cluster/in-cluster-connection.ts';
import { kubeconfigConnection } from '../cluster/kubeconfig-connection.ts';
import { lead } from '../cluster/lease.ts';
import { patient } from '../cluster/patient.ts';
import { followLogLevel } from '../follow-log-level.ts';
import { createLog } from '../log.ts';
import { createCheckParser } from '../check/parse.ts';
import { settingHelp } from '../setting.ts';
import { version } from '../settings.ts';
import { createHardwareMetrics } from './hardware/metrics.ts';
import { runHardware } from './hardware/run-hardware.ts';
import { createTell } from './hardware/tell.ts';
import { type ControllerMetrics, createControllerMetrics } from './metrics.ts';
import { createOwners } from './owners.ts';
import { run } from './run.ts';
import { controllerRows, readControllerSettings } from './settings.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(settingHelp(`health-injector ${version}: the controller`, controllerRows));
  process.exit(0);
}
const settings = readControllerSettings(process.argv.slice(2), process.env);
if (Array.isArray(settings)) {
  process.stderr.write(`${settings.join('\n')}\n`);
  process.exit(64);
}
const plain = settings.kubeconfig ? await fromKubeconfig() : inClusterConnection();
if (typeof plain === 'string') {
  process.stderr.write(`${plain}\n`);
  process.exit(64);
}
const connection = patient(plain);

const { log, flush } = createLog(settings.logLevel);
if (settings.logLevelFile) followLogLevel(settings.logLevelFile, log);
const metrics = createControllerMetrics();
const hardwareMetrics = createHardwareMetrics(metrics.registry);
const server = serve(metrics);
server.listen(settings.port, settings.host, () => log.info({ address: server.address(), version }, 'listening'));

const identity = `${process.env['POD_NAME'] ?? hostname()}_${crypto.randomUUID()}`;
const stopping = new AbortController();
const failed = (sentence: string): void =>
  log.warn({ sentence }, 'the apiserver could not be spoken to as it should be');
const context = { ...settings, parseCheck: createCheckParser(), version, strict: false };
const repair = {
  percent: settings.repairPercent,
  windowMs: 10 * 60_000,
  minimumAgeMs: settings.repairMinimumAgeMs,
  mostPerOwner: 2,
  ownerWindowMs: 30 * 60_000,
};

const onStarted = async (signal: AbortSignal): Promise<void> => {
  log.info({ identity }, 'leading');
  metrics.leading.set(1);
  const reporter = { controller: 'health-injector', instance: identity };
  const events = createEventWriter({ connection, ...reporter, counted: metrics.eventWritten, failed }, signal);
  const owners = createOwners(connection);
  const done = (what: object, message: string): void => log.info(what, message);
  const shared = { connection, failed, done, tickMs: 2_000 };
  const judging = { ...shared, context, annotatedOnly: settings.annotatedOnly, owners, events, metrics };
  const webhook = { namespace: settings.namespace, service: settings.webhookService, limitMs: 2_000 };
  const tell = createTell(events, owners, signal);
  const moving = { ...shared, prefix: settings.prefix, webhook, tell, metrics: hardwareMetrics, retryMs: 2_000 };
  await Promise.all([
    run({ ...judging, repair: settings.repair === 'evict' ? repair : undefined }, signal),
    settings.hardware && runHardware({ ...moving, settings: settings.hardware }, signal),
  ]);
  await events.idle();
  metrics.leading.set(0);
};

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
await (settings.namespace === ''
  ? onStarted(stopping.signal)
  : lead(
      { connection, namespace: settings.namespace, name: 'health-injector-controller', identity, onStarted, failed },
      stopping.signal,
    ));
log.info('stopped');
flush();
process.exit(0);

/** What reads a kubeconfig takes 40 MB, which nobody needs in a cluster. */
async function fromKubeconfig(): Promise<Connection | string> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  return kubeconfigConnection(config);
}

function serve({ registry }: ControllerMetrics): Server {
  return createServer((request, response) => {
    if (request.url === '/metrics') {
      void registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text));
    } else if (request.url === '/livez' || request.url === '/readyz') response.end('ok\n');
    else response.writeHead(404).end('Nothing is here: see /livez, /readyz and /metrics.\n');
  });
}
