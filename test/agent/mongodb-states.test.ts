// Replayed, not real: the states of replica sets and shards, in which no server that can be installed here is to be had.
// The documents are those that MongoDB answers `hello` with, by its manual (reference/command/hello), by the tests of its
// driver specifications (server-discovery-and-monitoring: discover_secondary, discover_hidden, discover_rsother,
// discover_ghost, single_mongos) and by its list of error codes. mongodb.test.ts asks a real server.
import assert from 'node:assert/strict';
import { check } from './support/agent.ts';
import { type Document, replayMongo } from './support/replay-mongo.ts';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);

/** What every server says behind its state. */
const common: Document = {
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  localTime: now,
  logicalSessionTimeoutMinutes: 30,
  connectionId: 17,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

const written = (seconds: number): Document => {
  const opTime = { ts: 7_589_946_240_000_000_001n, t: 1n };
  return {
    opTime,
    lastWriteDate: ago(seconds),
    majorityOpTime: opTime,
    majorityWriteDate: ago(seconds),
  };
};

const member = (state: Document, wroteSecondsAgo = 4): Document => ({
  topologyVersion: { processId: new Uint8Array(12).fill(7), counter: 6n },
  hosts: ['mongo-0.mongo:27017', 'mongo-1.mongo:27017'],
  arbiters: ['mongo-2.mongo:27017'],
  setName: 'rs0',
  setVersion: 4,
  ...state,
  primary: 'mongo-0.mongo:27017',
  me: 'mongo-1.mongo:27017',
  lastWrite: written(wroteSecondsAgo),
  ...common,
});

const primary = member({ isWritablePrimary: true, secondary: false, electionId: new Uint8Array(12) });
const secondary = member({ isWritablePrimary: false, secondary: true });
const hidden = member({ isWritablePrimary: false, secondary: true, passive: true, hidden: true });
const arbiter = member({ isWritablePrimary: false, secondary: false, arbiterOnly: true });
const recovering = member({ isWritablePrimary: false, secondary: false });
const late = member({ isWritablePrimary: false, secondary: true }, 90);
const info = 'Does not have a valid replica set config';
const uninitiated = { isWritablePrimary: false, secondary: false, info, isreplicaset: true, ...common };
const mongos = { isWritablePrimary: true, msg: 'isdbgrid', ...common };
const refused = (code: number, codeName: string, errmsg: string): Document => ({ ok: 0, errmsg, code, codeName });

const isPass = { liveness: 0, readiness: 0, startup: 0 };
const isAlive = { liveness: 0, readiness: 1, startup: 0 };
const isFail = { liveness: 1, readiness: 1, startup: 1 };

describe('the agent asks a replayed mongod', () => {
  for (const [what, hello, options, codes, reason] of [
    ['a primary', primary, '', isPass, /^primary of rs0 /],
    ['a secondary', secondary, '', isPass, /^secondary of rs0 /],
    ['a hidden secondary', hidden, '', isPass, /^hidden secondary of rs0 /],
    ['an arbiter', arbiter, '', isPass, /^arbiter of rs0 /],
    ['a mongos', mongos, '', isPass, /^mongos /],
    [
      'a member that starts or recovers',
      recovering,
      '',
      isAlive,
      /^neither primary nor secondary of rs0: starting or /,
    ],
    ['a member of no set yet', uninitiated, '', isAlive, /^replica set is not initiated, /],
    ['a primary that is to be one', primary, '?role=primary', isPass, /^primary of rs0 /],
    ['a mongos, which writes too', mongos, '?role=primary', isPass, /^mongos /],
    [
      'a secondary that is to be a primary',
      secondary,
      '?role=primary',
      isAlive,
      /^secondary of rs0, expected a primary /,
    ],
    ['a secondary that is to be one', secondary, '?role=replica', isPass, /^secondary of rs0 /],
    [
      'a primary that is to be a secondary',
      primary,
      '?role=replica',
      isAlive,
      /^primary of rs0, expected a secondary /,
    ],
    [
      'an arbiter that is to be a secondary',
      arbiter,
      '?role=replica',
      isAlive,
      /^arbiter of rs0, expected a secondary /,
    ],
    ['a secondary that keeps up', secondary, '?max-lag=30s', isPass, /^secondary of rs0, last write 4s ago /],
    [
      'a secondary that is late',
      late,
      '?max-lag=30s',
      isAlive,
      /^secondary of rs0, last write 1m30s ago, expected within 30s /,
    ],
    ['a secondary that may be late', late, '', isPass, /^secondary of rs0 /],
    ['a primary, which is never late', primary, '?max-lag=1s', isPass, /^primary of rs0 /],
    [
      'one that shuts down',
      refused(91, 'ShutdownInProgress', 'The server is in quiesce mode and will shut down'),
      '',
      isAlive,
      /^The server is in quiesce mode and will shut down /,
    ],
    [
      'one that is stopped',
      refused(11600, 'InterruptedAtShutdown', 'interrupted at shutdown'),
      '',
      isAlive,
      /^interrupted /,
    ],
    ['one that is broken', refused(8, 'UnknownError', 'disk is gone'), '', isFail, /^disk is gone /],
  ] as const) {
    it(`${what}${options && ` with ${options}`} is ${codes === isPass ? 'a pass' : codes === isAlive ? 'alive, not ready' : 'a failure'}`, async () => {
      const { port, stop } = await replayMongo({ hello });
      const url = `mongodb://:${port}${options}`;
      for (const [probe, code] of Object.entries(codes)) {
        const checked = await check(['--probe', probe, url]);
        assert.equal(checked.code, code, checked.line);
        assert.match(checked.line, reason);
      }
      await stop();
    });
  }

  it('before 4.4.2, which knows no hello, by isMaster', async () => {
    const old = { hosts: ['a:27017'], setName: 'rs', ismaster: true, secondary: false, ...common, maxWireVersion: 6 };
    const { port, stop } = await replayMongo({ isMaster: old });
    assert.match((await check([`mongodb://:${port}`])).line, /^primary of rs /);
    await stop();
  });

  it('that holds no users without a login', async () => {
    const { port, stop } = await replayMongo({ hello: arbiter });
    const { code, line } = await check([`mongodb://probe:$PASSWORD@:${port}`], { PASSWORD: 'correct-horse' });
    assert.equal(code, 0, line);
    await stop();
  });
});
