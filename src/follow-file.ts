import { unwatchFile, watchFile } from 'node:fs';

/** How often a file is looked at; the kubelet updates a volume within a minute or so. */
const pollMs = 10_000;

/**
 * Calls `changed` each time that a file changes, comes or goes, until the call that it returns. Polling, because the
 * volume of a ConfigMap changes by renaming a symbolic link, which a watch of the file never sees.
 */
export function followFile(file: string, changed: () => void, intervalMs: number = pollMs): () => void {
  watchFile(file, { interval: intervalMs, persistent: false }, changed);
  return () => unwatchFile(file, changed);
}
