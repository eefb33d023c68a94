import assert from 'node:assert/strict';
import { createEventRecorder } from '../../../src/kube/event-recorder.ts';
import { createHardwareEvents, createReplacementWatch } from '../../../src/controllers/hardware/events.ts';
import { eventServer } from '../../kube/support/event-server.ts';
import { nowMs, pod } from './support/snapshot.ts';

const { signal } = new AbortController();

function newEvents(resolveRoot = async () => ({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'top' })) {
  const server = eventServer();
  const reporter = { controller: 'health-injector', instance: 'pod-1' };
  const rest = { client: server.client, onOutcome: () => {}, onError: assert.fail };
  const recorder = createEventRecorder({ ...reporter, ...rest }, signal);
  const events = createHardwareEvents(recorder, { resolveRoot }, signal);
  const idle = async (): Promise<void> => {
    await events.idle();
    await recorder.idle();
  };
  return { server, events, idle };
}

describe('what is told of a move', () => {
  it('stands at the Pod, at whom a person knows as its owner, and at the node as the kubelet has it', async () => {
    const { server, events, idle } = newEvents();
    events.record(pod('web-1', 'node-a'), 'MovedOffNode', 'It is hot.', ['pod', 'owner', 'node']);
    await idle();
    const said = server.all().map(({ metadata, regarding, type, reason, action, note }) => ({
      place: `${metadata.namespace} ${regarding.kind} ${regarding.name} ${regarding.uid}`,
      what: `${type} ${reason} ${action} ${note}`,
    }));
    const what = 'Warning MovedOffNode Evict It is hot.';
    assert.deepEqual(said, [
      { place: 'shop Pod web-1 web-1', what },
      { place: 'default Node node-a node-a', what },
      { place: 'shop Deployment web top', what },
    ]);
  });

  it('stands at the next owner where nobody says who is above it', async () => {
    const { server, events, idle } = newEvents(() => Promise.reject(new Error('away')));
    events.record(pod('web-1', '', { owner: undefined }), 'MoveHeld', 'x', ['owner', 'node']);
    events.record(pod('web-1', 'node-a'), 'ReplacementRunning', 'x', ['owner']);
    await idle();
    assert.deepEqual(
      server.all().map(({ regarding, type }) => [regarding.name, type]),
      [['web-1-owner', 'Normal']],
    );
  });

  it('says whether a person has released a node', async () => {
    const { server, events, idle } = newEvents();
    events.released('node-a', 'person', 'By hand.');
    events.released('node-b', 'controller', 'Its time is over.');
    await idle();
    assert.deepEqual(
      server.all().map(({ regarding, action, reason }) => [regarding.name, reason, action]),
      [
        ['node-a', 'NodeReleased', 'ReleaseByHand'],
        ['node-b', 'NodeReleased', 'Release'],
      ],
    );
  });

  it('remembers each release by a person, in a storm of other news and twice in a minute', async () => {
    const { server, events, idle } = newEvents();
    for (let count = 0; count < 300; count += 1) {
      events.record(pod(`web-${count}`, 'node-a'), 'HardwareFailed', 'It is hot.', ['pod', 'node']);
    }
    events.released('node-a', 'person', 'By hand.');
    events.released('node-a', 'person', 'By hand.');
    await idle();
    assert.equal(server.all().filter(({ action }) => action === 'ReleaseByHand').length, 2);
  });
});

const running = (uid: string, createdMs = nowMs) => pod(uid, 'node-b', { ownerText: 'web', failedMs: 0, createdMs });
const gone = (uid: string) => pod(uid, 'node-a', { ownerText: 'web' });

function watch() {
  const notes: string[] = [];
  const record = ({ name }: { readonly name: string }, _reason: string, note: string): void =>
    void notes.push(`${name} for ${/in the place of (\S+),/.exec(note)?.[1]}`);
  return { notes, ...createReplacementWatch({ record, released: () => {}, idle: async () => {} }) };
}

describe('what is told of replacements', () => {
  it('is one for each Pod of an owner that was evicted, and each Pod takes the place of one', () => {
    const { notes, expect, report } = watch();
    expect(gone('a'), nowMs);
    expect(gone('b'), nowMs);
    report([running('c'), running('older', nowMs - 60_000)], nowMs);
    report([running('c')], nowMs);
    assert.deepEqual(notes, ['c for a']);
    report([running('c'), running('d'), running('e')], nowMs);
    report([running('c'), running('d'), running('e')], nowMs);
    assert.deepEqual(notes, ['c for a', 'd for b']);
  });

  it('is of the Pod of the same name where there is one, as in a StatefulSet', () => {
    const { notes, expect, report } = watch();
    for (const name of ['web-0', 'web-1']) expect(pod(`uid-of-${name}`, 'node-a', { ownerText: 'web', name }), nowMs);
    report([pod('new', 'node-b', { ownerText: 'web', failedMs: 0, createdMs: nowMs, name: 'web-1' })], nowMs);
    assert.deepEqual(notes, ['web-1 for web-1']);
  });

  it('is nothing where none came within ten minutes', () => {
    const { notes, expect, report } = watch();
    expect(gone('a'), nowMs);
    report([], nowMs + 600_001);
    report([running('c', nowMs + 600_001)], nowMs + 600_001);
    assert.deepEqual(notes, []);
  });
});
