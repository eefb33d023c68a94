import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { createSemaphore } from '../../kube/flow-control.ts';
import { listPages } from '../../kube/reflector.ts';
import type { FactRead } from '../../diagnostics/facts.ts';

/** A whole look takes seconds; an apiserver that is busy may take longer for one answer. */
const timeoutMs = 30_000;

/** A connection each; more only wait in the queues of the apiserver. */
const mostAtOnce = 16;

const pageSize = 500;

/** Small kinds are looked at whole, as long as a cluster is not absurd. */
export const mostObjects = 5_000;

/** Reads of one cluster, a bounded number at once, none of which rejects: what cannot be read says why. */
export type FactReader = {
  /** Runs a read; `what` is such as `list pods`. */
  readonly read: <T>(
    what: string,
    work: (options: { signal: AbortSignal; timeoutMs: number }) => Promise<T>,
  ) => Promise<FactRead<T>>;
  /** Lists a collection up to a limit, and takes from each object what is wanted of it. */
  readonly list: <O, T>(
    path: string,
    options: {
      readonly what: string;
      readonly limit: number;
      readonly metadataOnly?: boolean;
      readonly labelSelector?: string;
    },
    take: (object: O) => T | undefined,
  ) => Promise<FactRead<readonly T[]>>;
};

export function createFactReader(client: Client, signal: AbortSignal): FactReader {
  const oneOfMany = createSemaphore(mostAtOnce);
  const read: FactReader['read'] = (what, work) =>
    oneOfMany(async () => {
      try {
        return { value: await work({ signal, timeoutMs }) };
      } catch (error) {
        signal.throwIfAborted();
        return { unread: reasonOf(what, error) };
      }
    });
  return {
    read,
    async list<O, T>(path: string, options: Parameters<FactReader['list']>[1], take: (object: O) => T | undefined) {
      const { what, limit, ...selection } = options;
      let seen = 0;
      const listed = await read(`list ${what}`, async () => {
        const found: T[] = [];
        const pages = listPages<O>({ client, path, ...selection }, { pageSize, pageTimeoutMs: timeoutMs }, signal);
        for await (const { items } of pages) {
          for (const object of items) {
            const taken = take(object);
            if (taken !== undefined) found.push(taken);
          }
          seen += items.length;
          if (seen >= limit) break;
        }
        return found;
      });
      return 'value' in listed && seen >= limit ? { ...listed, limit: seen } : listed;
    },
  };
}

function reasonOf(what: string, error: unknown): string {
  if (!(error instanceof ApiError)) return `the cluster did not answer to ${what}: ${(error as Error).message}`;
  // The same status has a refusal by admission, whose sentence says by what.
  const isRight = error.status === 403 && /cannot \w+ resource/.test(error.summary);
  if (isRight) return `no right to ${what}`;
  if (error.status === 404) return `the cluster has no ${what.replace(/^\w+ /, '')}`;
  return `the cluster refused to ${what}: ${error.summary}`;
}
