import type { V1Container, V1EnvVar } from '@kubernetes/client-node';
import { commandCharacters } from '../pod/limits.ts';

/** Stands in a text for what is not known; an argument cannot hold it. */
export const unknownText = '\0';
/** Stands in a text for the address of the Pod. */
export const podAddressText = '\u0001';

/** The value of each variable that the Pod names, as far as it is known; the last one of a name counts. */
export type Variables = ReadonlyMap<string, string>;

/** Puts values for `$(NAME)` as the kubelet does, and `unknownText` for what it takes from elsewhere. */
export type Expand = (text: string) => string;

/** The variables of a container, and what expands its command by them. What grows by expansion is bounded. */
export function readVariables({ env }: V1Container): { readonly variables: Variables; readonly expand: Expand } {
  const variables = new Map<string, string>();
  let budget = commandCharacters;
  const expand: Expand = (text) => {
    if (!text.includes('$')) return text;
    const expanded = expandOnce(text, variables, budget);
    budget -= expanded.length;
    return expanded;
  };
  for (const entry of env ?? []) variables.set(entry.name, valueOf(entry, expand));
  return { variables, expand };
}

function valueOf({ value, valueFrom }: V1EnvVar, expand: Expand): string {
  // A manifest of the command line may have a number here.
  if (!valueFrom) return expand(`${value ?? ''}`);
  return valueFrom.fieldRef?.fieldPath === 'status.podIP' ? podAddressText : unknownText;
}

/** A variable that is not named may come from a Service or from `envFrom`. */
function expandOnce(text: string, variables: Variables, budget: number): string {
  const parts: string[] = [];
  let length = 0;
  let from = 0;
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', from)) {
    const isReference = text[at + 1] === '(';
    const end = isReference ? text.indexOf(')', at) : at;
    if (end < 0) break;
    const found = isReference ? (variables.get(text.slice(at + 2, end)) ?? unknownText) : '$';
    parts.push(text.slice(from, at), found);
    from = isReference ? end + 1 : at + (text[at + 1] === '$' ? 2 : 1);
    length += found.length;
    if (length > budget) return unknownText;
  }
  return [...parts, text.slice(from)].join('');
}
