import assert from 'node:assert/strict';
import jsonPatch from 'fast-json-patch';
import { keys } from '../src/inject/intent/annotations.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import hostileKeys from './hostile/keys.json' with { type: 'json' };
import shapes from './hostile/shapes.json' with { type: 'json' };
import statuses from './hostile/statuses.json' with { type: 'json' };
import values from './hostile/values.json' with { type: 'json' };
import { assertOnlyAdds, assertUserKept } from './support/invariants.ts';
import { type RunningWebhook, patchOf, reviewOf, startWebhook } from './support/webhook.ts';

const prefix = 'health.example.com/';
const json = { 'content-type': 'application/json' };

/**
 * What one review may use of a CPU, however busy the machine is. It is some forty times what the worst of these uses, and nothing beside what
 * reading them in quadratic time would: the longest have hundreds of thousands of characters.
 */
const mostCpuMs = 2_000;

const valueOf = (row: (typeof values)[number]): string =>
  row.value ?? (row.repeat ?? '').repeat(row.times ?? 0) + row.end;

/** The short form stands in the place of a check. */
const beside: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  port: { [`${prefix}check`]: undefined },
  path: { [`${prefix}check`]: undefined, [`${prefix}port`]: '8080' },
  scheme: { [`${prefix}check`]: undefined, [`${prefix}port`]: '8080', [`${prefix}path`]: '/healthz' },
};

/** A Pod with these annotations beside good ones, as it is in JSON. */
const podWith = (annotations: Readonly<Record<string, string | undefined>>): Pod =>
  JSON.parse(
    JSON.stringify({
      metadata: {
        annotations: {
          [`${prefix}pattern`]: 'sidecar,cli',
          [`${prefix}check`]: 'redis://:$REDIS_PASSWORD@:6379',
          ...annotations,
        },
      },
      spec: {
        initContainers: [{ name: 'cache', image: 'cache:1', restartPolicy: 'Always' }],
        containers: [
          {
            name: 'app',
            image: 'app:1',
            env: [{ name: 'REDIS_PASSWORD', value: 'of-the-user' }],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
          { name: 'health-probe', image: 'other:1' },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    }),
  );

describe('hostile annotations', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook({ allowImage: true });
  });
  after(() => webhook.stop());
  afterEach('still answers a good review, its prototypes clean', async () => {
    assert.equal(patchOf(await webhook.review(podWith({}))).length, 6);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  const send = async (text: string): Promise<{ code: number; body: string }> => {
    const before = process.cpuUsage();
    const sent = await webhook.send('POST', '/mutate', text, json);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1_000;
    assert(cpuMs <= mostCpuMs, `${cpuMs} ms of a CPU`);
    return sent;
  };

  /** Sends a Pod, holds what comes back against what always has to hold, and gives back the warnings. */
  async function answer(pod: Pod): Promise<readonly string[]> {
    const { code, body } = await send(JSON.stringify(reviewOf(pod)));
    assert.equal(code, 200, body);
    const { response } = JSON.parse(body);
    assert.equal(response.allowed, true);
    const patch = patchOf(response);
    const output: Pod = jsonPatch.applyPatch(structuredClone(pod), patch).newDocument;
    assertOnlyAdds(patch, pod);
    assertUserKept(pod, output);

    const warnings: readonly string[] = response.warnings ?? [];
    for (const warning of warnings) assert(/^health-injector: \P{Cc}*\.$/u.test(warning), JSON.stringify(warning));
    const problems = output.metadata?.annotations?.[`${prefix}problems`];
    if (patch.some(({ path }) => path.endsWith('~1problems'))) {
      assert(/^health-injector: "?health\.example\.com\//.test(warnings[0] ?? ''), problems);
    }
    const written = patch.filter(({ path }) => path.startsWith('/metadata/annotations/'));
    assert(!JSON.stringify([warnings, written]).includes('hunter2'), problems);
    return warnings;
  }

  for (const key of Object.keys(keys)) {
    it(`get an answer whatever ${key} holds`, async () => {
      for (const row of values) {
        for (const written of [key, `${key}.app`]) {
          const annotations = { ...beside[key], [prefix + written]: valueOf(row) };
          await answer(podWith(annotations)).catch(named(row.name));
        }
      }
    });
  }

  it('get an answer whatever the key is', async () => {
    for (const key of hostileKeys) await answer(podWith({ [prefix + key]: 'x' })).catch(named(key));
  });

  it('get an answer and no trust where the status lies', async () => {
    for (const status of [...statuses, `{"added":[${'"x",'.repeat(60_000)}"x"]}`, '['.repeat(100_000)]) {
      const warnings = await answer(podWith({ [`${prefix}status`]: status })).catch(named(status));
      assert.deepEqual(warnings, [], status);
    }
  });

  it('get an answer where there are thousands of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`${prefix}key-${index}`, 'x']));
    await answer(podWith(many));
    const suffixes = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${prefix}check.c${index}`, 'tcp://:1']),
    );
    await answer(podWith(suffixes));
  });

  it('get an answer where the env entries refer to each other without end', async () => {
    const chain = Array.from({ length: 5_000 }, (_, index) => ({ name: `V${index}`, value: `$(V${index + 1})$(V0)` }));
    const { spec } = podWith({});
    const pod = podWith({ [`${prefix}check`]: 'redis://:$V0@:6379' });
    await answer({ ...pod, spec: { ...spec, containers: [{ name: 'app', env: chain }] } });
  });

  for (const [name, shape] of Object.entries(shapes)) {
    it(`get an answer where ${name}`, async () => {
      const { code, body } = await send(JSON.stringify(reviewOf(shape)));
      assert.equal(code, 200, body);
      assert.equal(JSON.parse(body).response.allowed, true);
    });
  }

  it('cannot bring in a prototype', async () => {
    const text = JSON.stringify(reviewOf(podWith({}))).replaceAll(
      '"app:1"',
      '"app:1","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}',
    );
    for (const part of [
      text,
      text.replace('"annotations":{', '"annotations":{"__proto__":{"polluted":true},'),
      text.replace('{', '{"__proto__":{"polluted":true},'),
    ]) {
      assert((await send(part)).code < 500);
    }
  });
});

const named = (name: string) => (error: Error) => {
  throw new Error(`${JSON.stringify(name.slice(0, 80))}: ${error.message}`, { cause: error });
};
