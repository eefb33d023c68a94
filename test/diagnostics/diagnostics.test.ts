import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type Diagnosis, diagnose } from '../../src/diagnostics/diagnostic.ts';
import { diagnosticGroups } from '../../src/diagnostics/groups/index.ts';
import { type Right, controllerRights, webhookRights } from '../../src/diagnostics/rights.ts';
import { breaks } from './support/breaks.ts';
import { soundFacts } from './support/sound-facts.ts';

const rows = diagnosticGroups.flatMap(({ modes, rows: all }) => all.map((row) => ({ modes, row })));

/** What is said of facts, in which a change was made to the values of the reads. */
function lookAt(
  mode: 'pre' | 'installed',
  change: (facts: { about: any; of: any }) => void = () => {},
): readonly Diagnosis[] {
  const { about, reads } = soundFacts();
  const of = Object.fromEntries(Object.entries(reads).map(([name, { value }]) => [name, value]));
  change({ about, of });
  const changed = Object.fromEntries(Object.entries(of).map(([name, value]) => [name, { value }]));
  return diagnose(diagnosticGroups, { about: { ...about, mode }, reads: changed });
}

const unwell = (diagnoses: readonly Diagnosis[]): string[] =>
  diagnoses.flatMap(({ id, status }) => (status === 'warning' || status === 'failed' ? [`${id}: ${status}`] : []));

describe('the diagnostics of a cluster', () => {
  it('are at least forty, each of another name', () => {
    const ids = rows.map(({ row }) => row.id);
    assert(ids.length >= 40, `${ids.length}`);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z]+(-[a-z]+)*$/);
  });

  it('say nothing against a sound installation', () => {
    assert.deepEqual(unwell(lookAt('installed')), []);
    assert(lookAt('installed').every(({ status }) => status === 'ok'));
  });

  it('say nothing against a cluster without one', () => {
    const empty = lookAt('pre', ({ of }) => {
      of.mutatingWebhooks = [];
      of.deployments = [];
      of.kinds = [];
    });
    assert.deepEqual(unwell(empty), []);
  });

  it('have a break each', () => {
    const ids = rows.map(({ row }) => row.id);
    assert.deepEqual(Object.keys(breaks).toSorted(), ids.toSorted());
  });

  for (const [id, { status, mode = 'installed', change }] of Object.entries(breaks)) {
    it(`find by ${id} what is broken, say what was found and what to do, and link the page`, () => {
      const found = lookAt(mode, change).find((each) => each.id === id);
      assert.equal(found?.status, status, found?.found);
      assert.match(found.found, /^[^ ].*[.)]$/s);
      assert.match(found.remedy, /^[A-Z].*\.$|^[A-Z].*[A-Za-z-]$/s);
      assert(found.see.endsWith(`docs/check.md#${id}`));
    });
  }

  it('blame nothing else for what is broken, but for what it brings with it', () => {
    const more: Readonly<Record<string, readonly string[]>> = { 'quarantines-over': ['quarantines-hold'] };
    for (const [id, { mode = 'installed', change }] of Object.entries(breaks)) {
      const ids = lookAt(mode, change)
        .filter(({ status }) => status === 'failed' || status === 'warning')
        .map((each) => each.id);
      assert.deepEqual(
        ids.filter((each) => each !== id && !(more[id] ?? (mode === 'pre' ? ['not-installed'] : [])).includes(each)),
        [],
        id,
      );
    }
  });

  it('pass nothing that the caller may not read', () => {
    const { about, reads } = soundFacts();
    for (const { modes, row } of rows) {
      const mode = modes.includes('installed') ? 'installed' : 'pre';
      for (const name of row.needs) {
        const hidden = { ...reads, [name]: { unread: `no right to list ${name}` } };
        const found = diagnose(diagnosticGroups, { about: { ...about, mode }, reads: hidden }).find(
          ({ id }) => id === row.id,
        );
        assert.equal(found?.status, 'unchecked', row.id);
        assert.match(found.found, new RegExp(`^(no right to list ${name}|it needs [a-z-]+)$`));
      }
    }
  });

  it('say where they looked at a part of the objects only', () => {
    const { about, reads } = soundFacts();
    const partly = { ...reads, pods: { ...reads.pods, limit: 50_000 } };
    const found = diagnose(diagnosticGroups, { about, reads: partly }).find(({ id }) => id === 'pods-missed');
    assert.deepEqual([found?.status, found?.found], ['ok', 'only the first 50000 objects were looked at']);
  });

  it('ask what others need only where it is there', () => {
    const found = lookAt('installed', ({ of }) => of.mutatingWebhooks.pop());
    const waiting = found.filter(({ found: why }) => why === 'it needs webhook-registered').map(({ id }) => id);
    assert(waiting.includes('webhook-rules') && waiting.includes('ca-bundle'), waiting.join());
  });
});

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };
/** Every rule of these roles, as one line for each verb. */
const granted = (file: string, roles: readonly string[]): string[] =>
  parseAllDocuments(readFileSync(new URL(`../../deploy/${file}`, import.meta.url).pathname, 'utf8'))
    .map((document) => document.toJS())
    .filter(({ kind, metadata }) => kind.endsWith('Role') && roles.includes(metadata.name))
    .flatMap(({ kind, rules }) =>
      (rules as Rule[]).flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => [kind === 'Role', apiGroups[0], resource, resourceNames[0], verb].join(' ')),
        ),
      ),
    );
const wanted = (rights: readonly Right[]): string[] =>
  rights.flatMap(({ group, resource, name = '', isNamespaced = false, verbs }) =>
    verbs.map((verb) => [isNamespaced, group, resource, name, verb].join(' ')),
  );

/** What the controller needs besides, with these settings. */
const more = (settings: object): string[] => {
  const { about } = soundFacts();
  const before = wanted(controllerRights(about));
  return wanted(controllerRights({ ...about, ...settings })).filter((right) => !before.includes(right));
};

describe('the rights that are looked at', () => {
  const { about } = soundFacts();

  it('are those of deploy/rbac.yaml', () => {
    assert.deepEqual(wanted(webhookRights(about)).toSorted(), granted('rbac.yaml', ['health-injector']).toSorted());
    assert.deepEqual(
      wanted(controllerRights(about)).toSorted(),
      granted('rbac.yaml', ['health-injector-controller']).toSorted(),
    );
  });

  it('are those of the components too', () => {
    const moves = granted('components/hardware-move/rbac.yaml', ['health-injector-controller-moves']);
    assert.deepEqual(more({ hardware: 'move' }), moves);
    const taints = granted('components/hardware-node-scope/rbac.yaml', ['health-injector-controller-taints']);
    assert.deepEqual(more({ hardwareScope: 'node' }), taints);
  });
});
