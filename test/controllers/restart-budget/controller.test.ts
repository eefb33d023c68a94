import assert from 'node:assert/strict';
import type { Fleet, SimulatedFleet } from './support/fleet.ts';
import { createWorld, mostInTenMinutes } from './support/world.ts';

const minuteMs = 60_000;
const second = 1_000;

/** The Pods that have a hold, in force or not. */
const holdsOf = ({ names, annotationOf }: SimulatedFleet): string[] => names.filter((name) => annotationOf(name));

describe('the restart budget, with a kubelet that is simulated', () => {
  let world: ReturnType<typeof createWorld>;

  beforeEach(() => {
    world = createWorld();
  });
  afterEach(() => world.depose());

  /** Fleets of a leader that has seen them. */
  const leadOver = async (...fleets: readonly Fleet[]): Promise<SimulatedFleet[]> => {
    const started = fleets.map((fleet) => world.add(fleet));
    world.lead();
    await world.pass(5 * second);
    return started;
  };

  for (const hasReadiness of [true, false]) {
    it(`lets 12 of 50 Pods ${hasReadiness ? '' : 'without readiness '}be restarted where what all depend on is cut for five minutes`, async () => {
      const [web] = await leadOver({ replicas: 50, hasReadiness });
      assert(web);
      web.break(web.names);
      await world.pass(5 * minuteMs);
      assert.equal(mostInTenMinutes(web.restarts), 12);
      web.break([]);
      await world.pass(15 * second);
      if (hasReadiness) assert.deepEqual(holdsOf(web), [], 'no hold is left');
      await world.pass(20 * minuteMs);
      assert.deepEqual(holdsOf(web), [], 'no hold is left');
      assert.equal(web.restarts.length, 12);
      assert.deepEqual(world.failures, []);
    });
  }

  it('is not there without a controller: the kubelet restarts all', async () => {
    const web = world.add({ replicas: 50 });
    web.break(web.names);
    await world.pass(45 * second);
    assert.equal(new Set(web.restarts.map(({ pod }) => pod)).size, 50);
  });

  it('restarts the others as it comes free, what fails longest first', async () => {
    const [web] = await leadOver({ replicas: 8 });
    assert(web);
    for (let count = 1; count <= 8; count += 1) {
      web.break(web.names.slice(0, count));
      await world.pass(10 * second);
    }
    await world.pass(41 * minuteMs);
    assert.equal(mostInTenMinutes(web.restarts), 2);
    const first = [...new Set(web.restarts.map(({ pod }) => pod))];
    assert.deepEqual(first.slice(0, 8), web.names);
  });

  it('restarts one broken Pod of 50 when the kubelet does, again and again', async () => {
    const [web] = await leadOver({ replicas: 50 });
    const alone = createWorld();
    const other = alone.add({ replicas: 50 });
    await alone.pass(5 * second);
    const times = await Promise.all(
      [
        { of: world, fleet: web },
        { of: alone, fleet: other },
      ].map(async ({ of, fleet }) => {
        const fromMs = of.nowMs();
        fleet?.break(fleet.names.slice(0, 1));
        await of.pass(3 * minuteMs);
        return fleet?.restarts.map(({ atMs }) => atMs - fromMs);
      }),
    );
    assert((times[0]?.length ?? 0) >= 4);
    assert.deepEqual(times[0], times[1]);
  });

  it('outlives its leader: the next one lets no more be restarted', async () => {
    const [web] = await leadOver({ replicas: 50 });
    assert(web);
    web.break(web.names);
    await world.pass(70 * second);
    await world.depose();
    await world.pass(20 * second);
    world.lead();
    await world.pass(4 * minuteMs);
    assert.equal(mostInTenMinutes(web.restarts), 12);
  });

  it('leaves the kubelet its way two minutes after the last leader is gone', async () => {
    const [web] = await leadOver({ replicas: 50 });
    assert(web);
    web.break(web.names);
    await world.pass(70 * second);
    await world.depose();
    await world.pass(2 * minuteMs + 45 * second);
    assert.equal(new Set(web.restarts.map(({ pod }) => pod)).size, 50);
  });

  it('is one for all ReplicaSets of a Deployment', async () => {
    const [old, next] = await leadOver({ replicas: 20, revision: 1 }, { replicas: 20, revision: 2 });
    assert(old && next);
    for (const fleet of [old, next]) fleet.break(fleet.names);
    await world.pass(2 * minuteMs);
    assert.equal(old.restarts.length + next.restarts.length, 10);
  });

  it('is not spent by another owner, nor by another namespace that claims the same owner', async () => {
    const [web, other, stranger] = await leadOver(
      { replicas: 8 },
      { replicas: 8, deployment: 'cache' },
      { replicas: 8, namespace: 'stranger', claimedUid: 'shop-web-1' },
    );
    assert(web && other && stranger);
    for (const fleet of [other, stranger]) fleet.break(fleet.names);
    await world.pass(minuteMs);
    assert(holdsOf(other).length > 0 && holdsOf(stranger).length > 0);
    assert.deepEqual(holdsOf(web), []);
    web.break(web.names.slice(0, 2));
    await world.pass(45 * second);
    assert.deepEqual(web.restarts.map(({ pod }) => pod).toSorted(), web.names.slice(0, 2));
  });

  it('believes no Event of one namespace about the Pod of another', async () => {
    const [web] = await leadOver({ replicas: 8 });
    for (const name of web?.names ?? []) {
      world.apiserver.put('/api/v1/events', {
        metadata: { name, namespace: 'stranger' },
        involvedObject: { namespace: 'stranger', uid: `shop-${name}`, fieldPath: 'spec.containers{web}' },
        message: 'Liveness probe failed: no',
        lastTimestamp: new Date(world.nowMs()).toISOString(),
      });
    }
    await world.pass(10 * second);
    assert(web && holdsOf(web).length === 0);
  });

  it('leaves a Pod alone that a person has paused', async () => {
    const [web] = await leadOver({ replicas: 8 });
    assert(web);
    const [paused = ''] = web.names;
    const hold = `liveness=${new Date(world.nowMs() + 5 * minuteMs).toISOString().replace(/\.\d+Z/, 'Z')} reason=pause`;
    web.annotate(paused, { 'health.example.com/hold': hold });
    web.break(web.names);
    await world.pass(minuteMs);
    assert.equal(web.annotationOf(paused), hold);
    assert.equal(holdsOf(web).length, 8, 'and those that were restarted are held too');
    assert(!web.restarts.some(({ pod }) => pod === paused));
  });

  it('is off where a Pod says so, and more where it says more', async () => {
    const [off, half] = await leadOver(
      { replicas: 8, deployment: 'off', budget: 'off' },
      { replicas: 8, deployment: 'half', budget: '50%' },
    );
    assert(off && half);
    for (const fleet of [off, half]) fleet.break(fleet.names);
    await world.pass(minuteMs);
    assert.equal(new Set(off.restarts.map(({ pod }) => pod)).size, 8);
    assert.equal(half.restarts.length, 4);
    assert.deepEqual(holdsOf(off), []);
  });

  it('saves more than half where one failure is enough: no more than fail within two seconds', async () => {
    const [web] = await leadOver({ replicas: 50, failureThreshold: 1 });
    assert(web);
    web.break(web.names);
    await world.pass(5 * minuteMs);
    assert(web.restarts.length >= 12 && web.restarts.length <= 25, `${web.restarts.length} restarts`);
  });

  it('leaves the kubelet its way where the apiserver takes no annotation, and says so', async () => {
    world.apiserver.rules.push((method, path) =>
      method === 'PATCH' && path.endsWith('/status') ? { status: 403, body: { message: 'forbidden' } } : undefined,
    );
    const [web] = await leadOver({ replicas: 8 });
    assert(web);
    web.break(web.names);
    await world.pass(45 * second);
    assert.equal(new Set(web.restarts.map(({ pod }) => pod)).size, 8);
    assert.match(world.failures.join('\n'), /The hold of Pod shop\/web-1-\d could not be written: .*forbidden/);
    assert(world.apiserver.sent.length < 200, `${world.apiserver.sent.length} writes`);
    assert.deepEqual(
      world.events.filter(({ regarding }) => regarding.kind === 'Pod'),
      [],
    );
  });

  it('is told of once: about each Pod that is held, and about the owner', async () => {
    const [web] = await leadOver({ replicas: 8 });
    assert(web);
    web.break(web.names);
    await world.pass(3 * minuteMs);
    const ofPods = world.events.filter(({ regarding }) => regarding.kind === 'Pod');
    assert.equal(ofPods.length, new Set(ofPods.map(({ regarding }) => regarding.name)).size);
    assert(ofPods.length >= 6);
    for (const { note } of ofPods) {
      assert.match(
        note,
        /of the 8 Pods of Deployment web \d fail their liveness.* at most 2 \(25 %\) are restarted in ten minutes.*held until \d{4}-/,
      );
    }
    assert.equal(world.events.filter(({ regarding }) => regarding.kind === 'Deployment').length, 1);
    const metrics = await world.registry.metrics();
    assert.match(metrics, /^health_injector_restarts_held 8$/m);
    assert.match(metrics, /^health_injector_restart_holds_total\{act="begun"\} \d+$/m);
    assert.match(metrics, /^health_injector_restart_budget_spent_owners 1$/m);
  });
});
