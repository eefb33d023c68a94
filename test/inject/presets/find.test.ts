import assert from 'node:assert/strict';
import { isRefusal } from '../../../src/check/check.ts';
import { parseCheck } from '../../../src/check/parse.ts';
import { findChecks } from '../../../src/inject/presets/find.ts';
import { baseName } from '../../../src/inject/presets/image.ts';
import { presets } from '../../../src/inject/presets/table.ts';

describe('the presets', () => {
  for (const { images, check, readiness, ports } of presets) {
    it(`ask ${images[0]} with a check that can be read`, () => {
      for (const text of [check, readiness ?? check]) {
        const parsed = parseCheck(text.replace('PORT', `${ports[0]}`).replace('/PREFIX', '/prefix'));
        assert(!isRefusal(parsed), JSON.stringify(parsed));
      }
    });
  }

  it('name every image once, or on other ports', () => {
    const rows = presets.flatMap(({ images, ports }) =>
      images.flatMap((image) => ports.map((port) => `${image} ${port}`)),
    );
    assert.deepEqual(rows, [...new Set(rows)]);
    assert(new Set(presets.flatMap(({ images }) => images)).size >= 80);
  });

  it('know an image by the last segment of its path', () => {
    for (const image of [
      'redis',
      'redis:7.4-alpine',
      'docker.io/library/redis:7',
      'docker.io/bitnami/redis@sha256:0123',
      'registry.example:5000/redis:7@sha256:0123',
      'Registry.Example/Team/Redis',
    ]) {
      assert.equal(baseName(image), 'redis', image);
    }
    for (const image of ['', 'redis-exporter', 'registry:5000/redis/app', '@', ':']) {
      assert.notEqual(baseName(image), 'redis', image);
    }
  });

  it('repeat no argument of a server', () => {
    const found = findChecks({ name: 'app', image: 'redis', args: ['--requirepass', 'hunter2'] });
    assert(isRefusal(found));
    assert(!JSON.stringify(found).includes('hunter2'));
  });

  it('do not ask in the clear what speaks TLS, a known login or not', () => {
    const env = [
      { name: 'REDIS_TLS_ENABLED', value: 'yes' },
      { name: 'REDIS_PASSWORD', value: 'hunter2' },
    ];
    assert(isRefusal(findChecks({ name: 'app', image: 'docker.io/bitnami/redis', env })));
    assert(isRefusal(findChecks({ name: 'app', image: 'docker.io/bitnami/redis', env: env.slice(0, 1) })));
  });

  it('take no port for that of the server that may be another', () => {
    const container = { name: 'app', image: 'redis' };
    for (const other of [
      { ports: [{ containerPort: 9121 }] },
      { args: ['--port', '$(PORT)'] },
      { args: ['--port'] },
      { command: ['sh', '-c', 'exec redis-server --port $1', 'sh', '6380'] },
      { env: [{ name: 'REDIS_LISTEN_PORT', value: '6380' }] },
    ]) {
      assert(isRefusal(findChecks({ ...container, ...other })), JSON.stringify(other));
    }
    for (const same of [{ ports: [{ containerPort: 9121 }, { containerPort: 6379 }] }, { args: ['--port', '6379'] }]) {
      assert(!isRefusal(findChecks({ ...container, ...same })), JSON.stringify(same));
    }
  });

  it('take a variable for the login only where it has a value', () => {
    const container = { name: 'app', image: 'redis' };
    assert.deepEqual(findChecks({ ...container, env: [{ name: 'REDIS_PASSWORD', value: '' }] }), {
      check: 'redis://:6379',
      readiness: undefined,
      by: 'image redis',
    });
    assert.deepEqual(findChecks({ ...container, env: [{ name: 'VALKEY_PASSWORD', value: 'x' }] }), {
      check: 'redis://:$VALKEY_PASSWORD@:6379',
      readiness: undefined,
      by: 'image redis',
    });
  });
});
