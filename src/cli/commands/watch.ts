import { UserError, defineCommand, exitCode } from '../command.ts';
import { readContext } from '../input.ts';
import { clusterOptions, settingOptions } from '../options.ts';
import { cleaned } from '../facts/clean.ts';
import { formatLine } from '../watch/changes.ts';

/** Follows what happens to the checks and the Pods of a namespace. */
export const watchCommand = defineCommand({
  summary: 'follow checks, restarts, readiness and moves as they happen, a line each, until Ctrl-C',
  usage: '[OPTIONS]',
  positionals: [],
  options: {
    output: { type: 'string', short: 'o', value: ['text', 'json'], meaning: 'lines for people, or an object a line' },
    'all-namespaces': { type: 'boolean', short: 'A', meaning: 'all namespaces of the cluster' },
    ...clusterOptions,
    namespace: settingOptions.namespace,
    prefix: settingOptions.prefix,
  },
  exitCodes: '0 ended by Ctrl-C; 2 the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    ['watch -n shop', 'what fails, restarts and moves in a namespace'],
    ['watch -A -o json', 'of all namespaces, for programs'],
  ],
  async run({ values, positionals, terminal }) {
    if (positionals.length > 0) {
      throw new UserError(exitCode.usage, [`${positionals[0]} is one word too many: watch takes flags only.`]);
    }
    const { prefix } = readContext(values, terminal.env);
    // The client of Kubernetes takes longer to load than all else.
    const { watchCluster } = await import('../live/watch.ts');
    const { kubeconfig, context, namespace } = values;
    const isJson = values.output === 'json';
    const signal = terminal.untilInterrupted();
    await watchCluster(
      {
        target: { kubeconfig, context, namespace },
        isAll: values['all-namespaces'] === true,
        prefix,
        onLine: (line) => terminal.printLines([isJson ? JSON.stringify(cleaned(line)) : formatLine(line)]),
        onError: (sentence) => terminal.reportLines([sentence]),
      },
      signal,
    );
    return exitCode.ok;
  },
});
