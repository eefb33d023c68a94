import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { groupOf, templateAt, templatePath } from '../../src/inject/workload.ts';

/** The folder of the manifests of real projects. */
export const projectsRoot = new URL('../projects/', import.meta.url).pathname;

/** Where a manifest comes from, and what another YAML parser found in it. */
export type Source = {
  readonly file: string;
  readonly repository: string;
  readonly path: string;
  readonly version: string;
  readonly licence: string;
  /** Kind and name of each workload, in order. */
  readonly workloads: readonly string[];
  /** The published package that it was taken from. */
  readonly package?: string;
  /** The command that made it, where the path is that of a template. */
  readonly made?: string;
  readonly cut?: string;
  /** What was put in place of the placeholders of a template. */
  readonly filled?: Readonly<Record<string, string>>;
  /** What its authors got wrong. */
  readonly oddity?: string;
};

/** The record of all manifests. */
export const sources: readonly Source[] = JSON.parse(readFileSync(`${projectsRoot}sources.json`, 'utf8'));

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
