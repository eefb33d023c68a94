// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Connection, connect } from './connection.ts';

/** The connection of a kubeconfig's current context, with all the ways to log in that client-node knows, or one sentence. */
export function kubeconfigConnection(config: KubeConfig): Connection | string {
  const server = config.getCurrentCluster()?.server;
  if (!server?.startsWith('https://') || !URL.canParse(server)) {
    return `The kubeconfig's current context has the server "${server ?? ''}", expected an https:// URL.`;
  }
  const { hostname, port, pathname } = new URL(server);
  return connect(async () => {
    const options: RequestOptions = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port || 443,
      path: pathname.replace(/\/$/, ''),
    };
    await config.applyToHTTPSOptions(options);
    return options;
  });
}
