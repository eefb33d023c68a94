import assert from 'node:assert/strict';
import { compileImageGlob, readImage } from '../../src/policy/match.ts';

const rows: readonly (readonly [glob: string, matching: readonly string[], others: readonly string[]])[] = [
  [
    'redis',
    [
      'redis',
      'redis:7',
      'docker.io/library/redis:7.2',
      'bitnami/redis',
      'localhost:5000/a/b/redis@sha256:ab',
      'r.example:5000/redis:7@sha256:ab',
    ],
    ['redis-exporter', 'redis/exporter', 'myredis', 'r.example/redisx:redis'],
  ],
  [
    'bitnami/*',
    ['bitnami/redis:7', 'docker.io/bitnami/nginx'],
    ['bitnami/a/b', 'quay.io/bitnami/redis', 'bitnamilegacy/redis'],
  ],
  ['quay.io/**', ['quay.io/minio/minio:latest', 'quay.io/a'], ['minio/minio', 'quay.io.evil.example/a']],
  ['*/redis', ['r.example/redis'], ['redis', 'r.example/team/redis']],
  ['**/redis', ['redis', 'a/b/c/redis:1'], ['a/redis-x']],
  ['docker.io/library/postgres', ['postgres:16', 'docker.io/library/postgres'], ['bitnami/postgres']],
  ['redis:7*', ['redis:7', 'bitnami/redis:7.2.4', 'redis:7@sha256:ab'], ['redis:6', 'redis', 'redis@sha256:7']],
  ['r.example:5000/app', ['r.example:5000/app:1'], ['r.example/app', 'app']],
  ['*', ['anything', 'a/b:c'], []],
  ['a*b*c', ['abc', 'a-b-c', 'abbcc', 'x/a.b.c:1'], ['ab', 'acb', 'abcd']],
  ['**a*/b**', ['x/ya/b', 'r.example/xa1/b/c'], ['x/b', 'xa/y/c']],
  ['***', ['anything', 'a/b:c'], []],
  ['a.c+(d)', ['a.c+(d)'], ['abc+(d)']],
];

describe('a glob for images', () => {
  for (const [glob, matching, others] of rows) {
    it(`${glob} matches what it says`, () => {
      const compiled = compileImageGlob(glob);
      const matches = (image: string): boolean => compiled(readImage(image));
      assert.deepEqual(
        matching.filter((image) => !matches(image)),
        [],
      );
      assert.deepEqual(others.filter(matches), []);
    });
  }
});
