import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { patternNames } from '../../src/inject/patterns/index.ts';
import { results as answers } from '../../src/inject/outcome.ts';
import { type RunningWebhook, reviewOf, startWebhook } from '../support/webhook.ts';

const strangers = 4_000;

describe('the server and its metrics', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
  });
  after(() => webhook.stop());
  const scrape = async (): Promise<string[]> =>
    (await webhook.send('GET', '/metrics')).body.split('\n').filter((line) => line !== '');

  /** Without the kinds of garbage collection, of which another may always be the first. */
  const names = async (): Promise<string[]> =>
    (await scrape()).filter((line) => !line.startsWith('nodejs_gc_')).map((line) => line.replace(/ \S+$/, ''));

  it('say which version runs, how many connections are open and how late the event loop is', async () => {
    const lines = (await scrape()).join('\n');
    assert.match(lines, /^health_injector_build_info\{version="0\.0\.0"\} 1$/m);
    assert.match(lines, /^health_injector_open_connections [1-9]$/m);
    assert.match(lines, /^nodejs_eventloop_lag_seconds \d/m);
    assert.match(lines, /^health_injector_review_duration_seconds_bucket\{le="0\.0005"\}/m);
  });

  it('show every label at 0 before anything has happened, so that the first failure is an increase', async () => {
    const fresh = await startWebhook();
    const { body } = await fresh.send('GET', '/metrics');
    await fresh.stop();
    for (const result of answers)
      assert(body.includes(`\nhealth_injector_reviews_total{result="${result}"} 0\n`), result);
    for (const pattern of patternNames) {
      assert(body.includes(`\nhealth_injector_injections_total{pattern="${pattern}"} 0\n`), pattern);
    }
  });

  it('are named as Prometheus asks: a prefix, a unit, _total for counters alone, a sentence of help', async () => {
    const lines = (await scrape()).filter((line) => / health_injector_/.test(line));
    const types = lines.filter((line) => line.startsWith('# TYPE'));
    assert(types.length >= 8);
    for (const line of types) {
      const [, , name = '', type] = line.split(' ');
      assert.equal(name.endsWith('_total'), type === 'counter', line);
      assert.equal(name.endsWith('_seconds'), type === 'histogram', line);
    }
    for (const line of lines.filter((each) => each.startsWith('# HELP'))) assert.match(line, /^# HELP \w+ [A-Z1].*\.$/);
  });

  it('have as many series after thousands of strangers as before, and labels of a closed set', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const send = (index: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', traceparent: `00-${index}`, [`x-${index}`]: 'x' };
        const path = `/mutate?stranger=${index}`;
        const call = request({ ...webhook.connection, agent, method: 'POST', path, headers }, (reply) => {
          reply.resume().on('end', resolve);
        });
        call.on('error', reject).end(JSON.stringify(strangerReview(index)));
      });
    const round = async (from: number): Promise<void> => {
      for (let index = from; index < from + strangers / 2; index += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, offset) => send(index + offset)));
        await webhook.send('GET', `/${index}`);
      }
    };
    await round(0);
    const before = await names();
    await round(strangers / 2);
    const after = await names();
    assert.deepEqual(after, before);
    const patterns = new Set<string>(patternNames);
    const results = new Set<string>(answers);
    for (const line of after.filter((each) => each.startsWith('health_injector_'))) {
      for (const [, label, value = ''] of line.matchAll(/(\w+)="([^"]*)"/g)) {
        const isKnown =
          { result: results.has(value), pattern: patterns.has(value), code: /^4\d\d$/.test(value) }[label ?? ''] ??
          /^(le|version)$/.test(label ?? '');
        assert(isKnown, line);
      }
    }
    agent.destroy();
  });
});

/** A review in which all that a user names is named like nothing before, and every kind of answer comes. */
function strangerReview(index: number): object {
  const kind = ['Pod', 'Deployment', `Kind${index}`, 'Pod'][index % 4];
  const annotations = {
    'health.example.com/pattern': index % 3 === 0 ? `pattern-${index}` : 'port',
    'health.example.com/port': String((index % 60_000) + 1),
    [`health.example.com/key-${index}`]: index % 5 === 0 ? 'x' : undefined,
    [`annotation-${index}`]: 'x',
  };
  const spec = { containers: [{ name: `app-${index}`, image: `registry-${index}.example/app:${index}` }] };
  const metadata = { name: `pod-${index}`, labels: { [`label-${index}`]: 'x' }, annotations };
  return reviewOf(
    { metadata, spec: kind === 'Deployment' ? { template: { metadata: {}, spec } } : spec },
    { uid: `uid-${index}`, namespace: `namespace-${index}`, kind: { group: kind === 'Pod' ? '' : 'apps', kind } },
  );
}
