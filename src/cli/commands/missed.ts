import { alignColumns } from '../columns.ts';
import { UserError, defineCommand, exitCode } from '../command.ts';
import { readContext } from '../input.ts';
import { clusterOptions, settingOptions } from '../options.ts';
import { bounded, visible } from '../visible.ts';

/** Lists the Pods and workloads that lack a check which annotations, a policy or the namespace ask for. */
export const missedCommand = defineCommand({
  summary: 'list the Pods and workloads that lack the health check that their annotations or a policy ask for',
  usage: '[OPTIONS]',
  positionals: [],
  options: {
    output: { type: 'string', short: 'o', value: ['text', 'json'], meaning: 'a table, or the same for programs' },
    ...clusterOptions,
    ...settingOptions,
  },
  exitCodes: '0 there are none; 1 there are some; 2 the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    ['missed', 'of all namespaces: what was created while the webhook was away'],
    ['missed -n shop -o json', 'of one, for programs'],
  ],
  async run({ values, positionals, terminal }) {
    if (positionals.length > 0) {
      throw new UserError(exitCode.usage, [`${positionals[0]} is one word too many: missed takes flags only.`]);
    }
    const context = readContext(values, terminal.env);
    // The client of Kubernetes takes longer to load than all else.
    const [{ findMissed }, { mendingCommand }] = await Promise.all([
      import('../live/missed.ts'),
      import('../live/uncopied.ts'),
    ]);
    const { kubeconfig, context: name, namespace } = values;
    const { pods, workloads } = await findMissed({ kubeconfig, context: name, namespace }, context);
    const ofPods = pods.map(({ namespace: space, name: pod, root, verdict }) => ({
      namespace: space,
      owner: root ? `${root.kind}/${root.name}` : '',
      pod,
      asked: `${verdict.whoAsks}`,
      lacks: verdict.notes,
      mend: root && mendingCommand(root.kind, space, root.name, context.prefix),
    }));
    const ofWorkloads = workloads.map(({ kind, metadata: { namespace: space = '', name: workload = '' }, keys }) => ({
      namespace: space,
      owner: `${kind}/${workload}`,
      pod: '',
      asked: `the annotations of the ${kind} ask`,
      lacks: keys.map((key) => `${key} on its template`),
      mend: mendingCommand(kind, space, workload, context.prefix),
    }));
    const rows = [...ofPods, ...ofWorkloads];
    const mends = [...new Set(rows.flatMap(({ mend }) => mend ?? []))].map(visible);
    if (values.output === 'json') terminal.printJson(rows);
    else if (rows.length === 0) terminal.printLines(['No Pod was missed.']);
    else
      terminal.printLines([
        ...table(rows),
        ...(mends.length > 0 ? ['', 'New Pods have what is missing:', ...mends] : []),
      ]);
    return rows.length > 0 ? exitCode.found : exitCode.ok;
  },
});

/** As wide as its widest cell is a column, in each of its rows. */
const maxCellLength = 4_096;

function table(rows: readonly Readonly<Record<string, string | readonly string[] | undefined>>[]): string[] {
  const columns = ['namespace', 'owner', 'pod', 'asked', 'lacks'];
  const cells = rows.map((row) =>
    columns.map((column) => visible(bounded([row[column] ?? ''].flat().join(','), maxCellLength))),
  );
  const lines = [columns.map((column) => column.toUpperCase()), ...cells];
  return alignColumns(lines, '   ');
}
