import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { inject } from '../../src/inject/inject.ts';
import { safeToEvict } from '../../src/inject/pod/additions.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { arbitraryAnnotations } from '../support/arbitrary-annotations.ts';
import { arbitraryPod } from '../support/arbitrary-pod.ts';
import { readManifest } from '../../src/manifest/documents.ts';
import { testContext } from '../support/webhook.ts';
import { assertBothWays } from './support/both-ways.ts';

/** Every way of writing YAML and JSON that the printers know. */
const printer = fc.oneof(
  fc
    .record({
      indent: fc.constantFrom(2, 3, 4, 8),
      indentSeq: fc.boolean(),
      collectionStyle: fc.constantFrom('any', 'block', 'flow'),
      flowCollectionPadding: fc.boolean(),
      lineWidth: fc.constantFrom(0, 40, 80),
      defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
      defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
      nullStr: fc.constantFrom('null', '~', ''),
      directives: fc.boolean(),
    } as const)
    .map((options) =>
      Object.assign((value: unknown) => stringify(value, { ...options, aliasDuplicateObjects: false }), {
        toString: () => JSON.stringify(options),
      }),
    ),
  fc.constantFrom(undefined, 2, 4, '\t').map((indent) => (value: unknown) => JSON.stringify(value, null, indent)),
);

const lineBreak = fc.constantFrom('\n', '\r\n');

/** Parents that hold nothing, in every form that says so. */
const empties = fc.record({
  initContainers: fc.constantFrom(undefined, null, []),
  volumes: fc.constantFrom(undefined, null, []),
  volumeMounts: fc.constantFrom(undefined, null, []),
  livenessProbe: fc.constantFrom(undefined, null),
  evictable: fc.constantFrom(undefined, undefined, 'data', 'data,,tmp', 'data, tmp', ''),
});

/** The value with those of `parts` that it does not hold. */
const fill = <T extends object>(value: T, parts: Readonly<Record<string, unknown>>): T => ({
  ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  ...value,
});

function withEmpties(
  { spec, metadata, ...pod }: Pod,
  { initContainers, volumes, evictable, ...ofContainer }: Readonly<Record<string, unknown>>,
): Pod {
  const annotations = fill(metadata?.annotations ?? {}, { [safeToEvict]: evictable });
  const containers = spec.containers.map((container) => fill(container, ofContainer));
  const { volumes: known = [], ...others } = spec;
  const lists = known.length > 0 ? { volumes: known } : {};
  return {
    ...pod,
    metadata: { ...metadata, annotations },
    spec: fill({ ...others, containers, ...lists }, { initContainers, volumes }),
  };
}

const injectedPod = arbitraryPod(arbitraryAnnotations).filter((pod) => inject(pod, testContext).kind === 'injected');

describe('any Pod, printed in any way', () => {
  it('is injected as text, and given back to the byte', () => {
    const check = fc.property(injectedPod, empties, printer, lineBreak, (pod, empty, print, newline) => {
      const filled = withEmpties(pod, empty);
      const text = print(filled).replaceAll('\n', newline);
      // The printer has faults of its own: it folds long strings wrongly, and writes an empty list too far to the left.
      fc.pre(isDeepStrictEqual(readManifest(text).objects[0]?.value, filled));
      assert.notEqual(assertBothWays(text), text);
    });
    fc.assert(check, { numRuns: 200 });
  }).timeout(120_000);
});
