// https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anchorsOf, linksOf, markdownFiles, root, textOf } from './support/markdown.ts';

/** Says what is wrong with a link; undefined where nothing is. External ones are held to their form alone. */
function mistakeOf(link: string, file: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) {
    const isSound = /^(https?:\/\/[^/]+\.[^/]+|mailto:.+@)/.test(link) && URL.canParse(link);
    return isSound ? undefined : `${link} is no address`;
  }
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), decodeURIComponent(path));
  if (path.startsWith('/') || target.startsWith('..')) return `${link} leads out of the repository`;
  if (!existsSync(root + target)) return `${link} leads to no file`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(textOf(target)).has(anchor) ? undefined : `${link} leads to no heading`;
}

describe('the links in the documentation', () => {
  for (const file of markdownFiles) {
    it(`${file} leads to what is there`, () => {
      const mistakes = linksOf(textOf(file)).flatMap((link) => mistakeOf(link, file) ?? []);
      assert.deepEqual(mistakes, []);
    });
  }

  it('are read as GitHub reads them, and broken ones are found', () => {
    const text =
      '# A `b`: c_d (e)\n# A b c_d e\n```\n# no\n[x](no)\n```\n[a](<x.md>) `[b](no)` [c](y "t")\n\n[r]: z.md\n';
    assert.deepEqual([...anchorsOf(text)], ['a-b-c_d-e', 'a-b-c_d-e-1']);
    assert.deepEqual(linksOf(text), ['x.md', 'y', 'z.md']);
    const links = [
      'README.md#checks',
      'docs',
      'none.md',
      'README.md#none',
      '../x',
      '/README.md',
      'https:/x',
      'https://a.b/',
    ];
    const found = links.filter((link) => mistakeOf(link, 'CONTRIBUTING.md') !== undefined);
    assert.deepEqual(found, ['none.md', 'README.md#none', '../x', '/README.md', 'https:/x']);
  });
});
