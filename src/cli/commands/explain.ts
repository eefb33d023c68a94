import { type Terminal, UserError, type Values, defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { type Explanation, explain } from '../explain/explain.ts';
import { stateOf, workloadTable } from '../explain/table.ts';
import { cleaned } from '../facts/clean.ts';
import { formatFinding } from '../finding.ts';
import { gangHints } from '../gang-hint.ts';
import { explainRemarks } from '../findings.ts';
import { formatExplanations } from '../explain/format.ts';
import { readContext, readManifests } from '../input.ts';
import { parseReferences } from '../live/reference.ts';
import { policiesPath } from '../../policy/policy.ts';
import { inOrder } from '../../report/report.ts';
import { clusterOptions, inputOptions, settingOptions } from '../options.ts';

const options = {
  ...inputOptions,
  output: { type: 'string', short: 'o', value: ['text', 'json'], meaning: 'for people, or the same for programs' },
  'all-namespaces': { type: 'boolean', short: 'A', meaning: 'a table of the workloads of all namespaces' },
  policy: {
    type: 'string',
    value: 'NAME',
    meaning: 'a table of the workloads that a HealthPolicy of the cluster asks for',
  },
  page: { type: 'string', value: 'N', meaning: 'which page of a table (1)' },
  limit: { type: 'string', value: 'N', meaning: 'how many workloads a page of a table has (200)' },
  ...clusterOptions,
  ...settingOptions,
} as const;

/** Says what is done to a workload, what not, and why. */
export const explainCommand = defineCommand({
  summary: 'say what is done to a Pod or workload, what not, why, and what it costs',
  usage: '[OPTIONS] FILE... | KIND/NAME... | -n NAMESPACE | -A | --policy NAME',
  positionals: 'files',
  options,
  exitCodes: '0 explained; 2 a manifest or the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    ['explain redis.yaml', 'which check each container gets, by which pattern, and why by no other'],
    ['explain deploy/redis -n shop', 'the same of a live workload, and whether its newest Pod carries it'],
    ['explain -o json pod/redis-0', 'a live Pod, for programs'],
    ['explain -n shop', 'a table of the workloads of a namespace: what each has or would get, and why not'],
    ['explain --policy caches', 'a table of what a policy does, or with mode: Audit would do'],
  ],
  async run({ values, positionals, terminal }) {
    const isWhole = values.namespace !== undefined || values['all-namespaces'] || values.policy !== undefined;
    if (positionals.length === 0 && !values.file && isWhole) return explainAll(values, terminal);
    if (values['all-namespaces'] || values.policy !== undefined) {
      const sentence =
        '--all-namespaces and --policy make a table of live workloads: name no workload and no file with them.';
      throw new UserError(exitCode.usage, [sentence]);
    }
    const { references, files: names } = parseReferences(positionals);
    const context = readContext(values, terminal.env);
    const explanations: Explanation[] = [];
    const unread: string[] = [];
    if (references.length === 0 || names.length > 0 || values.file) {
      const files = await readManifests(values, names, terminal);
      const objects = evaluateAll(files, context);
      const remarks = files.flatMap((file) => explainRemarks(file, context));
      unread.push(...remarks.map(formatFinding));
      if (objects.length === 0 && remarks.length === 0) unread.push('There is no Pod and no workload to explain.');
      for (const object of objects) {
        const explanation = explain(object, context.prefix);
        const warnings = [...explanation.warnings, ...gangHints(object, context.prefix)];
        explanations.push({ ...explanation, warnings });
      }
    }
    if (references.length > 0) {
      // The client of Kubernetes takes longer to load than all else: only a live object pays for it.
      const { explainLive } = await import('../live/explain.ts');
      const { kubeconfig, context: name, namespace } = values;
      const target = { kubeconfig, context: name, namespace };
      const live = await explainLive(references, target, context, values.policies !== undefined);
      terminal.reportLines(live.unseen);
      explanations.push(...live.explanations);
    }
    if (values.output === 'json') {
      terminal.printJson(explanations);
      terminal.reportLines(unread);
    } else {
      const lines = formatExplanations(explanations, Date.now());
      terminal.printLines([...lines, ...(lines.length > 0 && unread.length > 0 ? [''] : []), ...unread]);
    }
    return exitCode.ok;
  },
});

/** A table of live workloads, or with `-o json` all of them. */
async function explainAll(values: Values<typeof options>, terminal: Terminal): Promise<number> {
  const page = { number: countOf(values.page, 'page', 1), size: countOf(values.limit, 'limit', 200) };
  const context = readContext(values, terminal.env);
  const { gatherCluster } = await import('../live/gather.ts');
  const { kubeconfig, context: name, namespace, policy } = values;
  const gathered = await gatherCluster({
    target: { kubeconfig, context: name, namespace },
    isAll: values['all-namespaces'] === true || namespace === undefined,
    context,
    hasPolicies: values.policies !== undefined,
  });
  const { workloads, policies, unseen } = cleaned(gathered.facts);
  const areShown = !unseen.some((sentence) => sentence.includes(policiesPath));
  if (policy !== undefined && areShown && !policies.some((each) => each.name === policy)) {
    throw new UserError(exitCode.unreadable, [`There is no HealthPolicy ${policy}.`]);
  }
  const asked = policy === undefined ? workloads : workloads.filter(({ by }) => by === `HealthPolicy ${policy}`);
  const sorted = inOrder(asked);
  if (values.output === 'json') terminal.printJson(sorted.map((each) => ({ state: stateOf(each), ...each })));
  else terminal.printLines(workloadTable(sorted, page));
  terminal.reportLines(unseen);
  return exitCode.ok;
}

function countOf(text: string | undefined, flag: string, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UserError(exitCode.usage, [`--${flag} is "${text}", expected a whole number from 1 to 999999.`]);
}
