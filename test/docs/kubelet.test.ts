import assert from 'node:assert/strict';
import { headOf } from '../kubelet/page.ts';
import { sections } from '../kubelet/servers/index.ts';
import { textOf } from './support/markdown.ts';

describe('the page of what the kubelet and the agent make of odd servers', () => {
  const page = textOf('docs/checks/kubelet.md');
  const lines = page.split('\n').filter((line) => /^\| .* \| (success|warning|failure|no verdict)/.test(line));

  it('has a line for each server that the test runs', () => {
    const rows = Object.values(sections).flat();
    assert.equal(lines.length, rows.length);
    for (const [at, row] of rows.entries()) assert(lines[at]?.startsWith(headOf(row)), row.what);
  });

  it('tells of no server that the kubelet passes and the agent fails', () => {
    assert.deepEqual(
      lines.filter((line) => /\| (success|warning) \| fail/.test(line)),
      [],
    );
  });
});
