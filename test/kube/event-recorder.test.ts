import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EventInput, ObjectReference } from '../../src/kube/event.ts';
import { type EventOutcome, createEventRecorder } from '../../src/kube/event-recorder.ts';
import { eventServer } from './support/event-server.ts';
import { virtualTime } from './support/virtual-clock.ts';

const pod: ObjectReference = { apiVersion: 'v1', kind: 'Pod', name: 'web-1', namespace: 'shop', uid: 'uid-1' };
const moved: EventInput = {
  regarding: pod,
  type: 'Warning',
  reason: 'Moved',
  action: 'Evict',
  note: 'The GPU is hot.',
};
const node: ObjectReference = { apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-a' };
const released: EventInput = {
  regarding: node,
  type: 'Normal',
  reason: 'NodeReleased',
  action: 'ReleaseByHand',
  note: 'Node node-a is released.',
};
const minuteMs = 60_000;

/** A recorder, its apiserver and its clock. */
function start(server = eventServer()) {
  const time = virtualTime();
  const stop = new AbortController();
  const counts: Partial<Record<EventOutcome, number>> = {};
  const failures: string[] = [];
  const recorder = createEventRecorder(
    {
      client: server.client,
      controller: 'health-injector',
      instance: 'health-injector-7d9f-x2x',
      onOutcome: (outcome) => (counts[outcome] = (counts[outcome] ?? 0) + 1),
      onError: (sentence) => failures.push(sentence),
    },
    stop.signal,
    time.clock(),
  );
  const write = async (...inputs: readonly EventInput[]): Promise<void> => {
    for (const input of inputs) recorder.event(input);
    await recorder.idle();
  };
  const record = async (input: EventInput): Promise<void> => {
    recorder.eventDurable(input);
    await recorder.idle();
  };
  return { time, server, counts, failures, write, record, stop };
}

/** That a Pod of a namespace fails on the node, in words of its own. */
const ofNode = (onBehalfOf: string, at: number): EventInput => ({
  ...moved,
  regarding: node,
  note: `${onBehalfOf} ${at}`,
  onBehalfOf,
});

/** As many objects that fall ill. */
const fleet = (from: number): EventInput[] =>
  Array.from({ length: 1_000 }, (_, index) => ({ ...moved, regarding: { ...pod, uid: `uid ${from + index}` } }));

describe('Events', () => {
  it('are written where kubectl describe looks for them', async () => {
    const { server, counts, write } = start();
    await write(moved);
    const [{ metadata, ...event }] = server.all();
    assert.match(metadata.name, /^web-1\.[0-9a-f]{16}$/);
    assert.equal(metadata.namespace, 'shop');
    assert.deepEqual(event, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      eventTime: '2023-11-14T22:13:20.000000Z',
      type: 'Warning',
      reason: 'Moved',
      action: 'Evict',
      note: 'The GPU is hot.',
      regarding: pod,
      reportingController: 'health-injector',
      reportingInstance: 'health-injector-7d9f-x2x',
    });
    assert.deepEqual(counts, { created: 1 });
  });

  it('about an object without a namespace are in default', async () => {
    const { server, write } = start();
    await write({ ...moved, regarding: { apiVersion: 'v1', kind: 'Node', name: 'gpu-1', uid: 'uid-2' } });
    assert.equal(server.all()[0].metadata.namespace, 'default');
  });

  it('are taken by the apiserver whatever the note and the name', async () => {
    const name = fc.integer({ min: 1, max: 253 }).map((length) => `${'a.b-'.repeat(64).slice(0, length - 1)}z`);
    const text = fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(300)).map(([part, times]) => part.repeat(times));
    await fc.assert(
      fc.asyncProperty(text, name, async (note, named) => {
        const { server, failures, write } = start();
        await write({ ...moved, note, regarding: { ...pod, name: named } });
        assert.deepEqual(failures, []);
        const written: string = server.all()[0].note;
        assert(note.startsWith(written.replace(/…$/, '')) && !written.includes('�') === !note.includes('�'));
      }),
    );
  });

  it('that come again are one Event, whose series is written every five minutes', async () => {
    const { time, server, counts, write } = start();
    for (let minute = 0; minute < 20; minute += 1) {
      await write(moved);
      await time.pass(minuteMs);
    }
    assert.equal(server.all().length, 1);
    assert.deepEqual(server.all()[0].series, { count: 16, lastObservedTime: '2023-11-14T22:28:20.000000Z' });
    assert.deepEqual(counts, { created: 1, patched: 3, aggregated: 16 });
  });

  it('that an earlier leader has recorded are no second ones, and go on as its series', async () => {
    const first = start();
    await first.write(moved);
    const next = start(first.server);
    await next.write(moved, { ...moved, note: 'another' });
    assert.deepEqual(
      first.server.all().map(({ note }: any) => note),
      [moved.note, 'another'],
    );
    await next.time.pass(6 * minuteMs);
    await next.write(moved);
    assert.equal(first.server.all()[0].series.count, 2);
    assert.deepEqual(next.failures, []);
  });

  it('with another note, reason or object are others', async () => {
    const { server, write } = start();
    await write(
      moved,
      { ...moved, note: 'b' },
      { ...moved, reason: 'B' },
      { ...moved, regarding: { ...pod, uid: 'b' } },
    );
    assert.equal(server.all().length, 4);
  });

  it('are new ones after an hour, and where the apiserver has forgotten them', async () => {
    const { time, server, counts, write } = start();
    await write(moved);
    await time.pass(60 * minuteMs);
    server.expire();
    await write(moved);
    assert.equal(server.all().length, 1);
    server.expire();
    await time.pass(6 * minuteMs);
    await write(moved);
    assert.equal(server.all()[0].series, undefined);
    await write(moved);
    await time.pass(6 * minuteMs);
    await write(moved);
    assert.equal(server.all()[0].series.count, 3);
    assert.deepEqual(counts, { created: 3, aggregated: 1, patched: 1 });
  });

  it('of one object that has much to say are limited, and those of another are not', async () => {
    const { time, server, counts, write } = start();
    const all = Array.from({ length: 100 }, (_, index) => ({ ...moved, note: `note ${index}` }));
    await write(...all);
    assert.deepEqual(counts, { created: 25, limited: 75 });
    await write({ ...moved, regarding: { ...pod, uid: 'another' } });
    assert.equal(server.all().length, 26);
    await time.pass(5 * minuteMs);
    await write(...all.slice(50, 60));
    assert.equal(server.all().length, 27);
  });

  it('of one namespace leave some for others, also about a shared object', async () => {
    const { server, write } = start();
    await write(...fleet(0));
    const of = (namespace: string): number =>
      server.all().filter(({ regarding }: any) => regarding.namespace === namespace).length;
    assert.equal(of('shop'), 200);
    const others = Array.from({ length: 10 }, (_, at) => `ns-${at}`);
    await write(...others.map((namespace) => ({ ...moved, regarding: { ...pod, namespace } })));
    assert.deepEqual(
      others.map(of),
      others.map(() => 1),
    );
  });

  it('about a node of which one namespace tells without end still tell of another', async () => {
    const { server, write } = start();
    await write(...Array.from({ length: 100 }, (_, at) => ofNode('evil', at)));
    assert.equal(server.all().length, 25);
    await write(ofNode('shop', 0), ofNode('bank', 0));
    assert.deepEqual(
      server
        .all()
        .slice(25)
        .map(({ note }: any) => note),
      ['shop 0', 'bank 0'],
    );
  });

  it('about one object are not limited by those about another of the same uid, which a stranger may write', async () => {
    const { server, write } = start();
    const forged = { ...pod, kind: 'ReplicaSet', namespace: 'evil', uid: node.uid };
    await write(...Array.from({ length: 100 }, (_, at) => ({ ...moved, regarding: forged, note: `${at}` })), released);
    assert.equal(server.all().at(-1).reason, 'NodeReleased');
  });

  it('of a whole fleet that falls ill at once are limited', async () => {
    const { time, server, counts, write } = start();
    await write(...fleet(0));
    assert.deepEqual(counts, { created: 200, limited: 800 });
    await time.pass(minuteMs);
    await write(...fleet(1_000));
    assert.equal(server.all().length, 260);
  });

  it('that could not be written are told, counted, and tried again when it happens again', async () => {
    const { server, counts, failures, write } = start();
    server.refuseWith({ status: 403, message: 'the namespace is being terminated' });
    await write(moved);
    assert.deepEqual(failures, [
      'An Event Moved about Pod web-1 was not written: the answer was 403, "the namespace is being terminated".',
    ]);
    server.refuseWith(undefined);
    await write(moved);
    assert.equal(server.all().length, 1);
    assert.deepEqual(counts, { failed: 1, created: 1 });
  });

  it('that have to be known later are each written, at their own time, whatever else happens', async () => {
    const { time, server, counts, write, record } = start();
    await write(...fleet(0), ...Array.from({ length: 30 }, (_, index) => ({ ...moved, note: `note ${index}` })));
    const before = server.all().length;
    for (const wait of [0, 1_000]) {
      await time.pass(wait);
      await record(released);
    }
    assert.deepEqual(
      server
        .all()
        .slice(before)
        .map(({ reason, eventTime }) => [reason, eventTime]),
      [
        ['NodeReleased', '2023-11-14T22:13:20.000000Z'],
        ['NodeReleased', '2023-11-14T22:13:21.000000Z'],
      ],
    );
    assert.equal(counts.created, 202);
  });

  it('that have to be known later are written again until they are, once, and are given up in the end', async () => {
    const { time, server, counts, failures, record, stop } = start();
    server.refuseWith({ status: 500, message: 'etcd is away' });
    const first = record(released);
    await time.pass(2_000);
    server.refuseWith(undefined);
    server.loseAnswers(true);
    await time.pass(5 * minuteMs);
    await first;
    assert.equal(server.all().length, 1);
    assert.equal(server.all()[0].eventTime, '2023-11-14T22:13:20.000000Z');
    assert.deepEqual(counts, { created: 1 });
    assert.deepEqual(failures, [
      'An Event NodeReleased about Node node-a is not written yet: the answer was 500, "etcd is away".',
    ]);
    server.refuseWith({ status: 403, message: 'no' });
    const second = record(released);
    await time.pass(30 * minuteMs);
    await second;
    assert.deepEqual([server.all().length, counts], [1, { created: 1, failed: 1 }]);
    assert.equal(failures.at(-1), 'An Event NodeReleased about Node node-a was not written: the answer was 403, "no".');
    stop.abort();
    await record(released);
    assert.equal(server.all().length, 1);
  });

  it('are not written after the end', async () => {
    const { server, failures, write, stop } = start();
    stop.abort();
    await write(moved);
    assert.deepEqual([server.calls, failures], [[], []]);
  });
});
