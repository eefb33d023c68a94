import { type Server, createServer } from 'node:http';
import { hostname } from 'node:os';
import { runCoverageController } from '../controllers/coverage/controller.ts';
import { type ControllerMetrics, createControllerMetrics } from '../controllers/coverage/metrics.ts';
import { runHardwareController } from '../controllers/hardware/controller.ts';
import { createHardwareEvents } from '../controllers/hardware/events.ts';
import { createHardwareMetrics } from '../controllers/hardware/metrics.ts';
import { runHoldController } from '../controllers/hold/controller.ts';
import { createHoldMetrics } from '../controllers/hold/metrics.ts';
import { runRestartBudgetController } from '../controllers/restart-budget/controller.ts';
import { createRestartMetrics } from '../controllers/restart-budget/metrics.ts';
import { createClient } from '../kube/client.ts';
import { fromKubeconfig, inCluster } from '../kube/config.ts';
import { createEventRecorder } from '../kube/event-recorder.ts';
import { runLeaderElection } from '../kube/leader-election.ts';
import { createOwnerResolver } from '../kube/owners.ts';
import { controllerOptions, readControllerSettings } from '../config/controller.ts';
import { createLog, watchLogLevel } from '../config/log.ts';
import { optionHelp, version } from '../config/options.ts';
import { createCheckParser } from '../check/parse.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(optionHelp(`health-injector ${version}: the controller`, controllerOptions));
  process.exit(0);
}
const read = readControllerSettings(process.argv.slice(2), process.env);
if ('problems' in read) {
  process.stderr.write(`${read.problems.join('\n')}\n`);
  process.exit(64);
}
const settings = read.values;
const userAgent = `health-injector/${version}`;
const config = settings.kubeconfig ? await fromKubeconfig({ userAgent }) : inCluster({ userAgent });
if (config.problem !== undefined) {
  process.stderr.write(`${config.problem}\n`);
  process.exit(64);
}
const client = createClient(config.transport);

const { log, flush } = createLog(settings.logLevel);
if (settings.logLevelFile) watchLogLevel(settings.logLevelFile, log);
const metrics = createControllerMetrics();
const hardwareMetrics = createHardwareMetrics(metrics.registry);
const holdMetrics = createHoldMetrics(metrics.registry);
const restartMetrics = createRestartMetrics(metrics.registry);
const server = serve(metrics);
server.listen(settings.port, settings.host, () => log.info({ address: server.address(), version }, 'listening'));

const identity = `${process.env['POD_NAME'] ?? hostname()}_${crypto.randomUUID()}`;
const stopping = new AbortController();
const failed = (sentence: string): void =>
  log.warn({ sentence }, 'the apiserver could not be spoken to as it should be');
const context = { ...settings, parseCheck: createCheckParser(), version };
const repair = {
  percent: settings.repairPercent,
  windowMs: 10 * 60_000,
  minimumAgeMs: settings.repairMinimumAgeMs,
  mostPerOwner: 2,
  ownerWindowMs: 30 * 60_000,
};

const onStartedLeading = async (signal: AbortSignal): Promise<void> => {
  log.info({ identity }, 'leading');
  metrics.leading.set(1);
  const reporter = { controller: 'health-injector', instance: identity };
  const events = { client, ...reporter, onOutcome: metrics.countEvent, onError: failed };
  const recorder = createEventRecorder(events, signal);
  const owners = createOwnerResolver(client);
  const onAction = (fields: object, message: string): void => log.info(fields, message);
  const coverage = { client, context, owners, recorder, metrics, tickMs: 2_000, onError: failed, onAction };
  const webhook = { namespace: settings.namespace, service: settings.webhookService, limitMs: 2_000 };
  const hardware = {
    client,
    prefix: settings.prefix,
    webhook,
    events: createHardwareEvents(recorder, owners, signal),
    metrics: hardwareMetrics,
    tickMs: 2_000,
    retryMs: 2_000,
    onError: failed,
    onAction,
  };
  const hold = { prefix: settings.prefix, maxPauseMs: settings.holds.maxPauseMs };
  const restarts = {
    client,
    prefix: settings.prefix,
    owners,
    recorder,
    metrics: restartMetrics,
    onError: failed,
    onAction,
  };
  await Promise.all([
    settings.holds.restartBudgetPercent > 0 && runRestartBudgetController(restarts, signal),
    runCoverageController({ ...coverage, repair: settings.repair === 'evict' ? repair : undefined }, signal),
    runHoldController({ client, settings: hold, recorder, metrics: holdMetrics, onError: failed, onAction }, signal),
    settings.hardware && runHardwareController({ ...hardware, settings: settings.hardware }, signal),
  ]);
  await recorder.idle();
  metrics.leading.set(0);
};

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
const lease = { namespace: settings.namespace, name: 'health-injector-controller', identity };
await (settings.namespace === ''
  ? onStartedLeading(stopping.signal)
  : runLeaderElection({ client, ...lease, onStartedLeading, onError: failed }, stopping.signal));
log.info('stopped');
await flush();
process.exit(0);

function serve({ registry }: ControllerMetrics): Server {
  return createServer((request, response) => {
    if (request.url === '/metrics') {
      void registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text));
    } else if (request.url === '/livez' || request.url === '/readyz') response.end('ok\n');
    else response.writeHead(404).end('Nothing is here: see /livez, /readyz and /metrics.\n');
  });
}
