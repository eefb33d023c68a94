import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../../src/kube/connection.ts';
import { type FollowLimits, usualLimits } from '../../../src/kube/follow-limits.ts';
import type { Collection } from '../../../src/kube/followed.ts';
import { type Handler, follow } from '../../../src/kube/follow.ts';
import { inClusterConnection } from '../../../src/kube/in-cluster-connection.ts';
import { type Apiserver, ca, type Shown } from './apiserver.ts';

/** A ServiceAccount's folder. */
export function serviceAccount(token: string): { readonly directory: string; write: (token: string) => void } {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-account-'));
  writeFileSync(join(directory, 'ca.crt'), ca);
  const write = (next: string): void => writeFileSync(join(directory, 'token'), `${next}\n`);
  write(token);
  return { directory, write };
}

/** The connection of a Pod to an apiserver of the tests. */
export function connectionTo(apiserver: Apiserver, directory: string, host = '127.0.0.1'): Connection {
  const connection = inClusterConnection(
    { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(apiserver.port) },
    directory,
  );
  if (typeof connection === 'string') throw new Error(connection);
  return connection;
}

/** Limits under which nothing takes long. */
export const quick: FollowLimits = { ...usualLimits, pageSize: 3, minMs: 4, maxMs: 40, deniedMs: 60, graceMs: 100 };

/** Follows `/things`, and keeps what it hears of: the data of each by its name, and every call in order. */
export function startFollower(
  connection: Connection,
  limits: Partial<FollowLimits> = {},
  { handler = {}, collection = {} }: { handler?: Partial<Handler<Shown>>; collection?: Partial<Collection> } = {},
) {
  const seen = new Map<string, string | undefined>();
  const heard: string[] = [];
  const failures: string[] = [];
  const stop = new AbortController();
  const ended = follow<Shown>(
    { connection, path: '/things', read: (object) => object as Shown, ...collection },
    {
      reset(items) {
        heard.push(`reset ${items.length}`);
        seen.clear();
        for (const { metadata, data } of items) seen.set(metadata.name, data);
        handler.reset?.(items);
      },
      upsert(item) {
        heard.push(`upsert ${item.metadata.name}`);
        seen.set(item.metadata.name, item.data);
        handler.upsert?.(item);
      },
      remove(item) {
        heard.push(`remove ${item.metadata.name}`);
        seen.delete(item.metadata.name);
        handler.remove?.(item);
      },
      synced() {
        heard.push('synced');
        handler.synced?.();
      },
      failed(sentence) {
        failures.push(sentence);
        handler.failed?.(sentence);
      },
    },
    stop.signal,
    { ...quick, ...limits },
  );
  return {
    seen,
    heard,
    failures,
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}
