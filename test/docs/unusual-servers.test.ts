import assert from 'node:assert/strict';
import { headOf } from '../cluster/unusual/table.ts';
import { servers } from '../cluster/unusual/servers/index.ts';
import { textOf } from './support/markdown.ts';

const outcomeOf = (line: string): string => line.split(' | ')[3]?.split(';')[0] ?? '';

describe('the page of unusual servers', () => {
  const lines = textOf('docs/checks/unusual-servers.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| server |'));

  it('has a line for each server that the cluster test runs, with the outcome that the test expects', () => {
    const expected = servers.flatMap((server) =>
      server.rows.map((row) => `${headOf(server, row)} ${row.expected.replace('-', ' ')}`),
    );
    const listed = lines.map((line) => `${line.split(' | ').slice(0, 2).join(' | ')} | ${outcomeOf(line)}`);
    assert.deepEqual(listed, expected);
  });

  it('tells of no server that was harmed', () => {
    assert.deepEqual(
      lines.filter((line) => /was restarted|it is not Ready/.test(line)),
      [],
    );
  });
});
