import { parsePause, pauseExpected } from '../../hold/pause.ts';
import { UserError, defineCommand, exitCode } from '../command.ts';
import { clusterOptions, readSettingOptions, settingOptions } from '../options.ts';

/** Holds the liveness of a running Pod while somebody looks at it. */
export const pauseCommand = defineCommand({
  summary: 'hold the liveness of a running Pod for a while, and say when that is in force',
  usage: 'POD --for TIME [OPTIONS]',
  positionals: [],
  options: {
    for: {
      type: 'string',
      value: 'TIME',
      meaning: 'how long, such as 15m; the administrator allows an hour at most unless he says otherwise',
    },
    readiness: { type: 'boolean', meaning: 'hold readiness as well: the Pod goes on taking traffic' },
    end: { type: 'boolean', meaning: 'end the pause now' },
    ...clusterOptions,
    namespace: settingOptions.namespace,
    prefix: settingOptions.prefix,
  },
  exitCodes:
    '0 the pause is in force, or over; 2 it cannot be, or the cluster cannot be reached; 64 the command line is wrong.',
  examples: [
    ['pause web-5c9f --for 15m', 'before a debugger stops the process: no probe of ours restarts it'],
    ['pause web-5c9f --for 15m --readiness -n shop', 'and it stays in its Services'],
    ['pause web-5c9f --end', 'liveness counts again'],
  ],
  async run({ values, positionals, terminal }) {
    const [pod, ...more] = positionals;
    if (pod === undefined || more.length > 0) throw usage('expected one Pod, such as pause web-5c9f --for 15m.');
    const { for: text, end = false, readiness = false, kubeconfig, context, namespace } = values;
    if ((text === undefined) === !end) throw usage('expected --for TIME, or --end, and not both.');
    if (text !== undefined && parsePause(text) === undefined)
      throw usage(`--for is "${text}", expected ${pauseExpected}.`);
    const { prefix } = readSettingOptions(values.prefix === undefined ? {} : { prefix: values.prefix }, terminal.env);
    // The client of Kubernetes takes longer to load than all else.
    const { pausePod } = await import('../live/pause.ts');
    const name = pod.replace(/^pods?\//, '');
    const sentence = await pausePod(
      { name, prefix, text, holdsReadiness: readiness },
      { kubeconfig, context, namespace },
    );
    terminal.printLines([sentence]);
    return exitCode.ok;
  },
});

const usage = (sentence: string): UserError => new UserError(exitCode.usage, [sentence]);
