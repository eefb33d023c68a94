import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../config/options.ts';
import { titleOf } from './evaluate.ts';
import type { Finding } from './finding.ts';

/** A document that cannot be read. */
export type UnreadableDocument = { readonly file: string; readonly message: string };

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

const githubCommand = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** A line that GitHub Actions shows at the place in the file. */
export function githubLine({ file, line, column, severity, message, ...about }: Finding): string {
  const title = about.kind === '' ? [] : [`title=${githubProperty(titleOf(about))}`];
  const properties = [`file=${githubProperty(file)}`, `line=${line}`, `col=${column}`, ...title].join(',');
  return `::${githubCommand[severity]} ${properties}::${githubData(message)}`;
}

/** The same for a document of which nothing is known but its file. */
export const githubMistake = ({ file, message }: UnreadableDocument): string =>
  `::error file=${githubProperty(file)}::${githubData(message)}`;

/** What a manifest says may neither end the command nor begin another one. */
const githubData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const githubProperty = (text: string): string => githubData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

const repository = 'https://github.com/health-injector/health-injector';

/** The rules by their ids. */
const rules = {
  'invalid-annotation': 'An annotation is wrong, so that its Pods get no probes.',
  'unreadable-object': 'An object is not one that a cluster would take, and is left as it is.',
  warning: 'Pods get something else than their author may expect.',
  note: 'A part of the manifest is not looked into, or no probe is added where nobody wrote one.',
} as const;

function ruleOf({ severity, annotation }: Finding): keyof typeof rules {
  if (severity !== 'error') return severity;
  return annotation === undefined ? 'unreadable-object' : 'invalid-annotation';
}

/** What was looked for, and from where: strict, a warning counts as an error. */
type SarifOptions = { readonly isStrict: boolean; readonly directory: string };

/** A log in SARIF 2.1.0, as code scanning reads it; a document that cannot be read is a failure of the run. */
export function sarifLog(
  findings: readonly Finding[],
  unreadable: readonly UnreadableDocument[],
  { isStrict, directory }: SarifOptions,
): object {
  const ids = Object.keys(rules);
  const results = findings.map((finding) => {
    const { file, line, column, severity, message } = finding;
    const title = finding.kind === '' ? {} : { logicalLocations: [{ fullyQualifiedName: titleOf(finding) }] };
    const physicalLocation = {
      artifactLocation: { uri: uriOf(file, directory) },
      region: { startLine: line, startColumn: column },
    };
    return {
      ruleId: ruleOf(finding),
      ruleIndex: ids.indexOf(ruleOf(finding)),
      level: isStrict && severity === 'warning' ? 'error' : severity,
      message: { text: message },
      locations: [{ physicalLocation, ...title }],
    };
  });
  const notifications = unreadable.map(({ file, message }) => ({
    level: 'error',
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file, directory) } } }],
  }));
  const driver = {
    name: 'health-injector',
    semanticVersion: version,
    informationUri: repository,
    rules: Object.entries(rules).map(([id, text]) => ({
      id,
      shortDescription: { text },
      helpUri: `${repository}/blob/main/docs/troubleshooting.md`,
    })),
  };
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: unreadable.length === 0, toolExecutionNotifications: notifications }],
        results,
      },
    ],
  };
}

/** A file below the directory by its path from there, since code scanning knows the files of a repository so. */
function uriOf(file: string, directory: string): string {
  const path = isAbsolute(file) ? relative(directory, file) : file;
  if (isAbsolute(path) || path.split(sep)[0] === '..') return pathToFileURL(file).href;
  return path
    .split(sep)
    .map((part) => encodeURIComponent(part))
    .join('/');
}

/** How much was looked at. */
type Extent = { readonly objects: number; readonly files: number; readonly unreadable: number };

/** What was looked at and found, in a sentence. */
export function summaryOf(findings: readonly Finding[], { objects, files, unreadable }: Extent): string {
  const ofSeverity = Map.groupBy(findings, ({ severity }) => severity);
  const counts = [
    [unreadable, 'unreadable document'],
    [ofSeverity.get('error')?.length ?? 0, 'error'],
    [ofSeverity.get('warning')?.length ?? 0, 'warning'],
  ] as const;
  const found = counts.filter(([count]) => count > 0).map(([count, what]) => counted(count, what));
  const what = `${counted(objects, 'Pod or workload', 'Pods and workloads')} in ${counted(files, 'file')}`;
  return `${what}: ${found.join(', ') || 'nothing is wrong'}.`;
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
