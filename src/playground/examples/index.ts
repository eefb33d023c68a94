import { type Example, writeManifest } from './manifest.ts';
import { patternExamples, situations } from './patterns.ts';
import { servers } from './servers.ts';

/** The examples in groups with a title each; the first of all is what a visitor sees. */
export const exampleGroups: readonly { readonly title: string; readonly examples: readonly Example[] }[] = [
  { title: 'Patterns', examples: patternExamples },
  {
    title: 'Well-known servers',
    examples: servers.map((server) => ({ id: server.name, title: server.title, manifest: writeManifest(server) })),
  },
  { title: 'Policies, namespaces, mistakes', examples: situations },
];

/** Every example by its id. */
export const examples: ReadonlyMap<string, Example> = new Map(
  exampleGroups.flatMap((group) => group.examples.map((example) => [example.id, example] as const)),
);
