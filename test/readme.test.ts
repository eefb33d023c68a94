import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import jsonPatch from 'fast-json-patch';
import { parseAllDocuments } from 'yaml';
import { isRefusal } from '../src/check/check.ts';
import { parseCheck } from '../src/check/parse.ts';
import { formOf, schemes } from '../src/check/schemes.ts';
import { loadCommands } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands/index.ts';
import { programHelp } from '../src/cli/help.ts';
import { keys, reaches } from '../src/inject/intent/annotations.ts';
import { patternNames } from '../src/inject/patterns/index.ts';
import { program } from './agent/support/agent.ts';
import { presets } from '../src/inject/presets/table.ts';
import { type RunningWebhook, patchOf, startWebhook } from './support/webhook.ts';

const root = new URL('../', import.meta.url).pathname;

/** The options that come with a server, a login, a connection, TLS, a socket and hardware: they are the same everywhere. */
const common = [
  'max-time',
  'password-file',
  'proxy',
  'tls',
  'starttls',
  'ca',
  'cert',
  'key',
  'server-name',
  'min-days',
  'socket',
  'for',
  'state',
  'strict',
];

/** The tables that are made from the source, by the name of their markers. */
const tables = {
  annotations: Object.entries(keys).map(
    ([key, { reach, meaning }]) => `| \`${key}\` | ${reaches[reach]} | ${meaning} |`,
  ),
  checks: [...schemes].toSorted().map(([name, row]) => {
    const { summary, options, credentials, tls } = row;
    const own = [...options.keys()].filter((option) => !common.includes(option)).map((option) => `\`${option}\``);
    const secure = { always: 'yes', optional: '`tls`', starttls: '`tls` `starttls`' };
    const cells = [
      `\`${formOf(name, row)}\``,
      summary,
      own.join(' '),
      credentials ? 'yes' : '',
      tls ? secure[tls] : '',
    ];
    return `| ${cells.join(' | ')} |`;
  }),
  presets: presets.map(({ images, ports, check, readiness, logins, onlyWith }) => {
    const told = (text: string): string =>
      `\`${text.replace('PORT', `${ports[0]}`).replace('/PREFIX', '').replaceAll('|', '\\|')}\``;
    const variables = (logins ?? []).filter((login) => login.includes('$')).map((login) => `\`${login}\``);
    const needs = Object.entries(onlyWith ?? {}).map(([key, value]) => `\`${key}=${value}\``);
    const asked = variables.length > 0 ? `as ${variables.join(' or ')} where set` : needs.join(' or ');
    return `| ${images.join(', ')} | ${told(check)} | ${readiness ? told(readiness) : ''} | ${asked} |`;
  }),
};

describe('the README files', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
  });
  after(() => webhook.stop());

  for (const [name, rows] of Object.entries(tables)) {
    it(`list the ${name} as the source has them`, () => {
      const file = `${root}${name === 'presets' ? 'docs/checks/' : ''}README.md`;
      const text = readFileSync(file, 'utf8');
      const place = new RegExp(`(<!-- ${name}: [^]*?\\n\\|---.*\\n)([^]*?)(<!-- /${name} -->)`);
      const wanted = text.replace(place, (_, head, __, end) => `${head}${rows.join('\n')}\n${end}`);
      if (process.env['UPDATE'] === '1') writeFileSync(file, wanted);
      else assert.equal(text, wanted);
    });
  }

  it('show the help of the agent and of the command line as it is', async () => {
    const helps = {
      'agent/README.md': execFileSync(program, ['--help'], { encoding: 'utf8' }),
      'README.md': programHelp('health-injector', await loadCommands(commands)),
    };
    for (const [file, help] of Object.entries(helps)) {
      const text = readFileSync(root + file, 'utf8');
      const wanted = text.replace(/```text\nhealth-(probe|injector) [^]*?```/, () => `\`\`\`text\n${help}\`\`\``);
      if (process.env['UPDATE'] === '1') writeFileSync(root + file, wanted);
      else assert.equal(text, wanted);
    }
  });

  it('say something about every pattern', () => {
    const described = globSync('src/inject/patterns/*/README.md', { cwd: root }).map((file) => file.split('/')[3]);
    assert.deepEqual(described.toSorted(), [...patternNames].toSorted());
  });

  const pages = globSync(['src/inject/patterns/*/README.md', 'docs/checks/*.md'], { cwd: root }).toSorted();
  const site = ['quick-start', 'annotations', 'workloads'].map((page) => `docs/${page}.md`);
  for (const file of ['README.md', ...site, ...pages]) {
    const blocks = [...readFileSync(root + file, 'utf8').matchAll(/```yaml\n([^]*?)```/g)].map(
      (match) => match[1] ?? '',
    );
    for (const [index, block] of blocks.entries()) {
      it(`${file} shows an example that is injected (${index + 1})`, () => injects(block));
    }
  }

  for (const file of globSync('docs/checks/*.md', { cwd: root }).filter((page) => !page.endsWith('/situations.md'))) {
    it(`${file} names checks that can be made`, () => {
      for (const [, span = '', scheme = ''] of readFileSync(root + file, 'utf8').matchAll(
        /`(([a-z0-9-]+):[^`\n]+)`/g,
      )) {
        if (!schemes.has(scheme) || /\.\.\.|\b(HOST|NAME|OPTIONS)\b/.test(span)) continue;
        // In a table a backslash keeps a bar from being the end of a cell.
        const parsed = parseCheck(span.replaceAll('\\|', '|'));
        if (isRefusal(parsed)) assert.fail(`${span}: ${parsed.received}, expected ${parsed.expected}`);
      }
    });
  }

  for (const file of globSync('deploy/examples/*.yaml', { cwd: root }).toSorted()) {
    it(`${file} is injected`, () => injects(readFileSync(root + file, 'utf8')));
  }

  /** What the apiserver would store of a manifest: annotations of a Deployment go down to its template. */
  async function applied(object: { kind?: string }): Promise<ReturnType<typeof JSON.parse>> {
    if (object.kind !== 'Deployment') return object;
    const response = await webhook.review(object, { kind: { group: 'apps', version: 'v1', kind: object.kind } });
    assert.deepEqual(response.warnings, undefined);
    return jsonPatch.applyPatch(object, patchOf(response), true, false).newDocument;
  }

  async function injects(text: string): Promise<void> {
    const written = parseAllDocuments(text).map((document) => document.toJS());
    const documents = await Promise.all(written.map(applied));
    const templates = documents.map((object) => object.spec?.template ?? object).filter(({ spec }) => spec?.containers);
    assert(templates.length > 0);
    for (const { metadata, spec } of templates) {
      const response = await webhook.review({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
      assert.deepEqual(response.warnings, undefined);
      assert.match(JSON.stringify(patchOf(response)), /nessProbe|~1hardware"/);
    }
  }
});
