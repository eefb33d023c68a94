import assert from 'node:assert/strict';
import { systemClock } from '../../src/kube/clock.ts';
import type { Client } from '../../src/kube/client.ts';
import type { ObjectReference } from '../../src/kube/event.ts';
import { createEventRecorder } from '../../src/kube/event-recorder.ts';
import { runLeaderElection } from '../../src/kube/leader-election.ts';
import { clusterClient } from './support/load.ts';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';

const namespace = 'test-writing';

const lease = async () => (await get(['lease', 'leader', '-n', namespace])).spec;

describe('writing, on a real apiserver', () => {
  useNamespace(namespace);

  let client: Client;
  before(async () => (client = await clusterClient()));

  it('a lease is gained, renewed, released, and taken by the next', async () => {
    const failures: string[] = [];
    const led: string[] = [];
    const stand = (identity: string) => {
      const stop = new AbortController();
      const candidate = { client, namespace, name: 'leader', identity };
      const ended = runLeaderElection(
        {
          ...candidate,
          onStartedLeading: () => void led.push(identity),
          onError: (sentence) => failures.push(sentence),
        },
        stop.signal,
      );
      return async (): Promise<void> => {
        stop.abort();
        await ended;
      };
    };
    const stopOne = stand('one');
    await eventually('one leads', 20, async () => led[0] === 'one');
    const { renewTime } = await lease();
    const stopTwo = stand('two');
    await eventually('a renewal', 20, async () => (await lease()).renewTime > renewTime);
    await stopOne();
    assert.equal((await lease()).holderIdentity ?? '', '');
    await eventually('two leads', 20, async () => led[1] === 'two');
    assert.equal((await lease()).leaseTransitions, 1);
    await stopTwo();
    assert.deepEqual(failures, []);
  });

  it('an Event and its series are shown by kubectl describe', async () => {
    await kubectl(['create', 'configmap', 'subject', '-n', namespace]);
    const { metadata } = await get(['configmap', 'subject', '-n', namespace]);
    let aheadMs = 0;
    const failures: string[] = [];
    const recorder = createEventRecorder(
      {
        client,
        controller: 'health-injector',
        instance: 'test',
        onOutcome: () => {},
        onError: (sentence) => failures.push(sentence),
      },
      new AbortController().signal,
      { ...systemClock, now: () => systemClock.now() + aheadMs },
    );
    const regarding: ObjectReference = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'subject',
      namespace,
      uid: metadata.uid,
    };
    for (let time = 0; time < 3; time += 1) {
      recorder.event({ regarding, type: 'Warning', reason: 'Tested', action: 'Test', note: 'ü'.repeat(600) });
      await recorder.idle();
      aheadMs += 6 * 60_000;
    }
    assert.deepEqual(failures, []);
    const { items } = await get(['events.events.k8s.io', '-n', namespace]);
    assert.deepEqual(
      items.filter(({ reason }: any) => reason === 'Tested').map(({ series }: any) => series.count),
      [3],
    );
    assert.match(
      await kubectl(['describe', 'configmap', 'subject', '-n', namespace]),
      /Warning +Tested .*health-injector/,
    );
  });
});
