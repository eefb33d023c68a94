import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Client, type Transport, createClient } from '../../src/kube/client.ts';
import { type LeaderElectionConfig, runLeaderElection } from '../../src/kube/leader-election.ts';
import { type Weather, fine, leaseServer } from './support/lease-server.ts';
import { type Skew, type VirtualTime, virtualTime } from './support/virtual-clock.ts';

/** Candidates of one lease: who leads, from the start of the work to the moment in which it is told to end. */
function election(time: VirtualTime) {
  const leaders = new Set<string>();
  const terms: { readonly identity: string; readonly atMs: number }[] = [];
  const failures: string[] = [];
  const doubles: string[] = [];
  const onError = (sentence: string): void => void failures.push(sentence);
  const stand = (
    identity: string,
    transport: Transport,
    more: Partial<LeaderElectionConfig> & { skew?: Skew } = {},
  ) => {
    const stop = new AbortController();
    const onStartedLeading = (signal: AbortSignal): void => {
      if (leaders.size > 0) doubles.push(`${identity} leads beside ${[...leaders].join()} at ${time.now()} ms`);
      leaders.add(identity);
      terms.push({ identity, atMs: time.now() });
      signal.addEventListener('abort', () => leaders.delete(identity));
    };
    const { skew, ...rest } = more;
    const clock = time.clock(skew);
    const client = createClient(transport, { clock });
    const config = { client, namespace: 'ns', name: 'leader', identity, onStartedLeading, onError, ...rest };
    const ended = runLeaderElection(config, stop.signal, clock);
    return { stop: () => stop.abort(), ended };
  };
  return { leaders, terms, failures, doubles, stand };
}

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** A transport that answers until it is cut. */
function cuttable(transport: Transport): { readonly transport: Transport; cut: () => void } {
  let isCut = false;
  return {
    cut: () => (isCut = true),
    transport: (request) => (isCut ? never(request.signal) : transport(request)),
  };
}

describe('a lease', () => {
  it('is made, held and renewed as client-go writes it', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { leaders, stand } = election(time);
    const one = stand('one', server.transport());
    await time.pass(1_000);
    assert.deepEqual([...leaders], ['one']);
    const { metadata, spec, ...type } = server.lease();
    assert.deepEqual(type, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
    assert.deepEqual(metadata, { name: 'leader', namespace: 'ns', resourceVersion: '1' });
    assert.deepEqual(spec, {
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2023-11-14T22:13:20.002000Z',
      renewTime: '2023-11-14T22:13:20.002000Z',
      leaseTransitions: 0,
    });
    await time.pass(60_000);
    const later = server.lease().spec;
    assert.deepEqual({ ...later, renewTime: spec.renewTime }, spec);
    assert(Date.parse(later.renewTime) > Date.parse(spec.renewTime) + 55_000);
    one.stop();
    await time.pass(1_000);
    await one.ended;
  });

  it('that its holder releases is taken at once', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { leaders, terms, stand } = election(time);
    const one = stand('one', server.transport());
    await time.pass(1_000);
    const two = stand('two', server.transport());
    await time.pass(30_000);
    assert.deepEqual([...leaders], ['one']);
    one.stop();
    // At once, before the other looks, which it does at a time that it chooses at random.
    while (server.lease().spec.holderIdentity === 'one') await time.pass(1);
    assert.equal(server.lease().spec.holderIdentity, '');
    assert.equal(server.lease().spec.leaseDurationSeconds, 1);
    await time.pass(100);
    await one.ended;
    await time.pass(4_100);
    assert.deepEqual([...leaders], ['two']);
    assert.equal(server.lease().spec.leaseTransitions, 1);
    assert.equal(terms.length, 2);
    two.stop();
    await time.pass(100);
    await two.ended;
  });

  it('is only released when the work has ended', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { stand } = election(time);
    const work = Promise.withResolvers<void>();
    const one = stand('one', server.transport(), { onStartedLeading: () => work.promise });
    await time.pass(1_000);
    one.stop();
    await time.pass(60_000);
    assert.equal(server.lease().spec.holderIdentity, 'one');
    work.resolve();
    await time.pass(100);
    assert.equal(server.lease().spec.holderIdentity, '');
    await one.ended;
  });

  it('is given up where the work fails, and stood for again', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { failures, stand } = election(time);
    let starts = 0;
    const one = stand('one', server.transport(), {
      onStartedLeading: () => {
        starts += 1;
        throw new Error('no disk');
      },
    });
    await time.pass(10_000);
    assert(starts > 1);
    assert.equal(failures[0], 'Leading ended: no disk.');
    one.stop();
    await time.pass(100);
    await one.ended;
  });

  it('passes on after its holder is cut off, which stops before another starts', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { leaders, terms, failures, doubles, stand } = election(time);
    const { transport, cut } = cuttable(server.transport());
    stand('one', transport);
    await time.pass(1_000);
    stand('two', server.transport());
    await time.pass(20_000);
    cut();
    await time.pass(11_000);
    assert.deepEqual([...leaders], []);
    assert(failures.includes('The lease ns/leader is lost.'), failures.join('\n'));
    await time.pass(13_000);
    assert.deepEqual([[...leaders], doubles], [['two'], []]);
    const waitedMs = terms[1]!.atMs - 21_000;
    // The last renewal is up to 2 s old and seen up to 4 s late; 15 s after that, a look each 2 to 4 s finds it stale.
    assert(waitedMs >= 12_900 && waitedMs <= 23_100, `${waitedMs} ms`);
  });

  it('is held from when its renewal was sent, however late the answer comes', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { leaders, stand } = election(time);
    const late: Weather = { ...fine, backMs: 7_000 };
    const lost: Weather[] = Array.from({ length: 99 }, () => ({ ...fine, lost: 'call' }));
    stand('one', server.transport([fine, fine, fine, late, ...lost]));
    await time.pass(11_900);
    assert.equal(server.lease().metadata.resourceVersion, '2');
    assert.deepEqual([...leaders], ['one']);
    await time.pass(200);
    assert.deepEqual([...leaders], []);
  });

  it('is kept where somebody else writes something into it', async () => {
    const time = virtualTime();
    const server = leaseServer(time);
    const { terms, failures, stand } = election(time);
    stand('one', server.transport());
    await time.pass(1_000);
    const writer: Client = createClient(server.transport(), { clock: time.clock() });
    for (let writes = 0; writes < 200; writes += 1) {
      await time.pass(97);
      const { signal } = new AbortController();
      void writer.update('', { ...server.lease(), note: writes }, { signal }).catch(() => {});
    }
    assert.equal(terms.length, 1);
    assert.equal(server.lease().note !== undefined, true);
    assert.deepEqual(failures, []);
  });

  it('never has two holders, whatever their clocks and the network do, and one in the end', async function () {
    this.timeout(120_000);
    const weather: fc.Arbitrary<Weather> = fc.record({
      thereMs: fc.integer({ min: 0, max: 12_000 }),
      backMs: fc.integer({ min: 0, max: 12_000 }),
      lost: fc.constantFrom('nothing', 'nothing', 'nothing', 'call', 'answer'),
    });
    const fair: fc.Arbitrary<Weather> = fc.record({
      thereMs: fc.integer({ min: 0, max: 400 }),
      backMs: fc.integer({ min: 0, max: 400 }),
      lost: fc.constant('nothing'),
    });
    const candidate = fc.record({
      skew: fc.record({
        offsetMs: fc.integer({ min: -1e9, max: 1e9 }),
        rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
      }),
      startMs: fc.integer({ min: 0, max: 20_000 }),
      stopMs: fc.integer({ min: 20_000, max: 300_000 }),
      weather: fc.array(fc.oneof({ weight: 4, arbitrary: fair }, { weight: 1, arbitrary: weather }), { maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(candidate, { minLength: 2, maxLength: 3 }), async (candidates) => {
        const time = virtualTime();
        const server = leaseServer(time);
        const { leaders, doubles, stand } = election(time);
        const forever = new AbortController().signal;
        const standing = candidates.map(async ({ skew, startMs, stopMs, weather: forecast }, index) => {
          await time.sleep(startMs, forever);
          const { stop, ended } = stand(`candidate ${index}`, server.transport(forecast), { skew });
          await time.sleep(stopMs, forever);
          // One stands to the end.
          if (index > 0) {
            stop();
            await ended;
          }
          return { stop, ended };
        });
        await time.pass(700_000);
        assert.deepEqual(doubles, []);
        assert.deepEqual([...leaders], ['candidate 0']);
        const last = await standing[0]!;
        last.stop();
        await time.pass(30_000);
        await last.ended;
        await Promise.all(standing);
        assert.equal(server.lease().spec.holderIdentity, '');
      }),
      { numRuns: 60 },
    );
  });
});
