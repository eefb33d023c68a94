// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Transport } from './client.ts';
import { type PortForwarder, createPortForwarder } from './port-forward.ts';

/** Where the apiserver is and how to log in, or one sentence for the user about what is missing. */
export type Config =
  | {
      readonly transport: Transport;
      readonly namespace: string;
      /** Undefined where the programs of a cluster need none. */
      readonly forward?: PortForwarder;
      readonly problem?: undefined;
    }
  | { readonly problem: string };

type InClusterOptions = {
  readonly userAgent: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder of the ServiceAccount. */
  readonly directory?: string;
};

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The kubelet replaces a token in its file long before it expires; we read the file at most this often. */
const rereadMs = 60_000;

/** TCP keep-alive, because a watch may be silent for minutes: without it a vanished peer would not be noticed. */
const createAgent = (): Agent => new Agent({ keepAlive: true, keepAliveMsecs: 30_000 });

/** The apiserver of the cluster that this process runs in, with the ServiceAccount of its Pod; loads no library. */
export function inCluster({
  userAgent,
  env = process.env,
  directory = serviceAccountDirectory,
}: InClusterOptions): Config {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    return {
      problem: 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set, as they are in every Pod.',
    };
  }
  const agent = createAgent();
  let credentials = { ca: '', token: '' };
  let readAtMs = -Infinity;
  const prepare = async (): Promise<RequestOptions> => {
    if (performance.now() - readAtMs >= rereadMs) {
      const [ca, token] = await Promise.all(['ca.crt', 'token'].map((name) => readFile(join(directory, name), 'utf8')));
      credentials = { ca: ca ?? '', token: (token ?? '').trim() };
      readAtMs = performance.now();
    }
    return { agent, host, port, ca: credentials.ca, headers: { authorization: `Bearer ${credentials.token}` } };
  };
  // A refused token may have been replaced in the file since.
  const onUnauthorized = (): void => void (readAtMs = -Infinity);
  return { transport: createHttpsTransport({ prepare, userAgent, onUnauthorized }), namespace: 'default' };
}

type KubeconfigOptions = {
  readonly userAgent: string;
  /** A path; without it $KUBECONFIG and ~/.kube/config, as kubectl reads them. */
  readonly file?: string | undefined;
  readonly context?: string | undefined;
};

/** The server that client-node assumes where it finds no configuration. */
const serverOfNobody = 'http://localhost:8080';

/**
 * The apiserver of a kubeconfig, with all the ways to log in that @kubernetes/client-node knows; the library is
 * loaded here and not with this file.
 */
export async function fromKubeconfig({ userAgent, file, context }: KubeconfigOptions): Promise<Config> {
  const { KubeConfig, PortForward } = await import('./kubeconfig.ts');
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    return { problem: `The kubeconfig cannot be read: ${(error as Error).message}.` };
  }
  if (context !== undefined) config.setCurrentContext(context);
  const current = config.getContextObject(config.getCurrentContext());
  if (!current) {
    return { problem: `The kubeconfig has no ${context === undefined ? 'current context' : `context ${context}`}.` };
  }
  const server = config.getCurrentCluster()?.server ?? '';
  if (server === serverOfNobody) {
    return { problem: 'No cluster is known: name a kubeconfig with --kubeconfig or $KUBECONFIG.' };
  }
  if (!server.startsWith('https://') || !URL.canParse(server)) {
    return { problem: `The kubeconfig's current context has the server "${server}", expected an https:// URL.` };
  }
  const prepare = prepareKubeconfig(config, new URL(server));
  return {
    transport: createHttpsTransport({ prepare, userAgent }),
    namespace: current.namespace ?? 'default',
    forward: createPortForwarder(new PortForward(config)),
  };
}

function prepareKubeconfig(config: KubeConfig, { hostname, port, pathname }: URL): () => Promise<RequestOptions> {
  const agent = createAgent();
  return async () => {
    const options: RequestOptions = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port || 443,
      path: pathname.replace(/\/$/, ''),
    };
    await config.applyToHTTPSOptions(options);
    // The agent of client-node makes a new connection for every call. An agent for a proxy is of another class, and stays.
    return options.agent instanceof Agent ? { ...options, agent } : options;
  };
}

type HttpsTransportOptions = {
  /** The options of each request: host, port, agent, credentials. Their path goes before that of the API. */
  readonly prepare: () => Promise<RequestOptions>;
  readonly userAgent: string;
  /** Called after each answer 401. */
  readonly onUnauthorized?: () => void;
};

const createHttpsTransport =
  ({ prepare, userAgent, onUnauthorized }: HttpsTransportOptions): Transport =>
  async ({ method, path, accept, contentType, body, signal }) => {
    const options = await prepare();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...options.headers,
      accept,
      'user-agent': userAgent,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      // Node does not set it for a DELETE; the body would then be taken for the next request on the connection.
      ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        { ...options, method, path: `${options.path ?? ''}${path}`, headers, signal },
        (response) => {
          const status = response.statusCode ?? 0;
          if (status === 401) onUnauthorized?.();
          // An abort may come before the caller reads the body; without a listener it would end the process.
          response.on('error', () => {});
          resolve({ status, headers: response.headers, body: response });
        },
      );
      request.on('error', reject);
      request.end(text);
    });
  };
