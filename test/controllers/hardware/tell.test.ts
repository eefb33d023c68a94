import assert from 'node:assert/strict';
import { createEventRecorder } from '../../../src/kube/event-recorder.ts';
import { createTell } from '../../../src/controllers/hardware/tell.ts';
import { eventServer } from '../../kube/support/event-server.ts';
import { pod } from './support/situation.ts';

const { signal } = new AbortController();

function teller(resolveRoot = async () => ({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'top' })) {
  const server = eventServer();
  const reporter = { controller: 'health-injector', instance: 'pod-1' };
  const rest = { client: server.client, onOutcome: () => {}, onError: assert.fail };
  const events = createEventRecorder({ ...reporter, ...rest }, signal);
  return { server, events, tell: createTell(events, { resolveRoot }, signal) };
}

describe('what is told of a move', () => {
  it('stands at the Pod, at whom a person knows as its owner, and at the node as the kubelet has it', async () => {
    const { server, events, tell } = teller();
    await tell.about(pod('web-1', 'node-a'), 'MovedOffNode', 'It is hot.', ['pod', 'owner', 'node']);
    await events.idle();
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
    const { server, events, tell } = teller(() => Promise.reject(new Error('away')));
    await tell.about(pod('web-1', '', { owner: undefined }), 'MoveHeld', 'x', ['owner', 'node']);
    await tell.about(pod('web-1', 'node-a'), 'ReplacementRunning', 'x', ['owner']);
    await events.idle();
    assert.deepEqual(
      server.all().map(({ regarding, type }) => [regarding.name, type]),
      [['web-1-owner', 'Normal']],
    );
  });

  it('says whether a person has released a node', async () => {
    const { server, events, tell } = teller();
    tell.released('node-a', true, 'By hand.');
    tell.released('node-b', false, 'Its time is over.');
    await events.idle();
    assert.deepEqual(
      server.all().map(({ regarding, action, reason }) => [regarding.name, reason, action]),
      [
        ['node-a', 'NodeReleased', 'ReleaseByHand'],
        ['node-b', 'NodeReleased', 'Release'],
      ],
    );
  });

  it('remembers each release by a person, in a storm of other news and twice in a minute', async () => {
    const { server, events, tell } = teller();
    for (let count = 0; count < 300; count += 1) {
      await tell.about(pod(`web-${count}`, 'node-a'), 'HardwareFailed', 'It is hot.', ['pod', 'node']);
    }
    tell.released('node-a', true, 'By hand.');
    tell.released('node-a', true, 'By hand.');
    await events.idle();
    assert.equal(server.all().filter(({ action }) => action === 'ReleaseByHand').length, 2);
  });
});
