import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { type Ended, runToEnd } from '../../support/process.ts';
import { goTool } from './go-tool.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** The chart's folder. */
export const chartDirectory = `${root}deploy/chart/health-injector`;

/** What a cluster with Prometheus Operator has; a helm that was built by `go install` knows of no version of its own. */
const withOperator: readonly string[] = ['PodMonitor', 'PrometheusRule'].map(
  (kind) => `--api-versions=monitoring.coreos.com/v1/${kind}`,
);
/** The tools end before they would run out of memory. */
const env = { ...process.env, GOGC: 'off' };

const kubeVersion = '--kube-version=1.33.0';

/** Renders the chart, or tells why not; `values` are those that differ from the defaults. */
export const helmTemplate = async (
  values: object = {},
  flags: readonly string[] = withOperator,
  chart = chartDirectory,
): Promise<Ended> =>
  runToEnd(
    await tool('helm'),
    ['template', 'health-injector', chart, '--namespace=health-injector', kubeVersion, '--values=-', ...flags],
    // Helm reads YAML 1.1, where a bare yes is true.
    { env, input: stringify(values, { version: '1.1' }) },
  );

/** What helm install says at its end, with these values; helm template leaves it out, so that it goes by way of an object. */
export async function chartNotes(values: object = {}): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'health-injector-chart-'));
  try {
    cpSync(chartDirectory, copy, { recursive: true });
    const notes = readFileSync(join(copy, 'templates/NOTES.txt'), 'utf8');
    const object = `{{- define "notes" -}}\n${notes}{{- end -}}\nnotes: {{ include "notes" . | toJson }}\n`;
    writeFileSync(join(copy, 'templates/notes.yaml'), object);
    const { code, out, errors } = await helmTemplate(values, ['--show-only=templates/notes.yaml'], copy);
    if (code !== 0) throw new Error(errors);
    return objectsOf(out)[0].notes;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const rendered = new Map<string, Promise<any[]>>();

/** What `render` makes, once in a process for this key, for each caller a copy. */
async function once(key: string, render: () => Promise<any[]>): Promise<any[]> {
  const objects = rendered.get(key) ?? render();
  rendered.set(key, objects);
  return structuredClone(await objects);
}

/** The objects that the chart makes of these values. */
export const chartObjects = (values: object = {}): Promise<any[]> =>
  once(`helm ${JSON.stringify(values)}`, async () => {
    const { code, out, errors } = await helmTemplate(values);
    if (code !== 0) throw new Error(errors);
    return objectsOf(out);
  });

/** The objects of deploy/ with these of its components. */
export const kustomizeObjects = (...components: readonly string[]): Promise<any[]> =>
  once(`kustomize ${JSON.stringify(components)}`, () => kustomize(components));

async function kustomize(components: readonly string[]): Promise<any[]> {
  const overlay = mkdtempSync(join(tmpdir(), 'health-injector-overlay-'));
  try {
    const deploy = relative(overlay, `${root}deploy`);
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [deploy],
      components: components.map((component) => join(deploy, 'components', component)),
    };
    writeFileSync(join(overlay, 'kustomization.yaml'), stringify(kustomization));
    const { code, out, errors } = await runToEnd(await tool('kustomize'), ['build', overlay], { env });
    if (code !== 0) throw new Error(errors);
    return objectsOf(out);
  } finally {
    rmSync(overlay, { recursive: true });
  }
}

/** The objects of a text of YAML documents, each of which must parse without a mistake. */
export function objectsOf(text: string): any[] {
  const documents = parseAllDocuments(text);
  for (const { errors } of documents) if (errors[0]) throw errors[0];
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
}

/** Skips the tests of a suite where the tools cannot be had: call it in `before`. */
export async function needTools(context: Mocha.Context): Promise<void> {
  context.timeout(600_000);
  if (!(await goTool('helm')) || !(await goTool('kustomize'))) context.skip();
}

async function tool(name: 'helm' | 'kustomize'): Promise<string> {
  const path = await goTool(name);
  if (!path) throw new Error(`${name} cannot be had, see above.`);
  return path;
}

/** Kind, namespace and name of an object. */
export const identityOf = ({ kind, metadata }: any): string =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join('/');
