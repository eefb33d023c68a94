import type { Operation } from '../webhook/patch.ts';
import { stringify } from 'yaml';
import type { Pod } from '../inject/pod/pod.ts';

/** Says a JSON Patch for people: where, by name rather than by number, and then what as YAML. */
export function describePatch(pod: Pod, patch: readonly Operation[]): string {
  return patch
    .map((operation) => {
      const value = 'value' in operation ? operation.value : undefined;
      const body = typeof value === 'string' ? `  ${value}\n` : stringify(value).replaceAll(/^(?=.)/gm, '  ');
      return `${operation.op === 'add' ? '+' : operation.op} ${nameOf(pod, operation.path)}\n${body}`;
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
