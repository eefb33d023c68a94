// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
import assert from 'node:assert/strict';
import { chartObjects, kustomizeObjects, needTools } from './support/render.ts';

/** What the roles that are bound to an account let it do, as VERB RESOURCE. */
function rightsOf(objects: readonly any[], account: string): Set<string> {
  const bound = objects
    .filter(({ subjects = [] }) => subjects.some(({ name }: any) => name === account))
    .map(({ roleRef }) => `${roleRef.kind}/${roleRef.name}`);
  const roles = objects.filter(({ kind, metadata }) => bound.includes(`${kind}/${metadata.name}`));
  const rules: any[] = roles.flatMap((role) => role.rules);
  return new Set(
    rules.flatMap(({ verbs, resources }) =>
      verbs.flatMap((verb: string) => resources.map((resource: string) => `${verb} ${resource}`)),
    ),
  );
}

const controller = async (values: object, restartBudget = 'off'): Promise<Set<string>> =>
  rightsOf(await chartObjects({ controller: values, restartBudget }), 'health-injector-controller');
const webhook = async (source: string): Promise<Set<string>> =>
  rightsOf(await chartObjects({ certificate: { source, directory: '/certificates' } }), 'health-injector');

const secretsOf = (rights: Set<string>): string[] => [...rights].filter((each) => each.endsWith(' secrets'));

const ofHardware = [
  'list nodes',
  'list nodequarantines',
  'update nodequarantines',
  'delete nodequarantines',
  'create pods/eviction',
  'list events',
  'list endpointslices',
  'get replicationcontrollers',
  'get statefulsets',
  'get jobsets',
  'get leaderworkersets',
  'get podgroups',
];
const ofMoves = ['create nodequarantines'];
const ofTaints = ['get nodes', 'patch nodes'];
const all = [...ofHardware, ...ofMoves, ...ofTaints];

const modes: readonly (readonly [string, object, readonly string[]])[] = [
  ['nothing is done about hardware', { hardware: { watch: false } }, []],
  [
    'nothing is done about hardware and missed Pods are replaced',
    { hardware: { watch: false }, repair: { evict: true } },
    ['create pods/eviction'],
  ],
  [
    'nothing is done about hardware, whatever else is said of it',
    { hardware: { watch: false, move: true, scope: 'node' } },
    [],
  ],
  ['moves are only told of', {}, ofHardware],
  ['moves are only told of, and nodes were tainted', { hardware: { scope: 'node' } }, [...ofHardware, ...ofTaints]],
  ['Pods are moved', { hardware: { move: true } }, [...ofHardware, ...ofMoves]],
  ['Pods are moved and nodes tainted', { hardware: { move: true, scope: 'node' } }, all],
];

describe('the rights that the chart gives', () => {
  before(async function () {
    await needTools(this);
  });

  for (const [what, values, wanted] of modes) {
    it(`let the controller do what it needs, and no more, where ${what}`, async () => {
      const rights = await controller(values);
      assert.deepEqual(
        all.filter((each) => rights.has(each)),
        wanted.toSorted((one, other) => all.indexOf(one) - all.indexOf(other)),
      );
      for (const each of ['list pods', 'watch namespaces', 'list healthpolicies', 'patch events', 'update leases']) {
        assert(rights.has(each), each);
      }
    });
  }

  it('let the controller watch Events only where there is a restart budget', async () => {
    const values = { hardware: { watch: false } };
    const without = await controller(values);
    const more = [...(await controller(values, '25%'))].filter((each) => !without.has(each));
    assert.deepEqual(more, ['list events', 'watch events']);
  });

  it('let the webhook write the Secret of the certificate only where it makes it', async () => {
    assert.deepEqual(
      secretsOf(await webhook('secret')),
      ['get', 'list', 'watch', 'update', 'create'].map((verb) => `${verb} secrets`),
    );
    assert.deepEqual(secretsOf(await webhook('cert-manager')), ['get secrets', 'list secrets', 'watch secrets']);
    assert.deepEqual(secretsOf(await webhook('files')), []);
  });

  it('let the webhook write the webhook configuration only where it knows the CA', async () => {
    const right = 'patch mutatingwebhookconfigurations';
    assert((await webhook('cert-manager')).has(right));
    assert(!(await webhook('files')).has(right));
  });

  it('are in deploy/ those of a dry run, to which a component adds those of moves', async () => {
    const account = 'health-injector-controller';
    const base = rightsOf(await kustomizeObjects(), account);
    const more = [...rightsOf(await kustomizeObjects('hardware-move'), account)].filter((each) => !base.has(each));
    assert.deepEqual(more, ofMoves);
  });
});
