import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { diagnosticGroups } from '../../src/diagnostics/groups/index.ts';
import { eventActions } from '../../src/controllers/coverage/events.ts';
import { pauseActions } from '../../src/controllers/hold/decide.ts';
import { budgetEventActions } from '../../src/controllers/restart-budget/event.ts';
import { reasons } from '../../src/controllers/hardware/reasons.ts';
import { keys } from '../../src/inject/intent/annotations.ts';
import { skipReasons } from '../../src/inject/skip-reasons.ts';
import { root, textOf } from './support/markdown.ts';

const reaches = {
  pod: 'Scope: the whole Pod.',
  own: 'Scope: one container.',
  inherited: 'Scope: one container, or all containers without a value of their own.',
} as const;

/** The parts of pages that have a section for everything of one kind, with the sentences that the source has for it. */
const parts: Readonly<Record<string, { readonly file: string; readonly said: Readonly<Record<string, string>> }>> = {
  annotations: {
    file: 'docs/annotations.md',
    said: Object.fromEntries(
      Object.entries(keys).map(([key, { meaning, reach }]) => [key, `> ${meaning} ${reaches[reach]}\n\n`]),
    ),
  },
  'skip-reasons': {
    file: 'docs/troubleshooting.md',
    said: Object.fromEntries(Object.entries(skipReasons).map(([reason, sentence]) => [reason, `> ${sentence}\n\n`])),
  },
  'move-reasons': {
    file: 'docs/troubleshooting.md',
    said: Object.fromEntries(
      Object.entries(reasons).flatMap(([reason, { kind, isEvent, sentence }]) =>
        isEvent && (kind === 'hold' || kind === 'refuse') ? [[reason, `> ... ${sentence}.\n\n`]] : [],
      ),
    ),
  },
  diagnostics: {
    file: 'docs/check.md',
    said: Object.fromEntries(
      diagnosticGroups.flatMap(({ title: group, rows }) =>
        rows.map(({ id, title }) => [id, `> ${group}: ${title}.\n\n`]),
      ),
    ),
  },
  events: {
    file: 'docs/troubleshooting.md',
    said: Object.fromEntries(
      Object.keys({ ...eventActions, ...pauseActions, ...budgetEventActions }).map((reason) => [reason, '']),
    ),
  },
};

/** What stands between the markers of a part, as it is. */
const placeOf = (name: string): RegExp => new RegExp(`(<!-- ${name}: [^>]* -->\n)([^]*?)(<!-- /${name} -->)`);

/** What somebody wrote in each section below its generated sentence. */
const writtenIn = (text: string, name: string): ReadonlyMap<string, string> =>
  new Map(
    (placeOf(name).exec(text)?.[2] ?? '').split(/^(?=### `)/m).flatMap((section) => {
      const [, title, body = ''] = /^### `([^`]+)`\n([^]*)$/.exec(section) ?? [];
      return title === undefined
        ? []
        : [
            [
              title,
              body
                .trim()
                .replace(/^> .*\n*/, '')
                .trim(),
            ] as const,
          ];
    }),
  );

describe('the pages with a section for everything of one kind', () => {
  for (const [name, { file, said }] of Object.entries(parts)) {
    it(`have the ${name} as the source has them`, () => {
      const text = textOf(file);
      const written = writtenIn(text, name);
      const sections = Object.entries(said).map(
        ([title, sentence]) => `### \`${title}\`\n\n${sentence}${written.get(title) ?? ''}\n\n`,
      );
      const wanted = text.replace(placeOf(name), (_, head, __, end) => `${head}\n${sections.join('')}${end}`);
      if (process.env['UPDATE'] === '1') writeFileSync(root + file, wanted);
      else assert.equal(text, wanted);
    });

    it(`say more of each of the ${name} than the source does`, () => {
      const written = writtenIn(textOf(file), name);
      assert.deepEqual(
        Object.keys(said).filter((title) => (written.get(title) ?? '') === ''),
        [],
      );
    });
  }

  it('have what each account may do as the manifests have it', () => {
    const file = 'docs/security.md';
    const text = textOf(file);
    const place = /(<!-- rbac: [^>]* -->\n\|.*\n\|---.*\n)([^]*?)(<!-- \/rbac -->)/;
    const wanted = text.replace(place, (_, head, __, end) => `${head}${rights().join('\n')}\n${end}`);
    if (process.env['UPDATE'] === '1') writeFileSync(root + file, wanted);
    else assert.equal(text, wanted);
  });
});

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

/** A row for each rule of the roles in deploy/. */
function rights(): string[] {
  const accounts: Readonly<Record<string, string>> = {
    'health-injector': 'webhook',
    'health-injector-controller': 'controller',
  };
  const objects = parseAllDocuments(textOf('deploy/rbac.yaml')).map((document) => document.toJS());
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  return roles.flatMap(({ kind, metadata, rules }) =>
    (rules as readonly Rule[]).map(({ apiGroups, resources, resourceNames, verbs }) => {
      const group = apiGroups.join() === '' ? '' : ` (${apiGroups.join(', ')})`;
      const names = resourceNames ? `\`${resourceNames.join('`, `')}\`` : 'all';
      const where = kind === 'Role' ? 'its own namespace' : 'cluster';
      return `| ${accounts[metadata.name] ?? metadata.name} | ${where} | ${resources.join(', ')}${group} | ${names} | ${verbs.join(', ')} |`;
    }),
  );
}
