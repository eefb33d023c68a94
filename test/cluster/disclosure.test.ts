import assert from 'node:assert/strict';
import { nothingSearched, searchNamespace } from './support/disclosure.ts';
import { apply, get, kubectl } from './support/kubectl.ts';

const namespace = 'test-disclosure';
const password = 'wrong-horse-battery';

describe('the search for secrets at the end of a run on a real cluster', () => {
  // A namespace of its own way: that of the other tests would find what is planted, and fail.
  before(() => kubectl(['create', 'namespace', namespace]));
  after(() => kubectl(['delete', 'namespace', namespace, '--wait']));

  it('finds one in an Event, in an annotation of ours, and one that only a Secret has', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'own' },
      stringData: { key: 'only-here-and-there' },
    };
    const annotations = {
      'health.example.com/status': `{"note":"${password}"}`,
      'health.example.com/problems': 'only-here-and-there',
    };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'planted', annotations },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'docker.io/local/web:1' }] } },
      },
    };
    await apply(namespace, secret, job);
    const { metadata } = await get(['job', 'planted', '-n', namespace]);
    await apply(namespace, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'planted' },
      involvedObject: { kind: 'Job', namespace, name: 'planted', uid: metadata.uid },
      type: 'Warning',
      reason: 'Planted',
      message: `the login of ${password} was refused`,
    });
    const searched = nothingSearched();
    await searchNamespace(namespace, searched);
    const places = searched.shown.map((line) => line.split(':')[0]);
    assert(places.includes(`event of ${namespace}/planted`), places.join(', '));
    assert(places.includes(`annotation of Job ${namespace}/planted`), places.join(', '));
    await kubectl(['annotate', '-n', namespace, 'job/planted', 'health.example.com/status-']);
    const again = nothingSearched();
    await searchNamespace(namespace, again);
    assert(again.shown.some((line) => line.startsWith('annotation') && line.includes('only-here-and-there')));
  });
});
