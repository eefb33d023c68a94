/** What a PromQL expression names: metrics, and labels of series, in matchers and in `by`. */
export type Named = { readonly metrics: readonly string[]; readonly labels: readonly string[] };

const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const selector = /([a-zA-Z_:][\w:]*)?\s*\{([^}]*)\}|([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])/g;
const matcher = /(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g;
const words = new Set(['and', 'or', 'unless', 'bool']);

/** Reads what an expression names, as far as the rules and the dashboard go: https://prometheus.io/docs/prometheus/latest/querying/basics/ */
export function namedIn(expression: string): Named {
  const metrics: string[] = [];
  const labels: string[] = [];
  const rest = expression
    .replaceAll(/\[[^\]]*\](?=[\s)])|\boffset \w+/g, '')
    .replaceAll(grouping, (_, list: string) => {
      labels.push(...list.split(',').map((label) => label.trim()));
      return '';
    });
  for (const [, before, matchers = '', bare] of rest.matchAll(selector)) {
    const name = before ?? bare;
    if (name && !words.has(name)) metrics.push(name);
    for (const [, label = '', value = ''] of matchers.matchAll(matcher)) {
      if (label === '__name__') metrics.push(...value.split('|'));
      else labels.push(label);
    }
  }
  return { metrics, labels };
}
