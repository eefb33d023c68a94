import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { program } from '../cli/support/health-injector.ts';
import { runToEnd } from '../support/process.ts';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { readyPod } from './support/pods.ts';

const namespace = 'shop';
const page = readFileSync(new URL('../../docs/rollout.md', import.meta.url), 'utf8');

/** The blocks of commands under a heading of the page, in their order. */
function commandsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const blocks = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  assert(blocks.length > 0, heading);
  return blocks;
}

/** As the page says, by the command that the tests install with. */
async function installAgain(): Promise<void> {
  await kubectl(['apply', '-k', new URL('../../deploy', import.meta.url).pathname]);
  await kubectl(['rollout', 'status', '-n', 'health-injector', 'deployment/health-injector-controller']);
  await eventually('the caBundle', 60, async () => {
    const { webhooks } = await get(['mutatingwebhookconfiguration', 'health-injector']);
    return webhooks.every(({ clientConfig }: any) => Boolean(clientConfig.caBundle));
  });
}

describe('the page of the stages of a rollout, on a real cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  const env = { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter) };
  useNamespace(namespace);
  before(async () => {
    const called = join(folder, 'health-injector');
    writeFileSync(called, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(called, 0o755);
    await apply(namespace, redis);
    await readyPod(namespace, 'redis', 90);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await kubectl(['delete', 'healthpolicy', 'audit', 'enforce', '--ignore-not-found']);
    await installAgain();
  });

  const redis = deployment('redis', { annotations: {}, container: { image: 'docker.io/local/redis:7' } });
  const run = async (commands: string): Promise<string> => {
    const { code, out, errors } = await runToEnd('bash', ['-euo', 'pipefail', '-c', commands], { env });
    assert.equal(code, 0, `${commands}${errors}`);
    return out;
  };
  /** Whether the newest Pod of the Deployment has a check of ours. */
  const isInjected = async (): Promise<boolean> => {
    const pod = await readyPod(namespace, 'redis', 90);
    return pod.spec.initContainers?.some(({ name }: any) => name === 'health-probe') ?? false;
  };

  it('counts everywhere and adds nothing', async () => {
    const [policies = '', look = '', explain = ''] = commandsUnder('1. Audit');
    await run(policies);
    await eventually('the count of the policy', 60, async () => {
      const out = await run(look);
      return /audit +Audit .* True /.test(out) && /enforce +Enforce .* True /.test(out) && /"audit":\d/.test(out);
    });
    const explained = await run(explain);
    assert.match(explained, /only audits/);
    assert.match(explained, /redis:\/\/:6379/);
    assert.equal(await isInjected(), false);
  });

  it('injects in one namespace, when its Pods are replaced', async () => {
    const [first = '', rest = ''] = commandsUnder('2. Enforce');
    await run(first);
    assert.equal(await isInjected(), true);
    await run(rest);
    await eventually('the count of the policy', 60, async () => {
      const { status } = await get(['healthpolicy', 'enforce']);
      return status?.injected > 0;
    });
    await run('health-injector missed -n shop || [ $? = 1 ]');
  });

  it('backs out of a workload', async () => {
    await run(commandsUnder('Back out of a workload').join(''));
    assert.equal(await isInjected(), false);
  });

  it('backs out of a namespace', async () => {
    await kubectl(['delete', 'deployment', 'redis', '-n', namespace, '--wait']);
    await apply(namespace, redis);
    assert.equal(await isInjected(), true, 'it is as it was before');
    const [label = '', disable = ''] = commandsUnder('Back out of a namespace');
    await run(label);
    await run('kubectl rollout status -n shop deployment/redis --timeout=120s');
    assert.equal(await isInjected(), false);
    await run(disable);
    await kubectl(['annotate', 'deployment', 'redis', '-n', namespace, 'health.example.com/pattern=sidecar']);
    await run('kubectl rollout restart -n shop deployment; kubectl rollout status -n shop deployment/redis');
    assert.equal(await isInjected(), false);
    await kubectl(['label', 'namespace', namespace, 'health.example.com/inject-', 'health-checks=enforce']);
  });

  it('stops in an emergency: policies, the webhook, the controller, and then the probes', async () => {
    const [off = '', webhook = '', controller = '', replace = ''] = commandsUnder('Emergency stop');
    await kubectl(['delete', 'deployment', 'redis', '-n', namespace, '--wait']);
    await run(off);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await apply(namespace, redis);
    assert.equal(await isInjected(), false, 'no policy adds anything');
    await kubectl(['annotate', 'deployment', 'redis', '-n', namespace, 'health.example.com/pattern=sidecar']);
    await run(`${replace}kubectl rollout status -n shop deployment/redis`);
    assert.equal(await isInjected(), true, 'an annotation still does');
    await run(webhook);
    await run(controller);
    await kubectl(['delete', 'deployment', 'redis', '-n', namespace, '--wait']);
    await apply(namespace, redis);
    await kubectl(['annotate', 'deployment', 'redis', '-n', namespace, 'health.example.com/pattern=sidecar']);
    await run(`${replace}kubectl rollout status -n shop deployment/redis`);
    assert.equal(await isInjected(), false, 'nothing does');
    await installAgain();
    await run('kubectl rollout restart -n shop deployment; kubectl rollout status -n shop deployment/redis');
    assert.equal(await isInjected(), true, 'it goes on');
  });
});
