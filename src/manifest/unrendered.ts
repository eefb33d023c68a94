// https://helm.sh/docs/chart_template_guide/
import { type Fields, isFields, walkFields } from './fields.ts';

/** What opens an action of a Go template, or of Jinja. */
export const hasAction = (text: string): boolean => /\{\{|\{%/.test(text);

/** An action that only a chart has; others, such as `{{ $labels.pod }}` or `{{inputs.parameters.x}}`, are read later. */
const chartAction =
  /\{\{-? ?(?:\(|\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|include |template |tpl |toYaml |default |if |range |with |end\b)/;

const mostDeep = 24;

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

/** The first key or value that is wanted. */
function firstText(root: Fields, isWanted: (text: string) => boolean): string | undefined {
  let found: string | undefined;
  walkFields(root, mostDeep, (value, path) => {
    found ??= [path.at(-1), value].find((text): text is string => typeof text === 'string' && isWanted(text));
    return found === undefined;
  });
  return found;
}
