import assert from 'node:assert/strict';
import { failingCondition, nodeConditionsOf } from '../../../src/controllers/hardware/node-conditions.ts';
import { toObservedPod } from '../../../src/controllers/hardware/pod.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';
import type { World } from './support/world.ts';

const prefix = 'health.example.com/';
const nowMs = Date.parse('2030-01-01T12:00:00Z');
const minute = 60_000;

const conditionOf = (wish: object = {}): any => ({
  type: 'KernelDeadlock',
  status: 'True',
  reason: 'DockerHung',
  message: 'kernel: task "x" blocked\nfor more than 120 s',
  lastTransitionTime: new Date(nowMs - 10 * minute).toISOString(),
  ...wish,
});

const askedFor = (wish: object = {}) => ({
  conditions: [{ type: 'KernelDeadlock', status: 'True', forMs: 0, ...wish }],
  createdMs: nowMs - 60 * minute,
});

const read = (...conditions: any[]) => nodeConditionsOf({ status: { conditions } } as any);

const conditionsOf = (conditions: unknown) =>
  toObservedPod(
    {
      metadata: {
        annotations: { [`${prefix}status`]: JSON.stringify({ added: [], hardware: { conditions } }) },
      },
      spec: { containers: [] },
    } as any,
    prefix,
  ).conditions;

/** A Pod without a sidecar, as the webhook leaves one that asks for nothing but conditions. */
function setWaiting(world: World, ...conditions: readonly string[]): any {
  const pod = world.setPod('web-0', 'node-a', 'web', true);
  const status = JSON.stringify({ added: [`labels/${prefix}hardware`], hardware: { containers: [], conditions } });
  const metadata = { ...pod.metadata, annotations: { [`${prefix}status`]: status } };
  return world.setAnyPod({ ...pod, metadata, spec: { ...pod.spec, initContainers: [] } });
}

const setCondition = (world: World, status: string): void =>
  world.changeNode('node-a', (node) => ({
    status: {
      ...node.status,
      conditions: [
        ...node.status.conditions.filter(({ type }: any) => type === 'Ready'),
        conditionOf({ status, lastTransitionTime: new Date().toISOString() }),
      ],
    },
  }));

describe('a condition of a node', () => {
  it('fails a Pod that asks for it, with its reason and message quoted, since it has been so for long enough', () => {
    assert.deepEqual(failingCondition(askedFor({ forMs: 5 * minute }), read(conditionOf())), {
      container: '',
      sinceMs: nowMs - 5 * minute,
      earliestMs: nowMs - 10 * minute,
      input: 'condition',
      message: `the condition KernelDeadlock of its node is True: "DockerHung: kernel: task 'x' blocked for more than 120 s"`,
    });
  });

  it('fails a Pod that is younger than it only since the Pod is there', () => {
    const failing = failingCondition({ ...askedFor(), createdMs: nowMs }, read(conditionOf()));
    assert.deepEqual([failing?.sinceMs, failing?.earliestMs], [nowMs, nowMs]);
  });

  it('of which nobody says since when it is so counts from the beginning of the Pod', () => {
    const failing = failingCondition(askedFor({ forMs: minute }), read(conditionOf({ lastTransitionTime: undefined })));
    assert.equal(failing?.sinceMs, nowMs - 59 * minute);
  });

  for (const [what, condition] of Object.entries({
    'of another status': conditionOf({ status: 'False' }),
    'of another type': conditionOf({ type: 'ReadonlyFilesystem' }),
  })) {
    it(`${what} fails nothing`, () => assert.equal(failingCondition(askedFor(), read(condition)), undefined));
  }

  it('is cut where its words are long, and one of many is passed over', () => {
    const [first, ...others] = read(...Array.from({ length: 100 }, () => conditionOf({ message: 'x'.repeat(9_999) })));
    assert.deepEqual([first?.message.length, others.length], [256, 63]);
  });
});

describe('what a Pod says of the conditions that it waits for', () => {
  it('is read from its status, and what is no such check is passed over', () => {
    assert.deepEqual(
      conditionsOf(['node://A?status=False&for=5m', 'temperature:', 'node://Ready', 7, null, 'b=node://B']),
      [
        { type: 'A', status: 'False', forMs: 5 * minute },
        { type: 'B', status: 'True', forMs: 0 },
      ],
    );
    assert.deepEqual(conditionsOf('node://A'), []);
  });

  it('is read as far as its sixteenth', () => {
    assert.equal(conditionsOf(Array.from({ length: 1_000 }, (_, index) => `node://C${index}`)).length, 16);
  });
});

describe('a Pod that waits for a condition of its node', () => {
  const { newWorld, lead } = useLeaders();

  it('is moved when others set it, without a word of the Pod itself', async () => {
    const world = newWorld();
    setWaiting(world, 'node://KernelDeadlock');
    setCondition(world, 'False');
    const leader = lead(world);
    await eventually('the first look', 2_000, async () => world.reads.length > 0);
    setCondition(world, 'True');
    await settle(world, 1);
    const [{ check, message }] = world.quarantines()[0].spec.owners;
    const says = `the condition KernelDeadlock of its node is True: "DockerHung: kernel: task 'x' blocked for more than 120 s"`;
    assert.deepEqual([check, message], ['node', `Pod shop/web-0: ${says}`]);
    await told(leader, /MovedOffNode/);
    assert.equal(leader.told[0], `web-0 HardwareFailed pod+node Node node-a fails Pod shop/web-0: node: ${says}.`);
    assert.deepEqual(leader.failures, []);
  });

  it('stays where the condition is gone before its time is over', async () => {
    const world = newWorld();
    setWaiting(world, 'node://KernelDeadlock?for=1s');
    setCondition(world, 'True');
    const leader = lead(world);
    await eventually('it is failing', 2_000, async () =>
      (await leader.registry.metrics()).includes('hardware_pods{state="failing"} 1'),
    );
    setCondition(world, 'False');
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    assert.deepEqual([world.quarantines(), world.accepted.size], [[], 0]);
  });
});
