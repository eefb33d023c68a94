// https://helm.sh/docs/chart_template_guide/
import { type Fields, isFields } from './fields.ts';

/** What opens an action of a Go template, or of Jinja. */
export const hasAction = (text: string): boolean => /\{\{|\{%/.test(text);

/** An action that only a chart has; others, such as `{{ $labels.pod }}` or `{{inputs.parameters.x}}`, are read later. */
const chartAction =
  /\{\{-? ?(?:\(|\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|include |template |tpl |toYaml |default |if |range |with |end\b)/;

const limits = { depth: 24, parts: 100_000 };

/** What shows in an object that its template is not rendered: the text that says so; undefined for an object as it is to be. */
export function unrenderedText(object: Fields): string | undefined {
  const { metadata, spec } = object;
  const { name, namespace, labels } = isFields(metadata) ? metadata : {};
  const containers =
    isFields(spec) && Array.isArray(spec['containers']) ? (spec['containers'] as readonly unknown[]) : [];
  const images = containers.flatMap((container) =>
    isFields(container) ? [container['name'], container['image']] : [],
  );
  const names = [name, namespace, ...(isFields(labels) ? Object.values(labels) : []), ...images];
  const inName = names.find((text): text is string => typeof text === 'string' && hasAction(text));
  return inName ?? firstText(object, (text) => chartAction.test(text));
}

function firstText(root: unknown, isWanted: (text: string) => boolean): string | undefined {
  let parts = 0;
  const look = (value: unknown, depth: number): string | undefined => {
    if (typeof value === 'string') return isWanted(value) ? value : undefined;
    if (typeof value !== 'object' || value === null || depth > limits.depth || ++parts > limits.parts) return undefined;
    for (const [key, item] of Object.entries(value)) {
      const found = isWanted(key) ? key : look(item, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return look(root, 0);
}
