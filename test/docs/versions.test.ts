import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { root, textOf } from './support/markdown.ts';

const { spec, grep } = JSON.parse(readFileSync(`${root}.mocharc.versions.json`, 'utf8'));
const ci = readFileSync(`${root}.ci/run`, 'utf8');

describe('the page of the versions of Kubernetes', () => {
  const table = /<!-- tests: [^>]* -->([^]*)<!-- \/tests -->/.exec(textOf('docs/kubernetes-versions.md'))?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((line) => line.split(' | ').map((cell) => cell.replaceAll('|', '').trim()));

  it('has a row for each file of tests that runs on the oldest and the newest version', () => {
    const files = cells.map(([test = '']) => /^`([a-z]+)`/.exec(test)?.[1]).filter((name) => name !== undefined);
    assert.deepEqual(
      files,
      spec.map((file: string) => basename(file, '.test.ts')),
    );
    for (const [test, oldest, between, newest] of cells.slice(0, spec.length)) {
      assert.deepEqual([oldest, between, newest], ['by hand', 'yes', 'by hand'], test);
    }
  });

  it('names each file of which only some tests run there', () => {
    const files = ['test/cluster/faults.test.ts', 'test/cluster/hardware.test.ts'];
    const partial = spec.filter((file: string) => {
      const text = readFileSync(root + file, 'utf8');
      const [, title = ''] = /^describe\((['"])(.*)\1/m.exec(text)?.slice(1) ?? [];
      const titles = [...text.matchAll(/^ {2}it\((['"`])(.*)\1/gm)].map(([, , name]) => `${title} ${name}`);
      assert(titles.length > 0 && title !== '', file);
      const chosen = titles.filter((each) => new RegExp(grep).test(each));
      assert(chosen.length > 0, `${file} runs nothing`);
      return chosen.length < titles.length;
    });
    assert.deepEqual(partial, files);
  });

  it('has what continuous integration runs on each version', () => {
    assert.match(ci, /for version in 1\.33 1\.37; do\n {2}CLUSTER_KUBERNETES=\$version npm run test:validity/);
    assert.match(
      ci,
      /npm run test:cluster\nnpm run test:validity [^\n]*\nnpm run test:convergence [^\n]*\nnpm run test:export\n/,
    );
  });
});
