import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { type Import, brokenBoundary, roomOf, rooms } from '../lint/boundaries.ts';

const root = new URL('../', import.meta.url).pathname;
const files = globSync('src/**/*.ts', { cwd: root }).toSorted();

/** What a file imports, types included. */
function importsOf(file: string): Import[] {
  const text = readFileSync(root + file, 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamic = text.matchAll(/\bimport\('([^']+)'\)/g);
  return [
    ...[...statements].map(([whole, type, specifier = '']) => ({
      specifier,
      isTypeOnly: type !== undefined || /\{(\s*type\s[^,}]+,?)+\s*\}/.test(whole),
    })),
    ...[...dynamic].map(([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ];
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

/** The nodes of one cycle in a graph, in their order; undefined where there is none. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}

/** What each file imports of the repository. */
const targets = new Map(
  [...graph].map(([file, all]) => [
    file,
    all
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => relative(root, resolve(root, dirname(file), specifier))),
  ]),
);

/** The rooms that each room really imports, and files outside of all rooms. */
const roomEdges = new Map<string, string[]>();
for (const [file, all] of targets) {
  const room = roomOf(file) ?? file;
  const others = all.map((target) => roomOf(target) ?? target).filter((other) => other !== room);
  roomEdges.set(room, [...new Set([...(roomEdges.get(room) ?? []), ...others])]);
}

const within = (name: string): string => name.replace(/^src\//, '');

/** True where a room imports another, directly or by a third. */
const reaches = (from: string, to: string): boolean =>
  (rooms[from]?.imports ?? []).some((next) => next === to || reaches(next, to));

/** The rooms as a drawing, without the arrows that follow from others, and as a table with all of them. */
function drawing(): string {
  const names = Object.keys(rooms);
  const arrows = names.flatMap((from) => {
    const all = (rooms[from]?.imports ?? []).filter((to) => rooms[to]);
    return all
      .filter((to) => !all.some((other) => other !== to && reaches(other, to)))
      .map((to) => [from, to] as const);
  });
  const id = (name: string): number => names.indexOf(name);
  const rows = Object.entries(rooms).map(([name, { about, imports, pure, pureFiles }]) => {
    const purity = pure ? 'yes' : pureFiles.map((file) => `\`${file}\``).join(' ');
    return `| \`${within(name)}\` | ${about} | ${purity} | ${imports.map((other) => `\`${within(other)}\``).join(' ')} |`;
  });
  return [
    '',
    '```mermaid',
    'graph TD',
    ...names.map((name) => `  ${id(name)}["${within(name)}"]`),
    ...arrows.map(([from, to]) => `  ${id(from)} --> ${id(to)}`),
    '```',
    '',
    '| room | what is in it | pure | may import |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

describe('the rooms of src', () => {
  it('hold every file', () => {
    assert.deepEqual(
      files.filter((file) => roomOf(file) === undefined),
      [],
    );
  });

  it('import what the table allows, types included', () => {
    const broken = [...graph].flatMap(([file, imports]) =>
      imports.flatMap((each) => {
        const sentence = brokenBoundary(file, each);
        return sentence === undefined ? [] : `${file}: ${sentence}`;
      }),
    );
    assert.deepEqual(broken, []);
  });

  it('need all that the table allows them', () => {
    const unused = Object.entries(rooms).flatMap(([room, { imports, modules }]) => {
      const used = new Set(
        [...graph].filter(([file]) => roomOf(file) === room).flatMap(([, all]) => all.map((each) => each.specifier)),
      );
      const needed = new Set(roomEdges.get(room));
      return [...imports.filter((other) => !needed.has(other)), ...modules.filter((module) => !used.has(module))].map(
        (name) => `${room} does not import ${name}`,
      );
    });
    assert.deepEqual(unused, []);
  });

  it('have no cycle among them', () => {
    assert.equal(cycleIn(roomEdges)?.join(' -> '), undefined);
  });

  it('have no cycle among their files', () => {
    assert.equal(cycleIn(targets)?.join(' -> '), undefined);
  });

  it('are drawn in CONTRIBUTING.md as the table has them', () => {
    const file = `${root}CONTRIBUTING.md`;
    const text = readFileSync(file, 'utf8');
    const wanted = text.replace(
      /(<!-- rooms: [^\n]*\n)[^]*(<!-- \/rooms -->)/,
      (_, start, end) => `${start}${drawing()}\n${end}`,
    );
    if (process.env['UPDATE'] === '1') writeFileSync(file, wanted);
    else assert.equal(text, wanted);
  });
});
