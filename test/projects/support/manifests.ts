import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Pod } from '../../../src/inject/pod/pod.ts';
import { groupOf, templateAt, templatePath } from '../../../src/inject/workload.ts';
import { cached } from '../../agent/support/cache.ts';
import { type Package, filesOf } from './registries.ts';
import { type Recipe, pathsOf, render } from './render.ts';

const here = new URL('./', import.meta.url).pathname;

/** Where a manifest comes from, and what another YAML parser found in it. */
export type Source = Recipe & {
  /** Where it lies in the folder of all manifests: PROJECT/FILE. */
  readonly file: string;
  /** Kind and name of each workload, in order. */
  readonly workloads: readonly string[];
  /** The published package that holds it, or what it is made of. */
  readonly package?: string;
  /** What its authors got wrong. */
  readonly oddity?: string;
};

const record: {
  readonly packages: Readonly<Record<string, Omit<Package, 'name'>>>;
  readonly manifests: readonly Source[];
} = JSON.parse(readFileSync(`${here}../sources.json`, 'utf8'));

/** All manifests, by the order of their files. */
export const sources = record.manifests;

/** The folder of all manifests, made once for this machine; throws with each package that cannot be had. */
export async function manifestsFolder(): Promise<string> {
  const makers = ['manifests.ts', 'render.ts', 'jhipster.ts'].map((file) => readFileSync(here + file, 'utf8'));
  return await cached('projects', [JSON.stringify(record), ...makers], async (draft) => {
    const made = await Promise.allSettled(
      Object.entries(record.packages).map(([name, source]) => makeAll({ name, ...source }, draft)),
    );
    const failed = made.flatMap((result) => (result.status === 'rejected' ? [result.reason.message] : []));
    if (failed.length > 0) throw new Error(`Manifests of real projects cannot be had:\n${failed.join('\n')}`);
    for (const source of sources) if (!source.package) write(draft, source, await render(source, ''));
  });
}

/** Makes all manifests of a package. */
async function makeAll(source: Package, folder: string): Promise<void> {
  const wanted = sources.filter((manifest) => manifest.package === source.name);
  const files = await filesOf(source, [...new Set(wanted.flatMap(pathsOf))].toSorted());
  for (const manifest of wanted) write(folder, manifest, await render(manifest, files));
}

function write(folder: string, { file }: Source, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** A workload of a manifest, and the Pod that its template makes. */
export type Workload = { readonly title: string; readonly pod: Pod };

/** The workloads of a manifest in their order, those in a List among them. */
export const workloadsOf = (text: string): Workload[] =>
  // A key that stands twice is an error by the specification, and kubectl takes it.
  parseAllDocuments(text, { uniqueKeys: false }).flatMap((document) => {
    assert.deepEqual(document.errors, []);
    return objectsIn(document.toJS()).flatMap((object) => {
      const path = templatePath(groupOf(object.apiVersion), object.kind);
      const template = path && templateAt(object, path);
      return template ? [{ title: `${object.kind} ${object.metadata.name}`, pod: podOf(template) }] : [];
    });
  });

type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

/** An empty document holds nothing, and a List its items. */
function objectsIn(document: unknown): readonly KubernetesObject[] {
  const object = document as (KubernetesObject & { readonly items?: readonly KubernetesObject[] }) | null;
  return object === null ? [] : object.kind === 'List' ? (object.items ?? []) : [object];
}

function podOf({ metadata, spec }: V1PodTemplateSpec): Pod {
  assert(spec);
  return { apiVersion: 'v1', kind: 'Pod', ...(metadata ? { metadata } : {}), spec };
}
