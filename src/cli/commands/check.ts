import type { Diagnosis } from '../../diagnostics/diagnostic.ts';
import { parseDuration } from '../../check/kinds.ts';
import { type Terminal, UserError, type Values, defineCommand, exitCode } from '../command.ts';
import { formatDiagnoses, reportOfDiagnoses, shortDiagnoses } from '../diagnoses.ts';
import { clusterOptions } from '../options.ts';

const options = {
  pre: { type: 'boolean', meaning: 'ask whether health-injector may be installed, before it is' },
  e2e: {
    type: 'boolean',
    meaning: 'also run a server in a namespace of its own, break it, see its restart, and clean up; takes a minute',
  },
  wait: { type: 'string', value: 'TIME', meaning: 'look again, for as long as something fails, such as 60s (0s)' },
  output: {
    type: 'string',
    short: 'o',
    value: ['text', 'short', 'json'],
    meaning: 'everything, what is not well alone, or all for programs',
  },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAMESPACE',
    meaning: 'where health-injector is installed (the first installation that is registered)',
  },
  ...clusterOptions,
} as const;

/** Looks at a cluster and an installation. */
export const checkCommand = defineCommand({
  summary: 'look at a cluster and an installation of health-injector, and say what is wrong and what to do',
  usage: '[OPTIONS]',
  positionals: [],
  options,
  exitCodes:
    '0 nothing failed; 1 something failed; 2 there is no kubeconfig; 64 the command line is wrong; 130 it was interrupted.',
  examples: [
    ['check --pre', 'may it be installed here?'],
    ['check --wait 60s', 'after an installation: until all is well, or a minute is over'],
    ['check -o short', 'what is not well, a line each'],
    ['check --e2e', 'and is a server that breaks really restarted?'],
  ],
  async run({ values, positionals, terminal }) {
    if (positionals.length > 0) {
      throw new UserError(exitCode.usage, [`${positionals[0]} is one word too many: check takes flags only.`]);
    }
    const waitMs = readWait(values.wait);
    if (values.pre && values.e2e) {
      throw new UserError(exitCode.usage, ['--pre and --e2e contradict each other: --e2e needs an installation.']);
    }
    // The client of Kubernetes takes longer to load than all else.
    const { openCheck } = await import('../live/check.ts');
    const { kubeconfig, context, namespace } = values;
    const { look, endToEnd } = await openCheck({ kubeconfig, context, namespace }, values.pre === true);
    const diagnoses = await lookUntil(look, waitMs, terminal);
    if (values.e2e !== true) return print(diagnoses, values, terminal);
    const code = print(diagnoses, values, terminal);
    if (code !== exitCode.ok) return code;
    const outcome = await endToEnd((line) =>
      (values.output === 'json' ? terminal.reportLines : terminal.printLines)([line]),
    );
    return outcome === 'interrupted' ? interruptedCode : outcome === 'ok' ? exitCode.ok : exitCode.found;
  },
});

/** As a shell has it for a process that ended by SIGINT. */
const interruptedCode = 130;

const longestWaitMs = 3_600_000;

function readWait(text: string | undefined): number {
  if (text === undefined) return 0;
  const waitMs = parseDuration(text);
  if (waitMs !== undefined && waitMs <= longestWaitMs) return waitMs;
  throw new UserError(exitCode.usage, [`--wait is "${text}", expected a time such as 60s, of an hour at most.`]);
}

const pauseMs = 2_000;

/** Looks until nothing fails or the time is over, and gives the last look. */
async function lookUntil(
  look: () => Promise<readonly Diagnosis[]>,
  waitMs: number,
  terminal: Terminal,
): Promise<readonly Diagnosis[]> {
  const untilMs = performance.now() + waitMs;
  let said = '';
  for (;;) {
    const diagnoses = await look();
    const failing = diagnoses.filter(({ status }) => status === 'failed').map(({ id }) => id);
    if (failing.length === 0 || performance.now() + pauseMs > untilMs) return diagnoses;
    const line = `Waiting for ${failing.join(', ')}.`;
    if (line !== said) terminal.reportLines([line]);
    said = line;
    await new Promise((resolve) => void setTimeout(resolve, pauseMs));
  }
}

function print(diagnoses: readonly Diagnosis[], { output }: Values<typeof options>, terminal: Terminal): number {
  if (output === 'json') terminal.printJson(reportOfDiagnoses(diagnoses));
  else terminal.printLines(output === 'short' ? shortDiagnoses(diagnoses) : formatDiagnoses(diagnoses));
  return diagnoses.some(({ status }) => status === 'failed') ? exitCode.found : exitCode.ok;
}
