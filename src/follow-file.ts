import { statSync } from 'node:fs';

/** How often a file is looked at; the kubelet updates a volume within a minute or so. */
const pollMs = 10_000;

/**
 * Calls `changed` each time that a file changes, comes or goes after this call, until the call that it returns. Polling,
 * because the volume of a ConfigMap or a Secret changes by renaming a symbolic link, which a watch of the file never sees; and not by
 * `watchFile`, whose first look comes later, so that it never sees a change before it.
 */
export const followFile = (file: string, changed: () => void, intervalMs?: number): (() => void) =>
  followFiles(
    [file],
    () => {
      changed();
      return true;
    },
    intervalMs,
  );

/** The same of files that belong together: `changed` is called for all that changed between two looks, and at each look after that until it gives true. */
export function followFiles(files: readonly string[], changed: () => boolean, intervalMs: number = pollMs): () => void {
  const look = (): string => files.map(stateOf).join(';');
  let known = look();
  let isDone = true;
  const timer = setInterval(() => {
    const state = look();
    if (isDone && state === known) return;
    known = state;
    isDone = changed();
  }, intervalMs).unref();
  return () => clearInterval(timer);
}

function stateOf(file: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return undefined;
  }
}
