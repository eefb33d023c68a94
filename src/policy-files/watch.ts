import type { Store } from '../policies/store.ts';
import { type PolicyFiles, readPolicyFiles } from './read.ts';

/** A ConfigMap's volume is updated by the kubelet within a minute or so. */
const pollMs = 10_000;

/** Fills a store from files, and again whenever they say something else, until the call that it returns. */
export function watchPolicyFiles(
  path: string,
  store: Store,
  changed: (files: PolicyFiles) => void,
  intervalMs: number = pollMs,
): () => void {
  let known = '';
  const look = (): void => {
    const files = readPolicyFiles(path);
    const text = JSON.stringify(files);
    if (text === known) return;
    known = text;
    // A file that cannot be read must not take away the policies that it held.
    if (files.mistakes.length === 0) {
      store.policies.reset(files.policies);
      store.namespaces.reset(files.namespaces);
    }
    changed(files);
  };
  look();
  const timer = setInterval(look, intervalMs).unref();
  return () => clearInterval(timer);
}
