import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type PolicyObjects, fillStore, misshapenObjectsIn, policyObjectsIn } from './objects.ts';
import type { Store } from './store.ts';

/** What files say of policies and namespaces, and one sentence for each that could not be read. */
export type PolicyFiles = PolicyObjects & { readonly mistakes: readonly string[] };

/** Reads the HealthPolicies, Namespaces, LimitRanges, ResourceQuotas and NodeQuarantines in a file, or in all .yaml, .yml and .json files of a folder; other objects are passed over. */
export function readPolicyFiles(path: string): PolicyFiles {
  const found = filesOf(path);
  const read = found.files.map(documentsOf);
  const documents = read.flatMap((file) => file.documents);
  return {
    ...policyObjectsIn(documents),
    mistakes: [...found.mistakes, ...read.flatMap((file) => file.mistakes), ...misshapenObjectsIn(documents)],
  };
}

function filesOf(path: string): { readonly files: readonly string[]; readonly mistakes: readonly string[] } {
  try {
    if (!statSync(path).isDirectory()) return { files: [path], mistakes: [] };
    const names = globSync('*.{yaml,yml,json}', { cwd: path }).toSorted();
    return { files: names.map((name) => join(path, name)), mistakes: [] };
  } catch (error) {
    return { files: [], mistakes: [unreadable(path, error)] };
  }
}

function documentsOf(file: string): { readonly documents: readonly unknown[]; readonly mistakes: readonly string[] } {
  try {
    const documents = [...parseAllDocuments(readFileSync(file, 'utf8'))];
    return {
      documents: documents.filter(({ errors }) => errors.length === 0).map((document) => document.toJS()),
      mistakes: documents.flatMap(({ errors: [error] }) =>
        error ? [`${file} is not YAML: ${error.message.split('\n')[0]}.`] : [],
      ),
    };
  } catch (error) {
    return { documents: [], mistakes: [unreadable(file, error)] };
  }
}

const unreadable = (path: string, error: unknown): string => `${path} cannot be read: ${(error as Error).message}.`;

/** A ConfigMap's volume is updated by the kubelet within a minute or so. */
const pollMs = 10_000;

/** Fills a store from files, and again whenever they say something else, until the call that it returns. */
export function watchPolicyFiles(
  path: string,
  store: Store,
  changed: (files: PolicyFiles) => void,
  intervalMs: number = pollMs,
): () => void {
  let lastText = '';
  const look = (): void => {
    const files = readPolicyFiles(path);
    const text = JSON.stringify(files);
    if (text === lastText) return;
    lastText = text;
    // A file that cannot be read must not take away the policies that it held.
    if (files.mistakes.length === 0) {
      fillStore(store, files);
    }
    changed(files);
  };
  look();
  const timer = setInterval(look, intervalMs).unref();
  return () => clearInterval(timer);
}
