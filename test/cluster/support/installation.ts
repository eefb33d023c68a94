import { assertNothingDisclosed } from './disclosure.ts';
import { followOurs } from './followed.ts';
import { loadImages } from './images.ts';
import { eventually, get, kubectl } from './kubectl.ts';

const root = new URL('../../../', import.meta.url).pathname;
const deployments = ['deployment/health-injector', 'deployment/health-injector-controller'];

/** Installs health-injector as an operator would, once for all files, and waits until the apiserver uses it. */
export async function mochaGlobalSetup(): Promise<void> {
  await loadImages();
  await kubectl(['apply', '-k', `${root}deploy`]);
  followOurs();
  for (const name of deployments) await kubectl(['rollout', 'restart', '-n', 'health-injector', name]);
  for (const name of deployments) {
    await kubectl(['rollout', 'status', '-n', 'health-injector', name, '--timeout=120s']);
  }
  await eventually('the caBundle', 30, async () => {
    const { webhooks } = await get(['mutatingwebhookconfiguration', 'health-injector']);
    return webhooks.every(({ clientConfig }: any) => Boolean(clientConfig.caBundle));
  });
}

/** Fails where anything that is left, or that health-injector's own Pods wrote in this run, shows a secret. */
export const mochaGlobalTeardown = (): Promise<void> => assertNothingDisclosed();
