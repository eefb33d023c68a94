import { defineCommand, exitCode } from '../command.ts';
import { evaluateAll } from '../evaluate.ts';
import { type Explanation, explain } from '../explain/explain.ts';
import { formatFinding } from '../finding.ts';
import { policyRemarks } from '../findings.ts';
import { unreadFindings } from '../unread.ts';
import { formatExplanations } from '../explain/format.ts';
import { readContext, readManifests } from '../input.ts';
import { parseReferences } from '../live/reference.ts';
import { clusterOptions, inputOptions, settingOptions } from '../options.ts';

const options = {
  ...inputOptions,
  output: { type: 'string', short: 'o', value: ['text', 'json'], meaning: 'for people, or the same for programs' },
  ...clusterOptions,
  ...settingOptions,
} as const;

/** Says what is done to a workload, what not, and why. */
export const explainCommand = defineCommand({
  summary: 'say what is done to a Pod or workload, what not, why, and what it costs',
  usage: '[OPTIONS] FILE... | KIND/NAME...',
  positionals: 'files',
  options,
  exitCodes: '0 explained; 2 a manifest or the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    ['explain redis.yaml', 'which check each container gets, by which pattern, and why by no other'],
    ['explain deploy/redis -n shop', 'the same of a live workload, and whether its newest Pod carries it'],
    ['explain -o json pod/redis-0', 'a live Pod, for programs'],
  ],
  async run({ values, positionals, terminal }) {
    const { references, files: names } = parseReferences(positionals);
    const context = readContext(values, terminal.env);
    const explanations: Explanation[] = [];
    const unread: string[] = [];
    if (references.length === 0 || names.length > 0 || values.file) {
      const files = await readManifests(values, names, terminal);
      const objects = evaluateAll(files, context);
      const remarks = files.flatMap((file) =>
        policyRemarks(file, context).concat(unreadFindings(file, context.prefix)),
      );
      unread.push(...remarks.map(formatFinding));
      if (objects.length === 0 && remarks.length === 0) unread.push('There is no Pod and no workload to explain.');
      explanations.push(...objects.map((object) => explain(object, context.prefix)));
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
