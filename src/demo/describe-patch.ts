import jsonPatch from 'fast-json-patch';
import { stringify } from 'yaml';
import type { Pod } from '../pod/pod.ts';
import type { PatchOperation } from '../webhook/json-patch.ts';

/**
 * Describes a JSON Patch for people: where, by name rather than by number, and then what as YAML. It is applied step by
 * step, as an apiserver does, since an item may move by an earlier operation; throws where it cannot be applied.
 */
export function describePatch(pod: Pod, patch: readonly PatchOperation[]): string {
  let patched = structuredClone(pod);
  return patch
    .map((operation) => {
      const before = structuredClone(patched);
      patched = jsonPatch.applyOperation(patched, structuredClone(operation), true).newDocument;
      const value = 'value' in operation ? operation.value : undefined;
      const body = typeof value === 'string' ? `  ${value}\n` : stringify(value).replaceAll(/^(?=.)/gm, '  ');
      const name = nameOf(operation.op === 'remove' ? before : patched, operation.path);
      return `${operation.op === 'add' ? '+' : operation.op} ${name}\n${body}`;
    })
    .join('');
}

/** Writes `/spec/containers/0/livenessProbe` as `spec.containers[redis].livenessProbe`. */
function nameOf(pod: Pod, pointer: string): string {
  let value: unknown = pod;
  let text = '';
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as Record<string, unknown> | undefined)?.[key];
    const name = (value as { name?: string } | undefined)?.name;
    text += /^\d+$/.test(key) ? `[${name ?? key}]` : `${text && '.'}${key}`;
  }
  return text;
}
