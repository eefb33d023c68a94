import { statSync } from 'node:fs';

/** How often a file is looked at; the kubelet updates a volume within a minute or so. */
const pollMs = 10_000;

/**
 * Calls `onChange` whenever a file changes, comes or goes after this call, until the returned call. It polls, because the
 * volume of a ConfigMap or a Secret changes by renaming a symbolic link, which a watch of the file does not see. Node's
 * `watchFile` polls too, but takes its first look later, and misses a change before that.
 */
export const pollFile = (file: string, onChange: () => void, intervalMs?: number): (() => void) =>
  pollFiles(
    [file],
    () => {
      onChange();
      return true;
    },
    intervalMs,
  );

/**
 * The same for files that belong together: calls `onChange` once for all changes between two looks, and again at each look
 * until it returns true.
 */
export function pollFiles(files: readonly string[], onChange: () => boolean, intervalMs: number = pollMs): () => void {
  const stateOfAll = (): string => files.map(stateOf).join(';');
  let seen = stateOfAll();
  let isDone = true;
  const timer = setInterval(() => {
    const state = stateOfAll();
    if (isDone && state === seen) return;
    seen = state;
    isDone = onChange();
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
