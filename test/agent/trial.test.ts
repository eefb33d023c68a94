import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Serving, serve } from './support/agent.ts';
import { freePort, useDaemons } from './support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, startRedis } from './support/servers.ts';

/** What docs/probe.md promises of a container. */
type Tried = {
  readonly liveness: { readonly restarts: number; readonly check?: string; readonly reason?: string };
  readonly readiness: { readonly ready: boolean; readonly unreadySeconds: number };
  readonly startup: { readonly failures: number; readonly starts: readonly number[] };
  readonly unproven?: readonly string[];
  readonly checks: readonly {
    readonly check: string;
    readonly runs: number;
    readonly failures: number;
    readonly buckets: readonly (readonly [number, number])[];
  }[];
};

/** The most that an agent may keep in memory. */
const mostResidentKiB = 2_048;

describe('serve --trial beside a real redis', () => {
  const directory = useDaemons(['redis-server']);
  let redis: RedisServer;
  let agent: Serving;
  let port: number;

  before(async function () {
    this.timeout(60_000);
    port = await freePort();
    redis = await startRedis(directory, [], port);
    const section = ['--period', '500ms', '--timeout', '300ms', '--container', 'cache', `db=redis://:${port}`];
    agent = await serve(['--trial', ...section]);
  });
  after(async () => {
    await agent.stop();
    await redis.kill();
  });

  const tried = async (): Promise<Tried> => {
    const { status, body } = await agent.get('/trialz');
    assert.equal(status, 200);
    const { version, containers } = JSON.parse(body);
    assert.equal(version, 1);
    return containers[0];
  };
  const becomes = (what: string, is: (now: Tried) => boolean): Promise<Tried> =>
    eventually(what, 20_000, async () => {
      const now = await tried();
      if (!is(now)) throw new Error(JSON.stringify(now));
      return now;
    });

  it('is ready at once, and nothing would have happened', async () => {
    const now = await becomes('a ready redis', ({ readiness }) => readiness.ready);
    assert.deepEqual([now.liveness, now.startup.failures, now.unproven], [{ restarts: 0 }, 0, undefined]);
    assert.equal(now.startup.starts.length, 1);
    await becomes('an answer in the histogram', ({ checks }) => (checks[0]?.buckets.at(-1)?.[1] ?? 0) > 2);
  });

  it('counts one restart of a redis that hangs, and why', async () => {
    redis.signal('SIGSTOP');
    const now = await becomes('a restart', ({ liveness }) => liveness.restarts === 1);
    assert.equal(now.readiness.ready, false);
    assert.equal(now.liveness.check, 'db');
    assert.match(now.liveness.reason ?? '', /timed out after 300ms$/);
    redis.signal('SIGCONT');
    const after = await becomes('a ready redis', ({ readiness }) => readiness.ready);
    assert.deepEqual([after.liveness.restarts, after.startup.failures], [1, 0]);
    assert((after.checks[0]?.failures ?? 0) >= 3);
  });

  it('takes a redis that has ended for a new start, and not for a failed liveness', async () => {
    await redis.kill();
    await becomes('an end', ({ readiness }) => !readiness.ready);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    redis = await startRedis(directory, [], port);
    const now = await becomes('a ready redis', ({ readiness }) => readiness.ready);
    assert.deepEqual([now.liveness.restarts, now.startup.failures], [1, 0]);
    const [, second = 0] = now.startup.starts;
    assert(second >= 2.5, `${now.startup.starts}`);
  });

  it('says the same in its metrics, and keeps within its memory', async () => {
    const { body } = await agent.get('/metrics');
    const of = '{checked_container="cache",check="db"';
    assert(body.includes(`health_probe_trial_restarts_total${of}} 1\n`), body);
    assert.match(body, /health_probe_trial_unready_seconds_total\{checked_container="cache"\} \d+\n/);
    assert(body.includes(`health_probe_trial_duration_seconds_bucket${of},le="1.0"}`), body);
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1];
    assert(Number(resident) <= mostResidentKiB, `${resident} KiB`);
  });

  it('has no such page without a trial', async () => {
    const other = await serve([`redis://:${port}`]);
    assert.equal((await other.get('/trialz')).status, 404);
    await other.stop();
  });
});
