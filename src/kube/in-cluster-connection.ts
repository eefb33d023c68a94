// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { type Connection, connect } from './connection.ts';

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A bound token is replaced in its file long before it runs out; the file is looked at no more often than this. */
const rereadMs = 60_000;

/** The connection of a Pod with its ServiceAccount, or one sentence where this is no Pod; needs no Kubernetes client. */
export function inClusterConnection(
  env: Readonly<Record<string, string | undefined>> = process.env,
  directory: string = serviceAccountDirectory,
): Connection | string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    return 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set, as they are in every Pod.';
  }
  // Keep-alive of TCP too: a watch may be silent for a minute, and a peer that has vanished is noticed only by asking.
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000 });
  let held = { ca: '', token: '' };
  let readAtMs = -Infinity;
  const prepare = async () => {
    if (performance.now() - readAtMs >= rereadMs) {
      const [ca, token] = await Promise.all(['ca.crt', 'token'].map((name) => readFile(join(directory, name), 'utf8')));
      held = { ca: ca ?? '', token: (token ?? '').trim() };
      readAtMs = performance.now();
    }
    return { agent, host, port, ca: held.ca, headers: { authorization: `Bearer ${held.token}` } };
  };
  return connect(prepare, () => (readAtMs = -Infinity));
}
