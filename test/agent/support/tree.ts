import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A tree of files as sysfs or procfs has them, in a temporary folder, that is changed while the agent looks at it. */
export type Tree = {
  readonly root: string;
  /** Replaces a file as a whole, so that nobody reads half of it. */
  readonly write: (path: string, content: string, mode?: number) => void;
  readonly remove: (path: string) => void;
  /** A named pipe in the place of a file: it blocks whoever opens it. */
  readonly block: (path: string) => void;
};

/** Makes the tree of these files. */
export function makeTree(files: Readonly<Record<string, string>> = {}): Tree {
  const root = mkdtempSync(join(tmpdir(), 'health-probe-tree-'));
  const place = (path: string): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  const tree: Tree = {
    root,
    write: (path, content, mode = 0o644) => {
      const file = place(path);
      writeFileSync(`${file}.new`, content, { mode });
      renameSync(`${file}.new`, file);
    },
    remove: (path) => rmSync(join(root, path), { recursive: true, force: true }),
    block: (path) => {
      const file = place(path);
      rmSync(file, { force: true });
      execFileSync('mkfifo', [file]);
    },
  };
  for (const [path, content] of Object.entries(files)) tree.write(path, content);
  return tree;
}
