import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { V1Pod } from '@kubernetes/client-node';
import type { FactRead, Installation, ReplicaFact, ServedFact } from '../../diagnostics/facts.ts';
import { podsOf } from '../../diagnostics/groups/programs.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { systemClock, withDeadline } from '../../kube/clock.ts';
import type { PortForwarder } from '../../kube/port-forward.ts';
import type { FactReader } from './reading.ts';

/** An answer, or a handshake, through the apiserver takes milliseconds. */
const answerMs = 10_000;

const portOf = (pod: V1Pod): number => pod.spec?.containers[0]?.ports?.[0]?.containerPort ?? 8443;

/** Those of the Pods that are replicas of the webhook and have begun to run. */
function running(pods: FactRead<readonly V1Pod[]>): FactRead<readonly V1Pod[]> {
  if ('unread' in pods) return pods;
  const value = podsOf(pods.value, 'webhook').filter(({ status }) => status?.phase === 'Running');
  return value.length > 0 ? { value } : { unread: 'no replica of the webhook runs' };
}

/** Asks each replica of the webhook, through the apiserver, whether it is ready and which version it is. */
export async function replicaFacts(
  reader: FactReader,
  client: Client,
  pods: FactRead<readonly V1Pod[]>,
): Promise<FactRead<readonly ReplicaFact[]>> {
  const replicas = running(pods);
  if ('unread' in replicas) return replicas;
  const ask = async (pod: V1Pod): Promise<FactRead<ReplicaFact>> => {
    const { name = '', namespace = '' } = pod.metadata ?? {};
    const base = `/api/v1/namespaces/${namespace}/pods/https:${name}:${portOf(pod)}/proxy`;
    const readyz = await reader.read<string | undefined>('get pods/proxy', async ({ signal }) => {
      try {
        await client.getText(`${base}/readyz`, { signal, timeoutMs: answerMs });
        return undefined;
      } catch (error) {
        if (error instanceof ApiError) {
          if (error.status === 403) throw error;
          return error.summary;
        }
        return (error as Error).message;
      }
    });
    if ('unread' in readyz) return readyz;
    const metrics = await reader.read('get pods/proxy', ({ signal }) =>
      client.getText(`${base}/metrics`, { signal, timeoutMs: answerMs }),
    );
    const text = 'value' in metrics ? metrics.value : '';
    const version = /^health_injector_build_info\{version="([\w.+-]{1,64})"\} 1$/m.exec(text)?.[1];
    return { value: { pod: name, notReady: readyz.value, version } };
  };
  const answers = await Promise.all(replicas.value.map(ask));
  const refused = answers.find((answer) => 'unread' in answer);
  if (refused) return refused;
  return { value: answers.flatMap((answer) => ('value' in answer ? [answer.value] : [])) };
}

/** Makes a handshake with each replica of the webhook, by a connection through the apiserver, and takes what it presents. */
export async function servedFacts(
  pods: FactRead<readonly V1Pod[]>,
  { service, namespace }: Installation,
  forward: PortForwarder | undefined,
  signal: AbortSignal,
): Promise<FactRead<readonly ServedFact[]>> {
  const replicas = running(pods);
  if ('unread' in replicas) return replicas;
  if (!forward) return { unread: 'no way to forward a port' };
  const look = async (pod: V1Pod): Promise<ServedFact & { readonly isForbidden?: boolean }> => {
    const { name = '' } = pod.metadata ?? {};
    try {
      const certificate = await withDeadline(answerMs, signal, systemClock, async (inner) => {
        const socket = await forward(pod.metadata?.namespace ?? '', name, portOf(pod));
        inner.addEventListener('abort', () => socket.destroy(), { once: true });
        try {
          return await presented(socket, `${service}.${namespace}.svc`);
        } finally {
          socket.destroy();
        }
      });
      return { pod: name, certificate };
    } catch (error) {
      signal.throwIfAborted();
      const { message = '' } = error as Error;
      return { pod: name, unseen: message, isForbidden: /\b403\b/.test(message) };
    }
  };
  const seen = await Promise.all(replicas.value.map(look));
  if (seen.length > 0 && seen.every(({ isForbidden }) => isForbidden))
    return { unread: 'no right to create pods/portforward' };
  return { value: seen };
}

/** The certificate of a server, by any signer: who signed it is looked at afterwards. */
const presented = (socket: Duplex, servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const tls = connect({ socket, servername, rejectUnauthorized: false });
    tls.once('secureConnect', () => {
      const certificate = tls.getPeerX509Certificate();
      tls.destroy();
      if (certificate) resolve(certificate.toString());
      else reject(new Error('no certificate was presented'));
    });
    tls.once('error', reject);
    tls.once('close', () => reject(new Error('the connection was closed')));
  });
