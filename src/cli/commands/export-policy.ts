import { stringify } from 'yaml';
import type { Exported } from '../../export/workload.ts';
import { readPolicyFiles } from '../../policy/files.ts';
import { policyObjectsIn } from '../../policy/objects.ts';
import { UserError, defineCommand, exitCode } from '../command.ts';
import { evaluateAll, titleOf, withNamespaces } from '../evaluate.ts';
import { exportAll, exportContext } from '../export.ts';
import { readContext, readManifests } from '../input.ts';
import { clusterOptions, inputOptions, settingOptions } from '../options.ts';

/** Writes what the webhook would add as MutatingAdmissionPolicies, for clusters that run no webhook. */
export const exportPolicyCommand = defineCommand({
  summary: 'write what the webhook would add to Pods as MutatingAdmissionPolicies, for a cluster without it',
  usage: '[OPTIONS] [FILE...]',
  positionals: 'files',
  options: {
    ...inputOptions,
    verify: {
      type: 'boolean',
      meaning: 'compare, in the cluster that has these policies, the Pods that they make with those of the webhook',
    },
    ...clusterOptions,
    ...settingOptions,
  },
  exitCodes:
    '0 all that asks for a check is exported, and with --verify equal; 1 something is not; 2 a manifest or the cluster cannot be read; 64 the command line is wrong.',
  examples: [
    [
      'export-policy -n shop redis.yaml > policies.yaml',
      'the policies of its workloads; what is not exported goes to standard error',
    ],
    ['export-policy --policies policies/', 'those of HealthPolicies that need not look at a Pod'],
    [
      'export-policy --verify -n shop redis.yaml',
      'after kubectl apply: the difference to what the webhook would make, by a dry run',
    ],
  ],
  async run({ values, positionals, terminal }) {
    const context = exportContext(readContext(values, terminal.env));
    const names = [...(values.file ?? []), ...positionals];
    const hasPolicies = values.policies !== undefined;
    const files = names.length === 0 && hasPolicies ? [] : await readManifests(values, positionals, terminal);
    const objects = evaluateAll(files, context);
    const documents = files.flatMap(({ manifest }) => manifest.objects.map(({ value }) => value));
    const written = policyObjectsIn(documents).policies;
    if (written.length > 0 && !hasPolicies) {
      const sentence = `HealthPolicy ${written[0]?.metadata.name ?? ''} counts only where --policies names its file.`;
      throw new UserError(exitCode.usage, [sentence]);
    }
    const policies = hasPolicies ? readPolicyFiles(values.policies ?? '').policies : [];
    const within = withNamespaces(
      context,
      files.flatMap(({ manifest }) => manifest.objects),
    );
    const { results, byPolicy } = exportAll(objects, policies, within);
    terminal.reportLines([
      ...results.map(lineOf),
      ...byPolicy.map(({ object, policy }) => `${titleOf(object)}: left to ${policy}, which is exported`),
    ]);
    const isRefused = results.some(({ kind }) => kind === 'refused');
    const exported = results.flatMap((each) => (each.kind === 'exported' ? [each.policy] : []));
    if (values.verify !== true) {
      terminal.printText(exported.flatMap((policy) => policy.objects.map(documentOf(policy.source))).join(''));
      return isRefused ? exitCode.found : exitCode.ok;
    }
    const { verifyExport } = await import('../live/verify-export.ts');
    const sources = new Set([
      ...exported.map(({ source }) => source),
      ...byPolicy.map(({ object }) => titleOf(object)),
    ]);
    const { kubeconfig, context: name, namespace } = values;
    const differences = await verifyExport(
      { kubeconfig, context: name, namespace },
      {
        policies: exported.map((policy) => policy.name),
        objects: objects.filter((object) => sources.has(titleOf(object))),
      },
    );
    terminal.printLines(differences);
    return isRefused || differences.length > 0 ? exitCode.found : exitCode.ok;
  },
});

const lineOf = (exported: Exported): string =>
  exported.kind === 'exported'
    ? `${exported.policy.source}: exported as ${exported.policy.name}`
    : `${exported.source}: not exported: ${exported.why}`;

const documentOf =
  (source: string) =>
  (object: object): string =>
    `---\n# ${source}\n${stringify(object, { lineWidth: 0 })}`;
