import { writeFileSync } from 'node:fs';
import type { ReportFacts } from '../../report/facts.ts';
import { renderHtml } from '../../report/html.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { type Report, createReport } from '../../report/report.ts';
import { type Terminal, UserError, type Values, defineCommand, exitCode } from '../command.ts';
import { cleaned } from '../facts/clean.ts';
import { factsOfManifests } from '../facts/from-manifests.ts';
import { readContext, readManifests } from '../input.ts';
import { clusterOptions, inputOptions, settingOptions } from '../options.ts';

const options = {
  ...inputOptions,
  output: {
    type: 'string',
    short: 'o',
    value: ['html', 'markdown', 'json'],
    meaning: 'one file of HTML that needs no network (the default), or the same as text, or for programs',
  },
  out: { type: 'string', value: 'FILE', meaning: 'where it is written, rather than to standard output' },
  'all-namespaces': { type: 'boolean', short: 'A', meaning: 'all namespaces of the cluster' },
  ...clusterOptions,
  ...settingOptions,
} as const;

/** Reports on a cluster, a namespace, or manifests. */
export const reportCommand = defineCommand({
  summary: 'report on a cluster or on manifests: what is checked, what could be, what was left and why, moves, cost',
  usage: '[OPTIONS] -A | -n NAMESPACE | FILE...',
  positionals: 'files',
  options,
  exitCodes: '0 reported; 2 the cluster or a manifest cannot be read; 64 the command line is wrong.',
  examples: [
    ['report -A --out health.html', 'all of a cluster, to look at'],
    ['report -n shop -o markdown', 'a namespace, as text'],
    ['report -o json deploy/', 'manifests, for programs'],
  ],
  async run({ values, positionals, terminal }) {
    const isManifests = positionals.length > 0 || values.file !== undefined;
    const isAll = values['all-namespaces'] === true;
    if (isManifests && isAll) throw usage('--all-namespaces is of a cluster: name no manifest with it.');
    if (!isManifests && !isAll && values.namespace === undefined) {
      throw usage('Name what is reported on: -A for all namespaces, -n NAMESPACE, or manifests.');
    }
    const facts = isManifests
      ? factsOfManifests(
          await readManifests(values, positionals, terminal),
          readContext(values, terminal.env),
          new Date().toISOString(),
        )
      : await factsOfCluster(values, terminal);
    const report = createReport(cleaned(facts));
    terminal.reportLines(report.unseen);
    write(render(report, values.output ?? 'html'), values.out, terminal);
    return exitCode.ok;
  },
});

const usage = (sentence: string): UserError => new UserError(exitCode.usage, [sentence]);

async function factsOfCluster(values: Values<typeof options>, { env }: Terminal): Promise<ReportFacts> {
  const context = readContext(values, env);
  // The client of Kubernetes takes longer to load than all else.
  const [{ gatherCluster }, { readHistory }] = await Promise.all([
    import('../live/gather.ts'),
    import('../live/history.ts'),
  ]);
  const { kubeconfig, context: name, namespace, policies } = values;
  const isAll = values['all-namespaces'] === true;
  const { facts, cluster } = await gatherCluster({
    target: { kubeconfig, context: name, namespace },
    isAll,
    context,
    hasPolicies: policies !== undefined,
  });
  const history = await readHistory(cluster, isAll ? undefined : cluster.namespace);
  return { ...facts, ...history, unseen: [...new Set([...facts.unseen, ...history.unseen])] };
}

function render(report: Report, format: string): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'markdown':
      return renderMarkdown(report);
    default:
      return renderHtml(report);
  }
}

function write(text: string, file: string | undefined, terminal: Terminal): void {
  if (file === undefined) return terminal.printText(text);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(exitCode.unreadable, [`${file} cannot be written: ${(error as Error).message}.`]);
  }
  return terminal.reportLines([`The report was written to ${file}.`]);
}
