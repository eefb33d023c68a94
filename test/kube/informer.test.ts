import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { createClient } from '../../src/kube/client.ts';
import { type Change, createIndexer, createInformer } from '../../src/kube/informer.ts';
import { eventually } from '../support/eventually.ts';
import { answer } from './support/answer.ts';
import { quick } from './support/reflector.ts';

type Thing = { readonly name: string; readonly color: string };

const object = (name: string, color: string, version = 1, namespace = 'shop') => ({
  metadata: { name, namespace, resourceVersion: String(version) },
  color,
});

/** An informer of things, whose lists and watch are in the hands of the test; it holds no white thing. */
function start(first: readonly object[]) {
  let answerList = async (_path: string): Promise<readonly object[]> => first;
  const lists: string[] = [];
  let watch = new PassThrough();
  let suffix = '';
  const client = createClient(async ({ path, signal }) => {
    if (path.includes('watch=true')) {
      watch = new PassThrough();
      signal.addEventListener('abort', () => watch.destroy());
      return { status: 200, headers: {}, body: watch };
    }
    lists.push(path);
    return answer(200, { metadata: { resourceVersion: '1' }, items: await answerList(path) });
  });
  const stop = new AbortController();
  const changes: string[] = [];
  const failures: string[] = [];
  const informer = createInformer<Thing, 'color'>({
    client,
    path: '/things',
    transform(each) {
      const { metadata, color } = each as ReturnType<typeof object>;
      return color === 'white' ? undefined : { name: metadata.name, color: color + suffix };
    },
    indexFunctions: { color: ({ color }) => color },
    onError: (sentence) => failures.push(sentence),
    reflector: quick,
  });
  informer.onChange(({ key, before, after }: Change<Thing>) =>
    changes.push(`${key} ${before?.color ?? 'none'} -> ${after?.color ?? 'none'}`),
  );
  const ended = informer.run(stop.signal);
  return {
    informer,
    changes,
    failures,
    lists,
    signal: stop.signal,
    synced: () => eventually('the first list', 5_000, async () => informer.hasSynced()),
    tell: async (type: string, each: object): Promise<void> => {
      watch.write(`${JSON.stringify({ type, object: each })}\n`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
    answerWith: (next: typeof answerList) => (answerList = next),
    retransform: (next: string) => (suffix = next),
    held: () => Object.fromEntries([...informer.list()].map(({ name, color }) => [name, color])),
    stop: (): Promise<void> => {
      stop.abort();
      return ended;
    },
  };
}

describe('an informer', () => {
  it('holds what its transform takes of each object, by key and by index', async () => {
    const things = start([object('a', 'red'), object('b', 'red'), object('c', 'white')]);
    assert.deepEqual([things.informer.hasSynced(), things.informer.isListing()], [false, true]);
    await things.synced();
    assert.equal(things.informer.isListing(), false);
    assert.deepEqual(things.informer.get('shop/a'), { name: 'a', color: 'red' });
    await things.tell('MODIFIED', object('a', 'blue', 2));
    await things.tell('ADDED', object('d', 'red', 3));
    await things.tell('MODIFIED', object('b', 'white', 4));
    await things.tell('DELETED', object('c', 'white', 5));
    const { informer } = things;
    assert.deepEqual(
      ['red', 'blue', 'white'].map((color) => informer.byIndex('color', color).map(({ name }) => name)),
      [['d'], ['a'], []],
    );
    assert.equal(informer.size(), 2);
    await things.stop();
    assert.deepEqual(things.changes, [
      'shop/a none -> red',
      'shop/b none -> red',
      'shop/a red -> blue',
      'shop/d none -> red',
      'shop/b red -> none',
    ]);
    assert.deepEqual(things.failures, []);
  });

  it('drops what is gone from the next list', async () => {
    const things = start([object('a', 'red'), object('b', 'red')]);
    await things.synced();
    things.answerWith(async () => [object('b', 'blue', 7), object('c', 'red', 8)]);
    await things.tell('ERROR', { code: 410, message: 'too old' });
    await eventually('the next list', 5_000, async () => things.held()['c'] !== undefined);
    await things.stop();
    assert.deepEqual(things.held(), { b: 'blue', c: 'red' });
    assert.deepEqual(things.changes.slice(2), ['shop/a red -> none', 'shop/b red -> blue', 'shop/c none -> red']);
  });

  it('transforms objects again, those at one path alone, and goes on watching', async () => {
    const things = start([object('a', 'red'), object('b', 'red', 1, 'office')]);
    await things.synced();
    things.retransform('ish');
    things.answerWith(async () => [object('b', 'red', 1, 'office')]);
    await things.informer.relist('/office/things', things.signal);
    assert.deepEqual(things.held(), { a: 'red', b: 'redish' });
    assert.match(things.lists.at(-1) ?? '', /^\/office\/things\?limit=3$/);
    await things.tell('MODIFIED', object('a', 'blue', 2));
    assert.deepEqual(things.held(), { a: 'blueish', b: 'redish' });
    assert.equal(things.lists.length, 2);
    await things.stop();
  });

  it('prefers what the watch reports during a relist, a removal included', async () => {
    const things = start([object('a', 'red'), object('b', 'red'), object('c', 'red')]);
    await things.synced();
    const page = Promise.withResolvers<readonly object[]>();
    things.answerWith(() => page.promise);
    const relisted = things.informer.relist('/things', things.signal);
    await things.tell('MODIFIED', object('a', 'blue', 2));
    await things.tell('DELETED', object('b', 'red', 3));
    things.retransform('ish');
    page.resolve([object('a', 'red'), object('b', 'red'), object('c', 'red')]);
    await relisted;
    assert.deepEqual(things.held(), { a: 'blue', c: 'redish' });
    await things.stop();
  });

  it('rejects a relist that fails, and holds what it held', async () => {
    const things = start([object('a', 'red')]);
    await things.synced();
    things.answerWith(() => Promise.reject(new Error('away')));
    await assert.rejects(things.informer.relist('/things', things.signal), /away/);
    assert.deepEqual(things.held(), { a: 'red' });
    await things.stop();
  });
});

describe('an indexer', () => {
  it('finds by an index what a search through all items finds', () => {
    const step = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.option(fc.constantFrom('red', 'blue', ''), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const indexer = createIndexer<Thing, 'color'>({ color: ({ color }) => color || undefined });
        const model = new Map<string, Thing>();
        for (const [name, color] of steps) {
          const item = color === undefined ? undefined : { name, color };
          indexer.set(name, item);
          if (item) model.set(name, item);
          else model.delete(name);
        }
        assert.deepEqual([...indexer.list()], [...model.values()]);
        assert.deepEqual(indexer.keys(), [...model.keys()]);
        for (const color of ['red', 'blue']) {
          const found = indexer.byIndex('color', color).map(({ name }) => name);
          const wanted = [...model.values()].filter((item) => item.color === color).map(({ name }) => name);
          assert.deepEqual(found.toSorted(), wanted.toSorted());
        }
        assert.deepEqual(indexer.byIndex('color', ''), []);
      }),
    );
  });
});
