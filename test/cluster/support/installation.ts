import { assertNothingDisclosed } from './disclosure.ts';
import { followOurs } from './followed.ts';
import { loadImages } from './images.ts';
import { eventually, get, kubectl } from './kubectl.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** Installs health-injector as an operator would, once for all files, waits until the apiserver uses it, and at the end wants no secret shown. */
export const mochaHooks = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(300_000);
    await loadImages();
    await kubectl(['apply', '-k', `${root}deploy`]);
    followOurs();
    for (const deployment of ['deployment/health-injector', 'deployment/health-injector-controller']) {
      await kubectl(['rollout', 'restart', '-n', 'health-injector', deployment]);
    }
    for (const deployment of ['deployment/health-injector', 'deployment/health-injector-controller']) {
      await kubectl(['rollout', 'status', '-n', 'health-injector', deployment, '--timeout=120s']);
    }
    await eventually('the caBundle', 30, async () => {
      const { webhooks } = await get(['mutatingwebhookconfiguration', 'health-injector']);
      return webhooks.every(({ clientConfig }: any) => Boolean(clientConfig.caBundle));
    });
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(120_000);
    await assertNothingDisclosed();
  },
};
