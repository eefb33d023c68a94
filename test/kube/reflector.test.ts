import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import type { ClientOptions } from '../../src/kube/client.ts';
import { runReflector } from '../../src/kube/reflector.ts';
import { eventually } from '../support/eventually.ts';
import { type Apiserver, refuse, startApiserver } from './support/apiserver.ts';
import { clientFor, quick, serviceAccount, startReflector } from './support/reflector.ts';

const { directory } = serviceAccount('first');

/** Waits until the reflector has exactly what the apiserver holds. */
const agree = (apiserver: Apiserver, { seen }: { readonly seen: ReadonlyMap<string, unknown> }): Promise<true> =>
  eventually('the reflector knows what there is', 5_000, async () => {
    const wanted = [...apiserver.things].map(([name, { data }]) => [name, data]);
    assert.deepEqual([...seen].toSorted(), wanted.toSorted());
    return true;
  });

const nothing = (): void => {};

const watching = ({ watches }: Apiserver): Promise<true> =>
  eventually('a watch', 5_000, async () => watches.size === 1);

describe('a reflector', () => {
  let apiserver: Apiserver;
  const reflectors: ReturnType<typeof startReflector>[] = [];
  const reflect = (
    options: Parameters<typeof startReflector>[1] = {},
    rest: Parameters<typeof startReflector>[2] = {},
    clientOptions: ClientOptions = {},
  ) => {
    const reflector = startReflector(clientFor(apiserver, directory, clientOptions), options, rest);
    reflectors.push(reflector);
    return reflector;
  };
  const watchesAsked = () => apiserver.calls.filter(({ url }) => url.searchParams.has('watch'));
  const listsAsked = () => apiserver.calls.filter(({ url }) => !url.searchParams.has('watch'));
  const versionsAsked = () => watchesAsked().map(({ url }) => url.searchParams.get('resourceVersion'));

  beforeEach(async () => {
    apiserver = await startApiserver();
    for (const name of 'abcdefgh') apiserver.set(name);
  });
  afterEach(async () => {
    await Promise.all(reflectors.splice(0).map(({ stop }) => stop()));
    await apiserver.stop();
  });

  it('lists page by page, then watches from the version of the list', async () => {
    const reflector = reflect({}, { collection: { labelSelector: 'a in (b,c)', fieldSelector: 'metadata.name!=x' } });
    await watching(apiserver);
    assert.deepEqual(reflector.heard, ['reset 8', 'synced']);
    const asked = apiserver.calls.map(({ url }) => Object.fromEntries(url.searchParams));
    const selectors = { labelSelector: 'a in (b,c)', fieldSelector: 'metadata.name!=x' };
    assert.deepEqual(asked.slice(0, 3), [
      { limit: '3', ...selectors },
      { limit: '3', continue: '9,3', ...selectors },
      { limit: '3', continue: '9,6', ...selectors },
    ]);
    const { timeoutSeconds, ...watch } = asked[3]!;
    assert.deepEqual(watch, { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '9', ...selectors });
    assert(Number(timeoutSeconds) >= 300 && Number(timeoutSeconds) <= 600, timeoutSeconds);
  });

  it('asks for metadata alone of the list and of each object', async () => {
    reflect({}, { collection: { metadataOnly: true } });
    await watching(apiserver);
    assert.deepEqual(
      [listsAsked()[0]?.accept, watchesAsked()[0]?.accept],
      ['PartialObjectMetadataList', 'PartialObjectMetadata'].map(
        (kind) => `application/json;as=${kind};g=meta.k8s.io;v=v1`,
      ),
    );
  });

  it('hears of each change in its order, wherever the stream is cut', async () => {
    for (const bytes of [1, 2, 3, 7, 64]) {
      apiserver.cutInto(bytes);
      const reflector = reflect();
      await eventually('the list', 5_000, async () => reflector.heard.includes('synced'));
      apiserver.set('ü', '日本語 🙂\nand a line');
      apiserver.set('a', 'new');
      apiserver.delete('b');
      await agree(apiserver, reflector);
      assert.deepEqual(reflector.heard.slice(2), ['upsert ü', 'upsert a', 'remove b']);
      await reflector.stop();
      apiserver.delete('ü');
      apiserver.set('b');
    }
  });

  it('goes on after a broken connection from where it was, without another list', async () => {
    const reflector = reflect();
    for (const breakOff of [apiserver.cutOff, apiserver.halfClose, () => apiserver.error(500, 'etcd is gone')]) {
      await watching(apiserver);
      breakOff();
      apiserver.set('a', String(apiserver.calls.length));
      await agree(apiserver, reflector);
    }
    assert.equal(listsAsked().length, 3);
    assert.match(reflector.failures.join('\n'), /^\/things was answered with 500, "etcd is gone"\.$/m);
  });

  it('goes on from a bookmark', async () => {
    const reflector = reflect();
    await watching(apiserver);
    apiserver.set('z');
    apiserver.bookmark();
    apiserver.end();
    apiserver.compact();
    await eventually('another watch', 5_000, async () => watchesAsked().length === 2);
    apiserver.set('y');
    await agree(apiserver, reflector);
    assert.deepEqual(versionsAsked(), ['9', '11']);
    assert.equal(reflector.heard.filter((word) => word.startsWith('reset')).length, 1);
  });

  it('lists again after 410 of a watch, and what went meanwhile is gone', async () => {
    const reflector = reflect();
    await watching(apiserver);
    apiserver.faults.push((_request, response) => refuse(response, 503, 'not yet'));
    apiserver.cutOff();
    apiserver.delete('a');
    apiserver.compact();
    await agree(apiserver, reflector);
    assert.deepEqual(reflector.heard, ['reset 8', 'synced', 'reset 7']);
  });

  it('lists again after 410 as an ERROR in a watch', async () => {
    const reflector = reflect();
    await watching(apiserver);
    apiserver.error(410, 'The resourceVersion for the provided watch is too old.');
    await eventually('another list', 5_000, async () => reflector.heard.length === 3);
    assert.deepEqual(reflector.heard, ['reset 8', 'synced', 'reset 8']);
  });

  it('starts over after 410 in the middle of the pages', async () => {
    apiserver.faults.push(
      () => false,
      () => {
        apiserver.delete('a');
        apiserver.compact();
        return false;
      },
    );
    const reflector = reflect();
    await agree(apiserver, reflector);
    assert.deepEqual(reflector.heard, ['reset 7', 'synced']);
    assert.deepEqual(
      listsAsked().map(({ url }) => url.searchParams.has('continue')),
      [false, true, false, true, true],
    );
  });

  it('waits as long as a 429 asks', async () => {
    apiserver.faults.push((_request, response) => refuse(response, 429, 'too many', { 'retry-after': '1' }));
    const start = performance.now();
    const reflector = reflect();
    await agree(apiserver, reflector);
    assert(performance.now() - start >= 990);
    assert.deepEqual(reflector.failures, ['/things was answered with 429, "too many".']);
  });

  it('reads the token again when it is refused', async () => {
    const account = serviceAccount('first');
    const reflector = startReflector(clientFor(apiserver, account.directory));
    reflectors.push(reflector);
    await watching(apiserver);
    apiserver.rotate('second');
    apiserver.cutOff();
    await eventually('a refusal', 5_000, async () => reflector.failures.some((text) => text.includes('401')));
    account.write('second');
    apiserver.set('z');
    await agree(apiserver, reflector);
    assert.equal(listsAsked().length, 3);
  });

  for (const [code, sentence] of [
    [403, /^\/things may not be listed and watched with these credentials: 403, "no"\.$/],
    [404, /^\/things does not exist, its CustomResourceDefinition may not be installed: 404, "no"\.$/],
  ] as const) {
    it(`tells of ${code} once, and goes on when it is over`, async () => {
      apiserver.faults.push(
        ...Array.from({ length: 4 }, () => (_: unknown, response: any) => refuse(response, code, 'no')),
      );
      const reflector = reflect();
      await agree(apiserver, reflector);
      assert.equal(reflector.failures.length, 1);
      assert.match(reflector.failures[0]!, sentence);
    });
  }

  it('notices a watch and a list that have fallen silent', async () => {
    apiserver.faults.push(
      () => true,
      () => false,
      () => false,
      () => false,
      (_request, response) => {
        response.writeHead(200);
        response.flushHeaders();
        return true;
      },
    );
    const reflector = reflect({ pageTimeoutMs: 400, watchSeconds: [1, 1], watchGraceMs: 400 });
    await eventually('a second watch', 5_000, async () => watchesAsked().length === 2);
    assert.deepEqual(reflector.failures, [
      '/things broke off: nothing more was heard within 400 ms.',
      '/things broke off: nothing more was heard within 1400 ms.',
    ]);
    assert.equal(reflector.heard.filter((word) => word.startsWith('reset')).length, 1);
  });

  it('opens the next watch when the apiserver ends one in time, and says nothing', async () => {
    const reflector = reflect({ watchSeconds: [0, 0], watchGraceMs: 5_000 });
    await eventually('three watches', 5_000, async () => watchesAsked().length >= 3);
    assert.deepEqual(reflector.failures, []);
    assert.equal(listsAsked().length, 3);
  });

  it('outlives a handler that throws', async () => {
    let isBroken = true;
    const broken = (): void => {
      if (isBroken) throw new Error('a bug');
    };
    const reflector = reflect(
      {},
      { handler: { onReplace: broken, onSynced: broken, onUpsert: broken, onDelete: broken, onError: broken } },
    );
    await watching(apiserver);
    apiserver.set('z');
    apiserver.delete('a');
    isBroken = false;
    apiserver.set('y');
    await agree(apiserver, reflector);
    assert.match(reflector.failures.join('\n'), /^\/things: the list could not be handled: a bug\.$/m);
  });

  it('is not stopped by garbage, and lists again where it cannot go on', async () => {
    const reflector = reflect();
    const garbage = ['text', null, 7, [], {}, { type: 'ADDED' }, { type: 'ADDED', object: {} }, { type: 'ERROR' }];
    for (const line of garbage) {
      await watching(apiserver);
      const before = watchesAsked().length;
      apiserver.write(line);
      await eventually('another watch', 5_000, async () => watchesAsked().length > before);
    }
    for (const page of ['<html>', '{}', 'null', '7', '{"metadata":{"resourceVersion":""}}', '[]']) {
      await watching(apiserver);
      apiserver.faults.push((_request, response) => Boolean(response.end(page)));
      apiserver.error(410, 'Gone');
      await eventually('the page', 5_000, async () => apiserver.faults.length === 0);
    }
    apiserver.delete('a');
    await agree(apiserver, reflector);
  });

  it('holds no line and no page that is too long, and takes smaller pages', async () => {
    const reflector = reflect({}, {}, { maxResponseBytes: 400 });
    await watching(apiserver);
    apiserver.write({
      type: 'ADDED',
      object: { metadata: { name: 'q', resourceVersion: '99' }, data: 'x'.repeat(400) },
    });
    await eventually(
      'another list',
      5_000,
      async () => reflector.heard.includes('reset 8', 2) || reflector.heard.length === 3,
    );
    for (const name of 'abcdefgh') apiserver.set(name, 'y'.repeat(200));
    await watching(apiserver);
    apiserver.error(410, 'Gone');
    await agree(apiserver, reflector);
    assert.equal(listsAsked().at(-1)?.url.searchParams.get('limit'), '1');
  });

  it('leaves nothing running when it is stopped, whatever it was doing', async () => {
    for (const moment of ['a list', 'a page that hangs', 'a watch', 'a wait']) {
      if (moment === 'a page that hangs') apiserver.faults.push(() => true);
      if (moment === 'a wait') apiserver.faults.push((_request, response) => refuse(response, 403, 'no'));
      const before = apiserver.calls.length;
      const reflector = reflect({ deniedMs: 60_000 });
      if (moment === 'a watch') await watching(apiserver);
      else if (moment === 'a wait') await eventually('403', 5_000, async () => reflector.failures.length > 0);
      else if (moment !== 'a list') await eventually('a call', 5_000, async () => apiserver.calls.length > before);
      await reflector.stop();
      const { failures, heard } = { failures: [...reflector.failures], heard: [...reflector.heard] };
      await eventually('no call open', 5_000, async () => apiserver.watches.size === 0);
      apiserver.set('z', moment);
      assert.deepEqual([reflector.failures, reflector.heard], [failures, heard], moment);
    }
  });

  it('knows in the end what there is, whatever happened on the way', async function () {
    const name = fc.constantFrom(...'abcdefghijkl');
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), name, fc.string()) },
      { weight: 3, arbitrary: fc.tuple(fc.constant('delete' as const), name) },
      fc.tuple(fc.constantFrom('bookmark', 'compact', 'cutOff', 'halfClose', 'gone', 'ill', 'wait', 'busy')),
      fc.tuple(fc.constant('cutInto' as const), fc.integer({ min: 0, max: 20 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const reflector = reflect();
        for (const [what, ...rest] of steps) {
          if (what === 'set') apiserver.set(rest[0] as string, rest[1] as string);
          else if (what === 'delete') apiserver.delete(rest[0] as string);
          else if (what === 'cutInto') apiserver.cutInto(rest[0] as number);
          else if (what === 'gone') apiserver.error(410, 'Gone');
          else if (what === 'ill') apiserver.error(500, 'ill');
          else if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 5));
          else if (what === 'busy') apiserver.faults.push((_request, response) => refuse(response, 503, 'busy'));
          else apiserver[what as 'bookmark' | 'compact' | 'cutOff' | 'halfClose']();
        }
        await agree(apiserver, reflector);
        await reflector.stop();
        apiserver.faults.length = 0;
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing on a signal that outlives many calls', async () => {
    const stop = new AbortController();
    const handler = { onReplace: nothing, onUpsert: nothing, onDelete: nothing, onError: nothing };
    const client = clientFor(apiserver, directory);
    const ended = runReflector({ client, path: '/things', transform: nothing }, handler, stop.signal, {
      ...quick,
      watchSeconds: [0, 0],
    });
    await eventually('ten watches', 5_000, async () => watchesAsked().length >= 10);
    assert(getEventListeners(stop.signal, 'abort').length <= 2);
    stop.abort();
    await ended;
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });
});
