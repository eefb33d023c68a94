import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAboutLiveness } from '../../../src/controllers/restart-budget/answers.ts';
import type { ProbedPod } from '../../../src/controllers/restart-budget/pod.ts';
import { formatHold } from '../../../src/hold/hold.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { serve } from '../../agent/support/agent.ts';
import { eventually } from '../../support/eventually.ts';

const held = 'ok, held until 2026-11-30T18:00:00Z (restart-budget)';

/** A Pod whose sidecar is on this machine. */
const podAt = (uid: string, port: number, containers: readonly string[] = ['web']): ProbedPod => ({
  uid,
  namespace: 'shop',
  name: uid,
  createdMs: 0,
  controller: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'r' },
  percent: 25,
  containers,
  sidecar: { ip: '127.0.0.1', port },
  restartMs: 60_000,
  startedMs: 0,
  terminations: [],
  readiness: undefined,
  hold: undefined,
});

/** The flags of an agent for one container, whose liveness asks a port of loopback. */
const section = (container: string, port: number): readonly string[] => [
  '--container',
  container,
  '--liveness',
  `http://:${port}/`,
];

describe('what a sidecar says of liveness', () => {
  let life: AbortController;
  let ended: Promise<void> | undefined;
  const servers: Server[] = [];

  beforeEach(() => {
    life = new AbortController();
  });
  afterEach(async () => {
    life.abort();
    await ended;
    for (const server of servers.splice(0)) server.close();
  });

  /** Answers each path of this table, and counts the questions. */
  const answering = async (table: Readonly<Record<string, readonly [number, string]>>) => {
    let questions = 0;
    const server = createServer((request, response) => {
      questions += 1;
      const [status, body] = table[request.url ?? ''] ?? [404, 'not found\n'];
      response.writeHead(status).end(body);
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { port: (server.address() as AddressInfo).port, questions: () => questions };
  };
  const answersOf = (pods: readonly ProbedPod[]) => {
    const answers: [string, boolean][] = [];
    ended = askAboutLiveness(
      { list: () => pods, onAnswer: ({ uid }, passes) => void answers.push([uid, passes]), clock: systemClock },
      life.signal,
    );
    return answers;
  };

  const rows: readonly (readonly [string, number, string, boolean])[] = [
    ['passes', 200, 'ok\n', true],
    ['passes with a guess that is unproven', 200, 'ok, unproven: redis\n', true],
    ['passes while it is held', 200, `${held}\n`, true],
    ['fails while it is held', 200, `${held}, without that failed: http 127.0.0.1:80\n`, false],
    ['fails', 503, 'failed: http 127.0.0.1:80\n', false],
  ];
  for (const [what, status, body, passes] of rows) {
    it(`is that it ${what}`, async () => {
      const { port } = await answering({ '/livez/web': [status, body] });
      const answers = answersOf([podAt('one', port)]);
      await eventually('an answer', 5_000, async () => answers.length > 0);
      assert.deepEqual(answers, [['one', passes]]);
    });
  }

  it('is what a real agent says, held or not', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'health-injector-'));
    const [file, untilMs] = [join(directory, 'hold'), Date.now() + 60_000];
    const { port: well } = await answering({ '/': [200, 'well'] });
    const flags = [
      '--hold',
      file,
      '--period',
      '100ms',
      '--timeout',
      '100ms',
      ...section('well', well),
      ...section('sick', 1),
    ];
    const agent = await serve(flags);
    const pods = ['well', 'sick'].map((name) => podAt(name, agent.port, [name]));
    const said = async (): Promise<object> => {
      const answers = answersOf(pods);
      await eventually('both answers', 5_000, async () => answers.length >= pods.length);
      life.abort();
      await ended;
      life = new AbortController();
      return Object.fromEntries(answers);
    };
    await eventually('the first runs', 5_000, async () => (await agent.get('/livez/sick')).status === 502);
    assert.deepEqual(await said(), { well: true, sick: false });
    writeFileSync(file, formatHold({ livenessUntilMs: untilMs, reason: 'restart-budget' }));
    assert.equal((await agent.get('/livez/sick')).status, 200);
    assert.deepEqual(await said(), { well: true, sick: false });
    await agent.stop();
    rmSync(directory, { recursive: true });
  });

  it('is that it fails where one of its containers does', async () => {
    const { port } = await answering({ '/livez/web': [200, 'ok\n'], '/livez/db': [504, 'failed: x\n'] });
    const answers = answersOf([podAt('one', port, ['web', 'db'])]);
    await eventually('an answer', 5_000, async () => answers.length > 0);
    assert.deepEqual(answers, [['one', false]]);
  });

  it('is nothing where something else answers, or nobody does', async () => {
    const odd = await answering({ '/livez/web': [200, '<html>'] });
    const other = await answering({});
    const good = await answering({ '/livez/web': [200, 'ok\n'] });
    const answers = answersOf([
      podAt('odd', odd.port),
      podAt('other', other.port),
      podAt('none', 1),
      podAt('good', good.port),
    ]);
    await eventually('the questions', 5_000, async () => other.questions() + odd.questions() === 2);
    await eventually('an answer', 5_000, async () => answers.length > 0);
    assert.deepEqual(answers, [['good', true]]);
  });
});
