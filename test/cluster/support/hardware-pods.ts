import assert from 'node:assert/strict';
import { releaseAll } from './hardware.ts';
import { eventually, get, kubectl } from './kubectl.ts';
import { isReady, podOf, podsOf } from './pods.ts';
import { coolDown } from './sensors.ts';

/** What becomes of the Pods in the namespace of a test of hardware. */
export const hardwarePods = (namespace: string) => ({
  /** Waits until the one Pod of an app runs on this node, and returns it. */
  runsOn: (app: string, node: string, seconds = 60): Promise<any> =>
    eventually(`${app} runs on ${node}`, seconds, async () => {
      const [pod, ...others] = await podsOf(namespace, app);
      return others.length === 0 && pod?.spec.nodeName === node && isReady(pod) && pod;
    }),

  /** Holds the one Pod of an app to be that of this uid. */
  async staysPut(app: string, uid: string): Promise<void> {
    assert.equal((await podOf(namespace, app)).metadata.uid, uid);
  },

  /** Takes everything away that a scenario made, so that the next begins with cool nodes. */
  async clear(): Promise<void> {
    coolDown();
    const kinds = 'deployments,statefulsets,jobs,poddisruptionbudgets,persistentvolumeclaims';
    await kubectl(['delete', kinds, '-n', namespace, '--all', '--wait']);
    await eventually('no Pods', 60, async () => (await get(['pods', '-n', namespace])).items.length === 0);
    await releaseAll();
  },
});
