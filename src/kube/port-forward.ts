// https://kubernetes.io/docs/tasks/access-application-cluster/port-forward-access-application-cluster/
import { Duplex, PassThrough } from 'node:stream';
import type { PortForward } from '@kubernetes/client-node';

/** Opens a connection to a port of a Pod through the apiserver; rejects where the apiserver or the Pod does not let it. */
export type PortForwarder = (namespace: string, pod: string, port: number) => Promise<Duplex>;

/** The library has the WebSocket and its framing, and takes streams. */
export const createPortForwarder =
  (library: PortForward): PortForwarder =>
  async (namespace, pod, port) => {
    const [toPod, fromPod, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const socket = await library.portForward(namespace, pod, [port], fromPod, errors, toPod);
    const stream = Duplex.from({ readable: fromPod, writable: toPod });
    // An error of the Pod's end is text on a channel of its own, such as a port on which nothing listens.
    errors.once('data', (text: Buffer) => stream.destroy(new Error(text.toString().trim())));
    if (typeof socket !== 'function') {
      socket.on('close', () => stream.destroy());
      socket.on('error', (error) => stream.destroy(error));
      stream.once('close', () => socket.close());
    }
    return stream;
  };
