import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { type HealthPolicy, isHealthPolicy } from './policy.ts';
import type { Store } from './store.ts';

/** What files say of policies and namespaces, and one sentence for each that could not be read. */
export type PolicyFiles = {
  readonly policies: readonly HealthPolicy[];
  readonly namespaces: readonly { readonly metadata?: V1ObjectMeta }[];
  readonly mistakes: readonly string[];
};

/** Reads the HealthPolicies and Namespaces in a file, or in all .yaml, .yml and .json files of a folder; other objects are passed over. */
export function readPolicyFiles(path: string): PolicyFiles {
  const policies: HealthPolicy[] = [];
  const namespaces: { metadata?: V1ObjectMeta }[] = [];
  const mistakes: string[] = [];
  for (const file of filesOf(path, mistakes)) {
    for (const document of documentsOf(file, mistakes)) {
      if (isHealthPolicy(document)) policies.push(document);
      else if ((document as { kind?: unknown } | null)?.kind === 'Namespace') namespaces.push(document as object);
    }
  }
  return { policies, namespaces, mistakes };
}

function filesOf(path: string, mistakes: string[]): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return globSync('*.{yaml,yml,json}', { cwd: path })
      .toSorted()
      .map((name) => join(path, name));
  } catch (error) {
    mistakes.push(`${path} cannot be read: ${(error as Error).message}.`);
    return [];
  }
}

function documentsOf(file: string, mistakes: string[]): unknown[] {
  try {
    const documents = parseAllDocuments(readFileSync(file, 'utf8'));
    return [...documents].map((document) => {
      const [error] = document.errors;
      if (error) mistakes.push(`${file} is not YAML: ${error.message.split('\n')[0]}.`);
      return error ? undefined : document.toJS();
    });
  } catch (error) {
    mistakes.push(`${file} cannot be read: ${(error as Error).message}.`);
    return [];
  }
}

/** A ConfigMap's volume is updated by the kubelet within a minute or so. */
const pollMs = 10_000;

/** Fills a store from files, and again whenever they say something else, until the call that it returns. */
export function watchPolicyFiles(
  path: string,
  store: Store,
  changed: (files: PolicyFiles) => void,
  intervalMs: number = pollMs,
): () => void {
  let known = '';
  const look = (): void => {
    const files = readPolicyFiles(path);
    const text = JSON.stringify(files);
    if (text === known) return;
    known = text;
    // A file that cannot be read must not take away the policies that it held.
    if (files.mistakes.length === 0) {
      store.policies.reset(files.policies);
      store.namespaces.reset(files.namespaces);
    }
    changed(files);
  };
  look();
  const timer = setInterval(look, intervalMs).unref();
  return () => clearInterval(timer);
}
