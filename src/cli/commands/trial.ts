import { stringify } from 'yaml';
import { parseDuration } from '../../check/kinds.ts';
import { leastEvidence } from '../../trial/advice.ts';
import { type WorkloadTrial, workloadTrials, wouldBeUnready, wouldRestart } from '../../trial/workload.ts';
import { type HealthPolicy, policiesPath } from '../../policy/policy.ts';
import { type Terminal, UserError, type Values, defineCommand, exitCode } from '../command.ts';
import { readContext } from '../input.ts';
import { clusterOptions, settingOptions } from '../options.ts';
import { formatTrials } from '../trial/format.ts';
import { promotePolicy } from '../trial/promote.ts';

const options = {
  output: {
    type: 'string',
    short: 'o',
    value: ['text', 'json'],
    meaning: 'a table and sentences, or the same for programs',
  },
  'all-namespaces': { type: 'boolean', short: 'A', meaning: 'all namespaces of the cluster' },
  policy: { type: 'string', value: 'NAME', meaning: 'only what this policy put on trial' },
  promote: {
    type: 'string',
    value: 'NAME',
    meaning: 'print this policy with mode: Enforce and the advised values, for kubectl apply -f -; nothing is applied',
  },
  watched: { type: 'string', value: 'TIME', meaning: 'how long a trial has to have lasted for advice (1h)' },
  ...clusterOptions,
  namespace: settingOptions.namespace,
  prefix: settingOptions.prefix,
} as const;

/** Lists what the probes of Pods on trial would have done, with advice. */
export const trialCommand = defineCommand({
  summary: 'list what the checks of Pods on trial would have restarted, and which settings would fit them',
  usage: '[OPTIONS] [-A | -n NAMESPACE]',
  positionals: [],
  options,
  exitCodes:
    '0 nothing would have been restarted or not ready; 1 something would; 2 the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    ['trial -n shop', 'the workloads of a namespace, what failed in each, and advice'],
    ['trial --policy caches -o json', 'what one policy put on trial, for programs'],
    ['trial --promote caches', 'what to apply to enforce that policy'],
  ],
  async run({ values, positionals, terminal }) {
    if (positionals.length > 0) {
      throw new UserError(exitCode.usage, [`${positionals[0]} is one word too many: trial takes flags only.`]);
    }
    const least = { ...leastEvidence, ...readWatched(values.watched) };
    const { prefix } = readContext(values, terminal.env);
    // The client of Kubernetes takes longer to load than all else.
    const [{ openCluster }, { readTrials }] = await Promise.all([
      import('../live/cluster.ts'),
      import('../live/trial.ts'),
    ]);
    const { kubeconfig, context, namespace, promote, policy = promote } = values;
    const cluster = await openCluster({ kubeconfig, context, namespace });
    const isAll = values['all-namespaces'] === true || (policy !== undefined && namespace === undefined);
    const within = isAll ? {} : { namespace: cluster.namespace };
    const { pods, unanswered } = await readTrials(cluster, {
      ...within,
      ...(policy === undefined ? {} : { policy }),
      prefix,
    });
    const workloads = workloadTrials(pods, least).toSorted(worstFirst);
    terminal.reportLines(unanswered);
    if (promote !== undefined) {
      const found = await cluster.get(`${policiesPath}/${encodeURIComponent(promote)}`, `HealthPolicy ${promote}`);
      if (!found) throw new UserError(exitCode.unreadable, [`There is no HealthPolicy ${promote}.`]);
      return print(promotePolicy(found as HealthPolicy, workloads, prefix), terminal);
    }
    if (values.output === 'json') terminal.printJson(workloads);
    else terminal.printLines(formatTrials(workloads));
    return workloads.some((each) => wouldRestart(each) > 0 || wouldBeUnready(each) > 0) ? exitCode.found : exitCode.ok;
  },
});

const worstFirst = (a: WorkloadTrial, b: WorkloadTrial): number =>
  wouldRestart(b) - wouldRestart(a) ||
  wouldBeUnready(b) - wouldBeUnready(a) ||
  a.namespace.localeCompare(b.namespace) ||
  a.name.localeCompare(b.name);

function print({ manifest, lines }: ReturnType<typeof promotePolicy>, terminal: Terminal): number {
  terminal.printText(stringify(manifest));
  terminal.reportLines(lines);
  return exitCode.ok;
}

/** A trial that is shorter than the usual has fewer answers, too. */
function readWatched(text: Values<typeof options>['watched']): { seconds?: number; answers?: number } {
  if (text === undefined) return {};
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new UserError(exitCode.usage, [`--watched is "${text}", expected a time such as 10m or 3h.`]);
  }
  return { seconds: durationMs / 1_000, answers: Math.min(leastEvidence.answers, Math.floor(durationMs / 20_000)) };
}
