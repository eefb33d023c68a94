// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
import { Agent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Connection, connect } from './connection.ts';

/** The connection of a kubeconfig's current context, with all the ways to log in that client-node knows, or one sentence. */
export function kubeconfigConnection(config: KubeConfig): Connection | string {
  const server = config.getCurrentCluster()?.server;
  if (!server?.startsWith('https://') || !URL.canParse(server)) {
    return `The kubeconfig's current context has the server "${server ?? ''}", expected an https:// URL.`;
  }
  const { hostname, port, pathname } = new URL(server);
  // That of client-node shakes hands anew for every call; one for a proxy is left alone.
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000 });
  return connect(async () => {
    const options: RequestOptions = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port || 443,
      path: pathname.replace(/\/$/, ''),
    };
    await config.applyToHTTPSOptions(options);
    return options.agent instanceof Agent ? { ...options, agent } : options;
  });
}
