import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, type ClientOptions, createClient } from '../../../src/kube/client.ts';
import { inCluster } from '../../../src/kube/config.ts';
import {
  type ListWatch,
  type ReflectorHandler,
  type ReflectorOptions,
  defaultReflectorOptions,
  runReflector,
} from '../../../src/kube/reflector.ts';
import { type Apiserver, ca, type Shown } from './apiserver.ts';

/** A ServiceAccount's folder. */
export function serviceAccount(token: string): { readonly directory: string; write: (token: string) => void } {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-account-'));
  writeFileSync(join(directory, 'ca.crt'), ca);
  const write = (next: string): void => writeFileSync(join(directory, 'token'), `${next}\n`);
  write(token);
  return { directory, write };
}

/** The client of a Pod for an apiserver of the tests. */
export function clientFor(
  apiserver: Apiserver,
  directory: string,
  { host = '127.0.0.1', ...options }: { readonly host?: string } & ClientOptions = {},
): Client {
  const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(apiserver.port) };
  const config = inCluster({ userAgent: 'test/1', env, directory });
  if (config.problem !== undefined) throw new Error(config.problem);
  return createClient(config.transport, options);
}

/** Options under which nothing takes long. */
export const quick: ReflectorOptions = {
  ...defaultReflectorOptions,
  pageSize: 3,
  minBackoffMs: 4,
  maxBackoffMs: 40,
  deniedMs: 60,
  watchGraceMs: 100,
};

/** Reflects `/things`, and keeps what it hears of: the data of each by its name, and every call in order. */
export function startReflector(
  client: Client,
  options: Partial<ReflectorOptions> = {},
  {
    handler = {},
    collection = {},
  }: { handler?: Partial<ReflectorHandler<Shown>>; collection?: Partial<ListWatch> } = {},
) {
  const seen = new Map<string, string | undefined>();
  const heard: string[] = [];
  const failures: string[] = [];
  const stop = new AbortController();
  const ended = runReflector<Shown>(
    { client, path: '/things', transform: (object) => object as Shown, ...collection },
    {
      onReplace(items) {
        heard.push(`reset ${items.length}`);
        seen.clear();
        for (const { metadata, data } of items) seen.set(metadata.name, data);
        handler.onReplace?.(items);
      },
      onUpsert(item) {
        heard.push(`upsert ${item.metadata.name}`);
        seen.set(item.metadata.name, item.data);
        handler.onUpsert?.(item);
      },
      onDelete(item) {
        heard.push(`remove ${item.metadata.name}`);
        seen.delete(item.metadata.name);
        handler.onDelete?.(item);
      },
      onSynced() {
        heard.push('synced');
        handler.onSynced?.();
      },
      onError(sentence) {
        failures.push(sentence);
        handler.onError?.(sentence);
      },
    },
    stop.signal,
    { ...quick, ...options },
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
