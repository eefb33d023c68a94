import assert from 'node:assert/strict';
import { pino } from 'pino';
import { keys } from '../../src/inject/intent/annotations.ts';
import { createLogger } from '../../src/config/log.ts';
import { reviewOf, startWebhook } from '../support/webhook.ts';

const json = { 'content-type': 'application/json' };
const secret = 'hunter2';

/** Ways in which users write a secret where none belongs. */
const leaks = [
  secret,
  `redis://user:${secret}@:6379`,
  `redis://:${secret}@127.0.0.1:6379`,
  `postgres://:5432?password=${secret}`,
  `http://user:${secret}@:80/healthz`,
  `http://:80/healthz?token=${secret}`,
  `exec:redis-cli -a ${secret} ping`,
  `exec:curl -H "Authorization: Bearer ${secret}" localhost`,
  `http://:80/?header=Authorization:${secret}`,
  `10s ${secret}`,
];

describe('the server and secrets', () => {
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line: string) => void lines.push(line) });

  it('keeps them out of the log, the metrics and what it says, wherever users write them', async () => {
    const webhook = await startWebhook({ allowImage: true }, undefined, { log });
    const said: string[] = [];
    type Call = { readonly path?: string; readonly headers?: Record<string, string>; readonly wrote?: string };
    const send = async (body: string, { path = '/mutate', headers = json, wrote = '@' }: Call = {}): Promise<void> => {
      const reply = await webhook.send('POST', path, body, headers);
      if (reply.code !== 200) said.push(reply.body);
      else if (wrote.includes('@')) {
        const { warnings, patch, status } = JSON.parse(reply.body).response;
        const operations = patch === undefined ? [] : JSON.parse(Buffer.from(patch, 'base64').toString());
        // A check that is sound stands in the probe, as its author wrote it: all else that is added is ours.
        const ours = operations.filter(({ path: place }: { path: string }) => /~1(problems|status)$/.test(place));
        said.push(JSON.stringify([warnings, status, ours]));
      }
      // Else its author is told what was received, on the Pod where it stands already: what may be a login never is.
    };
    const env = [
      { name: 'PASSWORD', value: secret },
      { name: 'URL', value: `redis://:${secret}@redis` },
    ];
    for (const key of Object.keys(keys)) {
      for (const leak of leaks) {
        const annotations = {
          'health.example.com/pattern': 'sidecar,cli,port',
          'health.example.com/check': 'redis://:$PASSWORD@:6379',
          [`health.example.com/${key}`]: leak,
          note: secret,
        };
        const container = { name: 'app', image: `app:${key}`, env, args: [`--password=${secret}`], command: [secret] };
        const pod = { metadata: { annotations, labels: { note: secret } }, spec: { containers: [container] } };
        await send(JSON.stringify(reviewOf(pod, { userInfo: { username: secret, extra: { token: [secret] } } })), {
          wrote: leak,
        });
        const workload = { metadata: { annotations }, spec: { template: { metadata: {}, spec: pod.spec } } };
        await send(JSON.stringify(reviewOf(workload, { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } })), {
          wrote: leak,
        });
      }
    }
    await send(`{"password":"${secret}"`);
    await send(`${secret}{}`);
    await send('{}', { path: `/mutate?token=${secret}` });
    await send('{}', { path: `/${secret}` });
    await send('{}', { headers: { ...json, authorization: `Bearer ${secret}`, cookie: secret } });
    await send('{}', { headers: { 'content-type': `text/${secret}` } });
    const { body } = await webhook.send('GET', '/metrics');
    await webhook.stop();
    assert(lines.length > 400, `${lines.length} lines`);
    assert(said.length > 100);
    for (const line of [...lines, ...said, body]) assert(!line.includes(secret), line);
  });

  it('keeps the message of a failure of its own out of the log, since it may quote what a user wrote', async () => {
    lines.length = 0;
    const webhook = await startWebhook({}, undefined, { log });
    Object.assign(webhook.store, {
      scopeFor: () => {
        throw new TypeError(`${secret}\n${secret}`);
      },
    });
    const { warnings } = await webhook.review({ spec: { containers: [{ name: 'app' }] } });
    await webhook.stop();
    assert.match(String(warnings), /failed on this Pod/);
    const [line = ''] = [lines.find((each) => each.includes('review failed'))];
    assert(!line.includes(secret), line);
    const { err } = JSON.parse(line);
    assert.equal(err.type, 'TypeError');
    assert.match(err.stack, /^ {4}at .*privacy\.test\.ts/);
  });

  it('redacts what no line should ever be given', () => {
    lines.length = 0;
    log.info({ headers: { authorization: secret }, password: secret, env: [secret], body: secret }, 'careless');
    log.error({ err: Object.assign(new Error('refused'), { response: { body: secret }, config: secret }) }, 'careless');
    assert.equal(lines.length, 2);
    for (const line of lines) assert(!line.includes(secret), line);
    assert.match(lines[1] ?? '', /refused/);
  });

  it('writes each line as JSON with a time, a level, a sentence, and of a review always the same fields', async () => {
    lines.length = 0;
    const webhook = await startWebhook({}, undefined, { log });
    const asked = { 'health.example.com/pattern': 'port', 'health.example.com/port': '80' };
    for (const annotations of [asked, {}, { ...asked, 'health.example.com/port': 'x' }]) {
      const owner = [{ kind: 'ReplicaSet', name: 'app-1' }];
      const metadata = { annotations, generateName: 'app-1-', ownerReferences: owner };
      await webhook.review({ metadata, spec: { containers: [{ name: 'app' }] } });
    }
    await webhook.stop();
    assert.equal(lines.length, 3);
    for (const line of lines) {
      const { time, level, msg, uid, namespace, kind, name, owner, dryRun, result } = JSON.parse(line);
      assert.equal(new Date(time).toISOString(), time);
      assert(level in pino.levels.labels, level);
      assert.equal(msg, 'review answered');
      assert.deepEqual(
        [uid, namespace, kind, name, owner, dryRun],
        ['705ab4f5-6393-11e8-b7cc-42010a800002', 'shop', 'Pod', 'app-1-', 'ReplicaSet/app-1', false],
      );
      assert.match(result, /^[a-z-]+$/);
    }
  });
});
