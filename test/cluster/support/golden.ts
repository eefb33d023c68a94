import { globSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { ApiError } from '../../../src/kube/api-error.ts';
import { clusterClient } from './load.ts';

const root = new URL('../../cases/', import.meta.url).pathname;
const inFlight = 6;
const timeoutMs = 120_000;

const documentsOf = (file: string): any[] =>
  parseAllDocuments(readFileSync(root + file, 'utf8')).map((document) => document.toJSON());

/** The Pods of all golden pairs as they went in and came out, under a name each by which they are known again. */
export const pairs = globSync('**/*.input.yaml', { cwd: root })
  .toSorted()
  .map((file, index) => {
    const [input, ...surroundings] = documentsOf(file);
    const [, output] = documentsOf(file.replace('.input.', '.output.'));
    const name = file.replace('.input.yaml', '');
    return { name, podName: `case-${index}`, input, output, isAlone: surroundings.length === 0 };
  });

/** What became of Pods that were created without storing them, by name: as the apiserver would store them, or its refusal. */
export type DryRuns = { readonly taken: ReadonlyMap<string, any>; readonly refused: ReadonlyMap<string, string> };

/** Creates Pods without storing them, a few at a time; a field that the apiserver does not know is refused, as by kubectl. */
export async function dryRun(
  namespace: string,
  pods: readonly (readonly [podName: string, pod: any])[],
): Promise<DryRuns> {
  const client = await clusterClient();
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`;
  const taken = new Map<string, any>();
  const refused = new Map<string, string>();
  const waiting = pods.values();
  const work = async (): Promise<void> => {
    for (const [name, pod] of waiting) {
      const metadata = { ...pod.metadata, generateName: undefined, namespace, name };
      const object = { ...pod, apiVersion: 'v1', kind: 'Pod', metadata };
      try {
        taken.set(name, await client.create(path, object, { timeoutMs, signal: new AbortController().signal }));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused.set(name, error.summary);
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { taken, refused };
}
