import { defineCommand, exitCode } from '../command.ts';
import { type Explanation, explainConsidered } from '../explain/explanation.ts';
import { formatExplanation } from '../explain/format-explanation.ts';
import { loadContext, loadManifests } from '../load.ts';
import { parseReferences } from '../live/reference.ts';
import { clusterOptions, inputOptions, settingOptions } from '../shared-options.ts';

const options = {
  ...inputOptions,
  output: { type: 'string', short: 'o', value: ['text', 'json'], meaning: 'for people, or the same for programs' },
  ...clusterOptions,
  ...settingOptions,
} as const;

/** Says what is done to a workload, what not, and why. */
export const explain = defineCommand({
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
    const named = parseReferences(positionals);
    if (typeof named === 'string') {
      terminal.report(`${named}\n`);
      return exitCode.usage;
    }
    const context = loadContext(values, terminal);
    if (typeof context === 'number') return context;
    const { references, files } = named;
    const explanations: Explanation[] = [];
    if (references.length === 0 || files.length > 0 || values.file) {
      const loaded = await loadManifests([...(values.file ?? []), ...files], context, terminal);
      if (typeof loaded === 'number') return loaded;
      explanations.push(...loaded.manifests.map((manifest) => explainConsidered(manifest, context.prefix)));
    }
    if (references.length > 0) {
      // The client of Kubernetes takes longer to load than all else: only a live object pays for it.
      const { explainLive } = await import('../live/explain-live.ts');
      const { kubeconfig, context: name, namespace } = values;
      const target = { kubeconfig, context: name, namespace };
      const live = await explainLive(references, target, context, values.policies !== undefined);
      if (typeof live === 'string') {
        terminal.report(`${live}\n`);
        return exitCode.unreadable;
      }
      terminal.report(live.unseen.map((sentence) => `${sentence}\n`).join(''));
      explanations.push(...live.explanations);
    }
    terminal.print(
      values.output === 'json'
        ? `${JSON.stringify(explanations, null, 2)}\n`
        : explanations.map(formatExplanation).join('\n'),
    );
    return exitCode.ok;
  },
});
