// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/
import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Connection } from '../../kube/connection.ts';
import { messageOf, readAnswer } from '../../kube/read-answer.ts';
import type { HardwarePod } from './record.ts';
import { isOnlyOn } from './volumes.ts';

const limitMs = 2_000;
const limitBytes = 4 * 1024 * 1024;

/** Which volumes of a Pod are on its node alone, each with its claim, by two reads for each; rejects where that is not known in time. */
export async function lookUpVolumes(
  connection: Connection,
  { namespace, node, claims }: HardwarePod,
  signal: AbortSignal,
): Promise<string[]> {
  const read = async (path: string, what: string): Promise<unknown> => {
    try {
      const answer = await readAnswer(await connection.get(path, { signal, limitMs }), limitBytes);
      if (answer.status === 200) return answer.body;
      throw new Error(`the answer was ${messageOf(answer)}`);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };
  const lookUp = async (name: string): Promise<string[]> => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    const { spec } = (await read(path, `claim ${name}`)) as V1PersistentVolumeClaim;
    // One that is not bound yet is bound to no node.
    if (!spec?.volumeName) return [];
    const what = `volume ${spec.volumeName} of claim ${name}`;
    const volume = (await read(`/api/v1/persistentvolumes/${spec.volumeName}`, what)) as V1PersistentVolume;
    return isOnlyOn(volume, node) ? [what] : [];
  };
  return (await Promise.all(claims.map(lookUp))).flat();
}
