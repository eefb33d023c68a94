import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import type { PodSummary } from '../../../src/controllers/coverage/pod-index.ts';
import { followTrials, trialsByPolicy } from '../../../src/controllers/coverage/trial.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { healthyContainer, trialBody } from '../../trial/support/answers.ts';
import { indexPods } from './support/pods.ts';
import { trialSummary } from './support/trial-pod.ts';

describe('what the agents of Pods on trial count', () => {
  let life: AbortController;
  let ended: Promise<void>;
  const servers: Server[] = [];

  beforeEach(() => (life = new AbortController()));
  afterEach(async () => {
    life.abort();
    await ended;
    for (const server of servers.splice(0)) server.close();
  });

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  /** An agent that answers what its `body` is when it is asked; undefined is no answer. */
  const agentWith = async (body: string | undefined, status = 200) => {
    const agent = { body, questions: 0, port: 0 };
    agent.port = await listen(
      createHttpServer(({ url }, response) => {
        assert.equal(url, '/trialz');
        agent.questions += 1;
        if (agent.body === undefined) response.destroy();
        else response.writeHead(status).end(agent.body);
      }),
    );
    return agent;
  };
  /** Ten seconds between two rounds is a tenth of a second. */
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms >= 10_000 ? 100 : ms, signal),
  };
  const follow = (...pods: readonly PodSummary[]) => {
    const changed: string[] = [];
    const trials = followTrials({ list: () => pods, onChange: ({ uid }) => void changed.push(uid), clock });
    ended = trials.run(life.signal);
    return { trials, changed, statusOf: () => trials.statusOf(pods) };
  };
  const restarted = (restarts: number, reason = 'timed out after 1s') => ({
    ...healthyContainer,
    liveness: { restarts, lastRestartSecondsAgo: 3, check: 'redis', reason },
  });

  it('is summed up for the status, and each change is a reason to write it', async () => {
    const [bad, good] = [await agentWith(trialBody()), await agentWith(trialBody(healthyContainer))];
    const { changed, statusOf, trials } = follow(
      trialSummary('shop-web-1', bad.port),
      trialSummary('shop-db-1', good.port),
    );
    await eventually('both have answered', 10_000, async () => statusOf()?.answered === 2);
    const status = statusOf();
    assert.deepEqual(
      [status?.pods, status?.wouldRestart.pods, status?.wouldRestart.count, status?.wouldBeUnready, status?.unproven],
      [2, 1, 2, { pods: 1, seconds: 31 }, 1],
    );
    assert.equal(
      status?.wouldRestart.last,
      'shop/Deployment/web: the check "redis" of container "app" failed: "timed out after 1s"',
    );
    assert.deepEqual([trials.isUnproven('shop-web-1'), trials.countUnproven()], [true, 1]);
    const before = bad.questions;
    await eventually('it is asked again', 10_000, async () => bad.questions > before + 2);
    assert.deepEqual(changed.toSorted(), ['shop-db-1', 'shop-web-1']);
  });

  it('is an Event about each workload that would have been restarted, again where it would be again, in the same words', async () => {
    const [one, two] = [await agentWith(trialBody(restarted(1))), await agentWith(trialBody(healthyContainer))];
    const { trials } = follow(trialSummary('shop-web-1', one.port), trialSummary('shop-web-2', two.port));
    let taken = trials.takeEvents(9);
    await eventually('the Event', 10_000, async () => (taken = trials.takeEvents(9)).length > 0);
    assert.deepEqual(taken, [
      {
        namespace: 'shop',
        owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d8f', uid: 'rs-web' },
        reason: 'WouldRestart',
        note:
          'Pod shop-web-1 is on trial, and would have been restarted: its agent says that the check "redis" of container ' +
          '"app" failed: "timed out after 1s". Nothing was restarted.',
      },
    ]);
    const before = one.questions;
    await eventually('it is asked again', 10_000, async () => one.questions > before + 2);
    assert.deepEqual(trials.takeEvents(9), []);
    two.body = trialBody(restarted(3, 'another reason'));
    let again = trials.takeEvents(9);
    await eventually('the Event comes again', 10_000, async () => (again = trials.takeEvents(9)).length > 0);
    assert.deepEqual(again, taken);
  });

  it('stays where an agent does not answer, or answers what no agent on trial answers', async () => {
    const agent = await agentWith(trialBody(restarted(4)));
    const { statusOf } = follow(trialSummary('shop-web-1', agent.port));
    await eventually('the answer', 10_000, async () => statusOf()?.wouldRestart.count === 4);
    for (const nothing of [undefined, '', 'failed: redis', 'x'.repeat(20_000), '[[[['.repeat(1_000)]) {
      agent.body = nothing;
      const before = agent.questions;
      await eventually('it is asked again', 10_000, async () => agent.questions > before + 1);
      assert.equal(statusOf()?.wouldRestart.count, 4);
    }
    const denied = await agentWith(trialBody(), 404);
    life.abort();
    await ended;
    life = new AbortController();
    const other = follow(trialSummary('shop-db-1', denied.port));
    await eventually('it is asked', 10_000, async () => denied.questions > 1);
    assert.equal(other.statusOf()?.answered, 0);
  });

  it('is asked of no Pod that is not on trial, and of none in its first seconds', async () => {
    const agent = await agentWith(trialBody());
    const young = trialSummary('shop-web-1', agent.port, { ageMs: 5_000 });
    const usual = { ...trialSummary('shop-web-2', agent.port), trial: undefined };
    const { trials } = follow(young, usual);
    await systemClock.sleep(500, life.signal);
    assert.equal(agent.questions, 0);
    assert.equal(trials.statusOf([usual]), undefined);
  });

  it('of one namespace, whose agents are silent, does not keep that of another from being asked', async () => {
    const silent = await listen(createServer(() => {}));
    const agent = await agentWith(trialBody());
    const many = Array.from({ length: 200 }, (_, index) => trialSummary(`greedy-web-${index}`, silent));
    const { statusOf } = follow(...many, trialSummary('shop-web-1', agent.port));
    // The first 8 of 200 take a second each; without turns the other namespace would come after 25.
    await eventually('the other is asked', 10_000, async () => statusOf()?.answered === 1);
  });

  it('is there by policy for metrics, and asks for nothing else of such a Pod', () => {
    const summary = trialSummary('shop-web-1', 9440);
    assert.deepEqual([summary.guessing, summary.failing], [undefined, undefined]);
    assert.deepEqual(summary.trial, {
      sidecars: { ip: '127.0.0.1', ports: [9440] },
      workload: 'shop/Deployment/web',
    });
    const statusOf = followTrials({ list: () => [], onChange: () => {} }).statusOf;
    const byPolicy = trialsByPolicy(indexPods([summary, { ...summary, uid: 'b' }]), statusOf);
    assert.deepEqual(
      [...byPolicy].map(([policy, { pods }]) => [policy, pods]),
      [['', 2]],
    );
  });
});
