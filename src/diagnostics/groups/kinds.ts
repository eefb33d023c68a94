import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { annotationOnlyKeys, keys } from '../../inject/intent/annotations.ts';
import { apiGroup } from '../../policy/policy.ts';
import { type DiagnosticGroup, diagnostic, failed, listed, unless } from '../diagnostic.ts';

const names = [`healthpolicies.${apiGroup}`, `nodequarantines.${apiGroup}`];
const version = 'v1alpha1';

const applyKinds = 'Apply deploy/crds of your version, or run helm upgrade, which has them as templates.';

type SchemaNode = { readonly properties?: Readonly<Record<string, SchemaNode>>; readonly items?: SchemaNode };

/** The fields at a path of the schema of the version that is used; `[]` goes into the items of a list. */
function fieldsAt({ spec }: V1CustomResourceDefinition, path: readonly string[]): ReadonlySet<string> {
  let node = spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema as SchemaNode | undefined;
  for (const step of path) node = step === '[]' ? node?.items : node?.properties?.[step];
  return new Set(Object.keys(node?.properties ?? {}));
}

/** The fields that the programs write or read, by the kind and the path. */
const fields: readonly (readonly [kind: number, path: readonly string[], wanted: readonly string[]])[] = [
  [0, ['spec'], ['mode', 'priority', 'namespaceSelector', 'podSelector', 'match', 'inject']],
  [0, ['spec', 'inject'], Object.keys(keys).filter((key) => !Object.hasOwn(annotationOnlyKeys, key))],
  [
    0,
    ['status'],
    ['observedGeneration', 'matched', 'injected', 'missed', 'unproven', 'skipped', 'lastSeen', 'conditions'],
  ],
  [1, ['spec'], ['nodeName', 'bootId', 'scope', 'owners']],
  [1, ['spec', 'owners', '[]'], ['owner', 'check', 'message', 'since', 'until', 'affinity', 'moves', 'device']],
  [1, ['status'], ['observedGenerations']],
];

const ours = (kinds: readonly V1CustomResourceDefinition[]): readonly V1CustomResourceDefinition[] =>
  kinds.filter(({ metadata }) => names.includes(metadata?.name ?? ''));

/** Whether the kinds of ours are as this version needs them. */
export const kindsGroup: DiagnosticGroup = {
  title: 'Kinds',
  modes: ['installed'],
  rows: [
    diagnostic({
      id: 'kinds-installed',
      title: 'HealthPolicy and NodeQuarantine are there',
      needs: ['kinds'],
      run({ kinds }) {
        const missing = names.filter((name) => !ours(kinds).some(({ metadata }) => metadata?.name === name));
        return unless(
          missing.length > 0,
          failed,
          `There is no CustomResourceDefinition ${listed(missing)}.`,
          applyKinds,
        );
      },
    }),
    diagnostic({
      id: 'kinds-established',
      title: 'the apiserver serves them by all of their names',
      needs: ['kinds'],
      after: 'kinds-installed',
      run({ kinds }) {
        const lost = ours(kinds).flatMap(({ metadata, status }) =>
          ['Established', 'NamesAccepted'].flatMap((type) => {
            const condition = status?.conditions?.find((each) => each.type === type);
            return condition?.status === 'True' ? [] : [`${metadata?.name} (${condition?.message ?? `not ${type}`})`];
          }),
        );
        return unless(
          lost.length > 0,
          failed,
          `The apiserver does not take the names of ${listed(lost)}.`,
          'Remove or rename the other CustomResourceDefinition that has these names.',
        );
      },
    }),
    diagnostic({
      id: 'kinds-version',
      title: `they are served and stored as ${version}, with their status`,
      needs: ['kinds'],
      after: 'kinds-installed',
      run({ kinds }) {
        const wrong = ours(kinds).filter(
          ({ spec }) =>
            !spec.versions.some(
              ({ name, served, storage, subresources }) =>
                name === version && served && storage && subresources?.status,
            ),
        );
        return unless(
          wrong.length > 0,
          failed,
          `${listed(wrong.map(({ metadata }) => metadata?.name ?? ''))} does not serve and store ${version} with a status.`,
          applyKinds,
        );
      },
    }),
    diagnostic({
      id: 'kinds-schema',
      title: 'their schemas have all fields of this version',
      needs: ['kinds'],
      after: 'kinds-version',
      run({ kinds }) {
        const missing = fields.flatMap(([index, path, wanted]) => {
          const kind = kinds.find(({ metadata }) => metadata?.name === names[index]);
          const has = kind ? fieldsAt(kind, path) : new Set<string>();
          return wanted
            .filter((field) => !has.has(field))
            .map((field) => `${kind?.spec.names.kind}.${[...path, field].join('.').replaceAll('.[]', '')}`);
        });
        return unless(
          missing.length > 0,
          failed,
          `The CustomResourceDefinitions are older than this version: the apiserver drops ${listed(missing)}.`,
          applyKinds,
        );
      },
    }),
  ],
};
