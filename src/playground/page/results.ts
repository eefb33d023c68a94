import { titleOf } from '../../cli/evaluate.ts';
import { formatCpu } from '../../cli/explain/cost.ts';
import { type DiffLine, changedLines, wholeLines } from '../diff-lines.ts';
import type { PlaygroundResult, ReviewedObject } from '../run.ts';
import { create, elementOf, writeText } from './elements.ts';

/** Shows a result, in the panel of a tab; the other panels are made when they are looked at. */
export function showResult(result: PlaygroundResult, tab: string, { manifest, isWhole }: DiffOptions): void {
  writeText('summary', summaryOf(result));
  switch (tab) {
    case 'tab-words':
      fill('panel-words', wordNodes(result));
      break;
    case 'tab-patch':
      fill('panel-patch', patchNodes(result));
      break;
    case 'tab-cost':
      fill('panel-cost', costNodes(result));
      break;
    default:
      fill('panel-diff', diffNodes(result, { manifest, isWhole }));
  }
}

/** The manifest as it was, and whether all of it is shown. */
type DiffOptions = { readonly manifest: string; readonly isWhole: boolean };

const emptyText = 'No Pod or workload stands in the manifest.';

function fill(id: string, nodes: readonly Node[]): void {
  const shown = nodes.length > 0 ? nodes : [create('p', { class: 'empty' }, emptyText)];
  elementOf(id, HTMLElement).replaceChildren(...shown);
}

function summaryOf({ explanations, problems }: PlaygroundResult): string {
  if (problems.length > 0) return 'Nothing was evaluated: a setting or a field is wrong.';
  const injected = explanations.filter(({ result }) => result === 'injected').length;
  const total = explanations.length;
  if (total === 0) return emptyText;
  const [only] = explanations;
  if (only && total === 1) return `${titleOf(only)}: ${only.sentence}`;
  return `${injected} of ${total} workloads get health checks.`;
}

const tags = { ' ': 'span', '-': 'del', '+': 'ins', '@': 'span' } as const;

function diffNodes({ diff, problems }: PlaygroundResult, { manifest, isWhole }: DiffOptions): Node[] {
  if (problems.length > 0) return [];
  if (diff.length === 0 && !isWhole) return [create('p', { class: 'empty' }, 'Nothing changes.')];
  const lines = isWhole ? wholeLines(manifest, diff) : changedLines(diff);
  return [create('pre', { class: 'code' }, ...lines.map(lineNode))];
}

const lineNode = ({ mark, text }: DiffLine): HTMLElement =>
  create(tags[mark], { class: mark === '@' ? 'line hunk' : 'line' }, mark === '@' ? `${text}\n` : `${mark} ${text}\n`);

/** The lines of `explain` as a list of facts for each object: what is behind the label begins at a fixed column. */
function wordNodes({ explanation }: PlaygroundResult): Node[] {
  const nodes: HTMLElement[] = [];
  let list = create('dl', { class: 'facts' });
  for (const line of explanation) {
    if (line === '') continue;
    if (line.startsWith('  ')) {
      const label = line.slice(2, labelEnd);
      const isInner = label.startsWith('  ');
      list.append(
        create('dt', isInner ? { class: 'inner' } : {}, label.trim()),
        create('dd', {}, line.slice(labelEnd)),
      );
    } else {
      list = create('dl', { class: 'facts' });
      nodes.push(titleNode(line), list);
    }
  }
  return nodes.filter((node) => node.childNodes.length > 0);
}

const labelEnd = 17;

function titleNode(line: string): HTMLElement {
  const colon = line.indexOf(': ');
  return create('h3', {}, line.slice(0, colon), create('span', {}, line.slice(colon + 2)));
}

const patchNodes = ({ reviews }: PlaygroundResult): Node[] => reviews().flatMap(reviewNodes);

function reviewNodes({ title, patch, warnings }: ReviewedObject): Node[] {
  const answer = patch === '' ? 'The webhook changes nothing of this object itself.' : 'The webhook answers with:';
  const nodes: Node[] = [create('h3', {}, title, create('span', {}, answer))];
  nodes.push(...warnings.map((warning) => create('p', { class: 'warning' }, warning)));
  if (patch !== '') nodes.push(create('pre', { class: 'code' }, JSON.stringify(JSON.parse(patch), null, 2)));
  return nodes;
}

function costNodes({ explanations }: PlaygroundResult): Node[] {
  return explanations.flatMap((explanation) => {
    const { containers, cost } = explanation;
    const title = titleOf(explanation);
    if (!cost) return [create('h3', {}, title, create('span', {}, 'It costs nothing: nothing is added.'))];
    const { cpuMsPerHour, sidecar } = cost;
    const rows = containers.flatMap((container) =>
      container.probes.flatMap(({ probe, pattern, cost: each }) =>
        each && pattern !== undefined ? [[container.name, probe, pattern, each] as const] : [],
      ),
    );
    const head = ['container', 'probe', 'pattern', 'kind', 'every', 'CPU an hour'];
    return [
      create('h3', {}, title, create('span', {}, `about ${formatCpu(cpuMsPerHour)} for every Pod once it has started`)),
      create(
        'p',
        {},
        sidecar
          ? `The sidecar reserves ${sidecar.cpu} of CPU and ${sidecar.memory} of memory in every Pod.`
          : 'No container is added that stays: nothing is reserved.',
      ),
      create(
        'table',
        {},
        create('thead', {}, create('tr', {}, ...head.map((text) => create('th', { scope: 'col' }, text)))),
        create(
          'tbody',
          {},
          ...rows.map(([container, probe, pattern, each]) =>
            create(
              'tr',
              {},
              create('th', { scope: 'row' }, container),
              ...[
                probe,
                pattern,
                each.kind,
                `${each.periodSeconds}s`,
                probe === 'startup' ? 'until it passes once' : `${Number((each.cpuMsPerHour / 1_000).toFixed(1))} s`,
              ].map((text) => create('td', {}, text)),
            ),
          ),
        ),
      ),
    ];
  });
}
