import { kubectl } from './kubectl.ts';

/** The metrics of a container of ours, from each of its ports; empty where it runs no more, or not yet. */
export async function metricsOf({ metadata }: any, { ports = [] }: any): Promise<string> {
  const texts = ports.map(({ name, containerPort }: any) => {
    const at = `${name === 'https' ? 'https' : 'http'}:${metadata.name}:${containerPort}`;
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${at}/proxy/metrics`;
    return kubectl(['get', '--raw', path]).catch(() => '');
  });
  return (await Promise.all(texts)).join('');
}
