// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/
import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Client } from '../../kube/client.ts';
import type { HardwarePod } from './record.ts';
import { isOnlyOn } from './volumes.ts';

const timeoutMs = 2_000;

/** Which volumes of a Pod are on its node alone, each with its claim, by two reads for each; rejects where that is not known in time. */
export async function lookUpVolumes(
  client: Client,
  { namespace, node, claims }: HardwarePod,
  signal: AbortSignal,
): Promise<string[]> {
  const read = async <T>(path: string, what: string): Promise<T> => {
    try {
      return await client.get<T>(path, { signal, timeoutMs });
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };
  const lookUp = async (name: string): Promise<string[]> => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    const { spec } = await read<V1PersistentVolumeClaim>(path, `claim ${name}`);
    // One that is not bound yet is bound to no node.
    if (!spec?.volumeName) return [];
    const what = `volume ${spec.volumeName} of claim ${name}`;
    const volume = await read<V1PersistentVolume>(`/api/v1/persistentvolumes/${spec.volumeName}`, what);
    return isOnlyOn(volume, node) ? [what] : [];
  };
  return (await Promise.all(claims.map(lookUp))).flat();
}
