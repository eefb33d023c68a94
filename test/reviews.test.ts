import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { type RunningWebhook, startWebhook } from './support/webhook.ts';

const root = new URL('reviews/', import.meta.url).pathname;
const json = { 'content-type': 'application/json' };

describe('reviews', () => {
  let webhook: RunningWebhook;
  let strict: RunningWebhook;
  before(async () => {
    [webhook, strict] = await Promise.all([startWebhook(), startWebhook({ strict: true })]);
  });
  after(() => Promise.all([webhook.stop(), strict.stop()]));

  const requests = globSync('**/*.request.json', { cwd: root }).toSorted();

  for (const file of requests) {
    const name = file.replace('.request.json', '');
    it(name, async () => {
      const review = readFileSync(root + file, 'utf8');
      const { code, body, headers } = await (name.startsWith('strict/') ? strict : webhook).send(
        'POST',
        '/mutate',
        review,
        json,
      );
      const isReview = headers['content-type'] === 'application/json';
      compare(`${root}${name}.response.json`, { code, body: isReview ? JSON.parse(body) : body });

      assert(code === 200 || code === 400, `${code}`);
      if (code === 200) assert.equal(JSON.parse(body).response.uid, JSON.parse(review).request.uid);
    });
  }

  it('has a request for every response', () => {
    const responses = globSync('**/*.response.json', { cwd: root }).toSorted();
    assert.deepEqual(
      responses,
      requests.map((file) => file.replace('.request.', '.response.')),
    );
  });

  it('answers a dry run as it answers the real call', async () => {
    const request = JSON.parse(readFileSync(`${root}a-pod-of-a-replica-set.request.json`, 'utf8'));
    const answers = [true, false].map((dryRun) => webhook.review(request.request.object, { dryRun }));
    const [dry, real] = await Promise.all(answers);
    assert.deepEqual(dry, real);
  });

  it('answers the siblings of a Pod alike, each with its own uid', async () => {
    const text = JSON.stringify(JSON.parse(readFileSync(`${root}a-pod-of-a-replica-set.request.json`, 'utf8')));
    const answers = await Promise.all(
      ['7d2c1e9a-0001', '7d2c1e9a-0002', '7d2c1e9a-0001', 'odd "uid"'].map(async (uid, index) => {
        const sibling = text
          .replace(/"uid":"[^"]*"/, () => `"uid":${JSON.stringify(uid)}`)
          .replaceAll('kube-api-access-wflqm', `kube-api-access-abcd${index}`);
        const { body } = await webhook.send('POST', '/mutate', sibling, json);
        const { uid: echoed, ...answer } = JSON.parse(body).response;
        assert.equal(echoed, uid);
        return answer;
      }),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });

  it('does not take a Pod for another that differs in one letter', async () => {
    const patches = await Promise.all(
      ['8080', '8081', '8080'].map(async (port) => (await webhook.review(pod(port))).patch),
    );
    assert.equal(patches[0], patches[2]);
    assert.notEqual(patches[0], patches[1]);
    const elsewhere = await webhook.review(pod('8080'), { namespace: 'kube-system' });
    assert.equal(elsewhere.patch, undefined);
  });

  it('denies with the sentences that it warns with', async () => {
    const { request } = JSON.parse(
      readFileSync(`${root}strict/a-mistake-is-denied-with-the-same-sentences.request.json`, 'utf8'),
    );
    const [lenient, denied] = await Promise.all([webhook, strict].map((one) => one.review(request.object)));
    const sentences = (lenient?.warnings ?? []).slice(0, -1).map((warning) => warning.replace('health-injector: ', ''));
    assert.equal(denied?.status?.message, sentences.join(' '));
  });
});

const pod = (port: string) => ({
  metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': port } },
  spec: { containers: [{ name: 'app' }] },
});

/** Holds the answer against the file, or with UPDATE=1 writes it. */
function compare(file: string, answer: unknown): void {
  if (process.env['UPDATE'] === '1') writeFileSync(file, `${JSON.stringify(answer, null, 2)}\n`);
  assert.deepEqual(answer, JSON.parse(readFileSync(file, 'utf8')));
}
