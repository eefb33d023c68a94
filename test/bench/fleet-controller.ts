import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../support/eventually.ts';
import { clusterOf, itemsOf, send, total } from './apiserver.ts';
import { bindingsPath, controllerBinding, controllerTokenPath, podsPath } from './fleet-objects.ts';

/** About what Node gives itself in a container of the limit that deploy has; the nursery is as there. */
const heapMiB = 96;

/** A controller that runs, and what it says of its evictions. */
export type Controller = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly evicted: { uid: string; atMs: number }[];
};

/**
 * Starts the built controller in the mode `move`, as in a Pod: with the files of a ServiceAccount where a Pod has them,
 * in a mount namespace of its own. Waits until it has seen all Pods.
 */
export async function startController(...settings: string[]): Promise<Controller> {
  const account = await mkdtemp(join(tmpdir(), 'fleet-account-'));
  const { host, port, ca } = clusterOf();
  await send('POST', bindingsPath, controllerBinding).catch(() => undefined);
  const { status } = (await send('POST', controllerTokenPath, {})) as { status: { token: string } };
  writeFileSync(join(account, 'ca.crt'), ca);
  writeFileSync(join(account, 'token'), status.token, { mode: 0o600 });
  const place = '/var/run/secrets/kubernetes.io/serviceaccount';
  const mounted = `mount -t tmpfs none /run && mkdir -p ${place} && cp ${account}/* ${place} && rm -r ${account} && exec "$@"`;
  const shell = ['--mount', 'sh', '-c', mounted, 'sh', process.execPath];
  const node = ['--max-semi-space-size=2', `--max-old-space-size=${heapMiB}`, 'dist/controller.js'];
  const own = ['--listen=127.0.0.1:18081', '--hardware=move', '--hardware-minimum-age-seconds=0'];
  const child = spawn('unshare', [...shell, ...node, ...own, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, MALLOC_ARENA_MAX: '1', KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port },
  });
  process.once('exit', () => child.kill());
  const evicted: Controller['evicted'] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Record<string, string>;
    if (said['result'] === 'evicted') evicted.push({ uid: said['uid'] ?? '', atMs: Date.parse(said['time'] ?? '') });
    else if (Number(said['level']) > 30) process.stdout.write(`    ${line.slice(0, 300)}\n`);
  });
  const all = (await itemsOf(podsPath)).length;
  const seen = async () => {
    const text = await (await fetch('http://127.0.0.1:18081/metrics')).text();
    return total(text, 'health_injector_hardware_pods{state="all"}') >= all;
  };
  await eventually('the controller has seen all Pods', 60_000, seen, 250);
  return { child, pid: child.pid as number, evicted };
}

export async function stop({ child }: Controller): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}
