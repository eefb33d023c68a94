import assert from 'node:assert/strict';
import { nodesToTaint } from '../../../src/controllers/hardware/nodes.ts';
import { softened, withMoves, withoutOwners } from '../../../src/controllers/hardware/quarantines.ts';
import { jsonBytes } from '../../../src/controllers/hardware/json-bytes.ts';
import { node, pod, quarantine } from './support/snapshot.ts';

const beginning = { nodeName: 'node-0', bootId: 'boot', scope: 'Owner' } as const;
const reading = { check: 'temperature', message: '95 C >= 90 C' };
const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 12, 0, second));
const moved = (uid: string, ownerText = 'web') => ({ pod: pod(uid, 'node-0', { ownerText }), reading });

describe('the quarantine of a node', () => {
  it('has an entry for each owner and a move for each Pod, once however often it is added', () => {
    const first = withMoves(undefined, beginning, [moved('a'), moved('b', 'db')], { ttlMs: 60_000, now: at(0) });
    assert.deepEqual(
      first.owners.map(({ owner, moves }) => [owner.name, moves.map(({ podUid }) => podUid)]),
      [
        ['web', ['a']],
        ['db', ['b']],
      ],
    );
    assert.equal(withMoves(first, beginning, [moved('a'), moved('b', 'db')], { ttlMs: 60_000, now: at(9) }), first);
    const second = withMoves(first, beginning, [moved('a'), moved('c')], { ttlMs: 60_000, now: at(9) });
    const [web, db] = second.owners;
    assert.deepEqual(
      web?.moves.map(({ podUid }) => podUid),
      ['a', 'c'],
    );
    assert.deepEqual([web.since, web.until], [at(0).toISOString(), at(69).toISOString()]);
    assert.equal(db, first.owners[1]);
  });

  it('has a move that is gone on with by the minute in which that was, with what fails then', () => {
    const first = withMoves(undefined, beginning, [moved('a'), moved('b')], { ttlMs: 60_000, now: at(0) });
    assert.equal(withMoves(first, beginning, [moved('a')], { ttlMs: 60_000, now: at(59) }), first);
    const hotter = { ...moved('a'), reading: { check: 'temperature', message: '99 C >= 90 C' } };
    const [again] = withMoves(first, beginning, [hotter], { ttlMs: 60_000, now: at(60) }).owners;
    assert.deepEqual(
      again?.moves.map((move) => [move.podUid, move.at]),
      [
        ['b', at(0).toISOString()],
        ['a', at(60).toISOString()],
      ],
    );
    assert.deepEqual(
      [again.message, again.since, again.until],
      ['Pod shop/a: 99 C >= 90 C', at(0).toISOString(), at(120).toISOString()],
    );
  });

  it('keeps what was read, with when, where a move is gone on with and nobody answers', () => {
    const first = withMoves(undefined, beginning, [moved('a'), moved('b')], { ttlMs: 60_000, now: at(0) });
    const mute = { ...moved('a'), isStale: true };
    const again = withMoves(first, beginning, [mute], { ttlMs: 60_000, now: at(60) });
    const message = `Pod shop/b: 95 C >= 90 C, as read at ${at(0).toISOString()}`;
    assert.deepEqual([again.owners[0]?.message, again.owners[0]?.moves[0]?.at], [message, at(60).toISOString()]);
    assert.equal(withMoves(again, beginning, [mute], { ttlMs: 60_000, now: at(120) }).owners[0]?.message, message);
  });

  it('says when it was read within what the CRD has room for', () => {
    const long = { ...moved('a'), reading: { check: 'temperature', message: 'm'.repeat(2_000) } };
    const first = withMoves(undefined, beginning, [long], { ttlMs: 60_000, now: at(0) });
    const [entry] = withMoves(first, beginning, [{ ...long, isStale: true }], { ttlMs: 60_000, now: at(60) }).owners;
    assert.match(entry?.message ?? '', /m…, as read at 2030-01-01T12:00:00.000Z$/);
    assert((entry?.message.length ?? 0) <= 1_024);
  });

  it('is of the boot in which something failed last', () => {
    const first = withMoves(undefined, beginning, [moved('a')], { ttlMs: 60_000, now: at(0) });
    assert.equal(
      withMoves(first, { ...beginning, bootId: 'next' }, [moved('b')], { ttlMs: 60_000, now: at(1) }).bootId,
      'next',
    );
    assert.equal(
      withMoves(first, { ...beginning, bootId: '' }, [moved('b')], { ttlMs: 60_000, now: at(1) }).bootId,
      'boot',
    );
  });

  it('keeps what the CRD has room for', () => {
    const many = Array.from({ length: 300 }, (_, index) => moved(`p${index}`));
    const { owners } = withMoves(undefined, beginning, many, { ttlMs: 60_000, now: at(0) });
    assert.deepEqual([owners[0]?.moves.length, owners[0]?.moves.at(-1)?.podUid], [256, 'p299']);
    const long = { pod: pod('a', 'node-0'), reading: { check: 'c'.repeat(9_999), message: '<'.repeat(9_999) } };
    const [entry] = withMoves(undefined, beginning, [long], { ttlMs: 60_000, now: at(0) }).owners;
    assert.deepEqual([entry?.check.length, jsonBytes(entry?.message)], [257, 725]);
  });

  it('lets go of an owner only as it was seen', () => {
    const spec = withMoves(undefined, beginning, [moved('a'), moved('b', 'db')], { ttlMs: 60_000, now: at(0) });
    assert.deepEqual(withoutOwners(spec, spec.owners.slice(0, 1)).owners, spec.owners.slice(1));
    const again = withMoves(spec, beginning, [moved('c')], { ttlMs: 60_000, now: at(1) });
    assert.deepEqual(withoutOwners(again, spec.owners.slice(0, 1)), again);
  });

  it('may become the last choice for an owner', () => {
    const spec = withMoves(undefined, beginning, [moved('a'), moved('b', 'db')], { ttlMs: 60_000, now: at(0) });
    assert.deepEqual(
      softened(spec, new Set(['shop/Deployment/db'])).owners.map(({ affinity }) => affinity),
      ['Required', 'Preferred'],
    );
  });

  it('has a taint only where it says Node', () => {
    const nodes = [node('a'), node('b'), node('c', { taint: 'NoSchedule' }), node('d', { taint: 'NoSchedule' })];
    const quarantines = [
      quarantine('a', { scope: 'Node' }),
      quarantine('b'),
      quarantine('c', { scope: 'Node', affinity: 'Preferred' }),
    ];
    assert.deepEqual(nodesToTaint(nodes, quarantines), [
      { node: 'a', taint: 'NoSchedule' },
      { node: 'c', taint: 'PreferNoSchedule' },
      { node: 'd', taint: '' },
    ]);
  });
});
