import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import table from './boundaries.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));

/** A folder of `src` with all that is below it, or one file that is another room than its folder. */
export type Room = {
  /** What is in it, as a clause for CONTRIBUTING.md. */
  readonly about: string;
  /** The other rooms that it may import, types included. */
  readonly imports: readonly string[];
  /** The packages, and the modules of Node, that it may import. */
  readonly modules: readonly string[];
  /** It gives the same for the same arguments: it has no clock, no chance and no process. */
  readonly pure: boolean;
  /** The files that are pure in a room that is not. */
  readonly pureFiles: readonly string[];
};

/** The rooms by path from the root of the repository, from the outermost to the innermost. */
export const rooms: Readonly<Record<string, Room>> = table;

const byLength = Object.keys(rooms).toSorted((one, other) => other.length - one.length);

/** The room of a file; undefined outside of `src`. */
export const roomOf = (path: string): string | undefined =>
  byLength.find((room) => path === room || path.startsWith(`${room}/`));

/** Packages whose types every room may know: they are the shapes of Kubernetes, and nothing at run time. */
const typesForAll = new Set(['@kubernetes/client-node']);

export type Import = { readonly specifier: string; readonly isTypeOnly: boolean };

const allowed = (list: readonly string[]): string => `lint/boundaries.json allows ${list.join(', ') || 'none'}`;

/** Why a file may not import this, as a sentence; undefined where it may. */
export function brokenBoundary(path: string, { specifier, isTypeOnly }: Import): string | undefined {
  const name = roomOf(path);
  const room = rooms[name ?? ''];
  if (name === undefined || !room) return undefined;
  if (!specifier.startsWith('.')) {
    const isAllowed = room.modules.includes(specifier) || (isTypeOnly && typesForAll.has(specifier));
    return isAllowed ? undefined : `${name} may not import ${specifier}: ${allowed(room.modules)}.`;
  }
  const target = relative(root, resolve(root, dirname(path), specifier));
  const other = roomOf(target) ?? target;
  const isAllowed = other === name || room.imports.includes(other);
  return isAllowed ? undefined : `${name} may not import ${other}: ${allowed(room.imports)}.`;
}

/** The part of an oxlint plugin's context and of ESTree nodes that the rules read. */
type Context = {
  readonly filename: string;
  readonly report: (finding: { readonly node: unknown; readonly message: string }) => void;
};
type ImportNode = {
  readonly source?: { readonly value?: unknown } | null;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly specifiers?: readonly { readonly importKind?: string }[];
};
type Named = { readonly name?: string };

const imports = {
  create(context: Context) {
    const path = relative(root, context.filename);
    const visit = (node: ImportNode): void => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const { specifiers = [] } = node;
      const isTypeOnly =
        node.importKind === 'type' ||
        node.exportKind === 'type' ||
        (specifiers.length > 0 && specifiers.every(({ importKind }) => importKind === 'type'));
      const message = brokenBoundary(path, { specifier, isTypeOnly });
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: visit,
      ExportNamedDeclaration: visit,
      ExportAllDeclaration: visit,
      ImportExpression: visit,
    };
  },
};

function isPure(path: string): boolean {
  const name = roomOf(path) ?? '';
  const room = rooms[name];
  return room !== undefined && (room.pure || room.pureFiles.some((file) => path === `${name}/${file}`));
}

const impure = new Set(['Date.now', 'Math.random', 'performance.now']);

const pure = {
  create(context: Context) {
    const path = relative(root, context.filename);
    if (!isPure(path)) return {};
    const report = (node: unknown, what: string): void =>
      context.report({ node, message: `${path} is pure: ${what} comes in as an argument.` });
    return {
      MemberExpression(node: { readonly object: Named; readonly property: Named }) {
        const name = `${node.object.name}.${node.property.name}`;
        if (impure.has(name) || node.object.name === 'process') report(node, name);
      },
      NewExpression(node: { readonly callee: Named; readonly arguments: readonly unknown[] }) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node, 'the time');
      },
    };
  },
};

/** An oxlint plugin that holds every file of `src` to the table. */
export default { meta: { name: 'boundaries' }, rules: { imports, pure } };
