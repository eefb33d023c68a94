import { eventually, get, kubectl } from './kubectl.ts';
import { deployment } from './deployment.ts';
import { sensorPath, sensorRoot } from './sensors.ts';

const root = new URL('../../../', import.meta.url).pathname;
const rightToMove = `${root}deploy/components/hardware-move/rbac.yaml`;
const system = 'health-injector';

/** What asks for the check of temperature, on a sensor that the test holds. */
export const asking = {
  pattern: 'hardware',
  check: 'temperature:?max=90C',
  'host-paths': `${sensorPath}:/sys`,
  period: '1s',
  'failure-threshold': '3',
};

/** A container that runs for so many seconds. */
export const sleeping = (seconds: number): Readonly<Record<string, unknown>> => ({
  image: 'docker.io/local/sleep:1',
  args: [String(seconds)],
});

/** A Deployment of which one Pod asks for the check. */
export const checked = (name: string): object =>
  deployment(name, { annotations: asking, container: sleeping(100_000) });

/** A Pod template of a Job or StatefulSet that asks for the check. */
export const template = (name: string, seconds: number, restartPolicy: string): object => ({
  metadata: {
    labels: { app: name },
    annotations: Object.fromEntries(Object.entries(asking).map(([key, value]) => [`health.example.com/${key}`, value])),
  },
  spec: {
    restartPolicy,
    // So long that a look at the Pods sees the condition that the eviction leaves.
    terminationGracePeriodSeconds: 3,
    containers: [{ name, imagePullPolicy: 'IfNotPresent', ...sleeping(seconds) }],
  },
});

const changes = {
  'deployment/health-injector': { HEALTH_INJECTOR_ALLOWED_HOST_PATHS: sensorRoot },
  'deployment/health-injector-controller': {
    HEALTH_INJECTOR_ALLOWED_HOST_PATHS: sensorRoot,
    HEALTH_INJECTOR_HARDWARE: 'move',
    HEALTH_INJECTOR_HARDWARE_MINIMUM_AGE_SECONDS: '3',
  },
};

async function set(wordsOf: (name: string, value: string) => string): Promise<void> {
  for (const [name, variables] of Object.entries(changes)) {
    const words = Object.entries(variables).map(([key, value]) => wordsOf(key, value));
    await kubectl(['set', 'env', '-n', system, name, ...words]);
    await kubectl(['rollout', 'status', '-n', system, name, '--timeout=120s']);
  }
}

/** Lets the controller move Pods and annotations name the sensors, for as long as the tests of the file run. */
export function useMoving(): void {
  before(async () => {
    await kubectl(['apply', '-f', rightToMove]);
    await set((key, value) => `${key}=${value}`);
  });
  after(async () => {
    await releaseAll();
    await set((key) => `${key}-`);
    await kubectl(['apply', '-k', `${root}deploy`]);
    await kubectl(['delete', '-f', rightToMove]);
    for (const name of Object.keys(changes)) {
      await kubectl(['rollout', 'status', '-n', system, name, '--timeout=120s']);
    }
  });
}

/** Makes objects while only this node, or these, takes Pods, so that their Pods are there. */
export async function only(node: string | readonly string[], make: () => Promise<unknown>): Promise<void> {
  const others = (await get(['nodes'])).items
    .map(({ metadata }: any) => metadata.name)
    .filter((name: string) => ![node].flat().includes(name));
  if (others.length > 0) await kubectl(['cordon', ...others]);
  try {
    await make();
  } finally {
    if (others.length > 0) await kubectl(['uncordon', ...others]);
  }
}

export const quarantines = async (): Promise<any[]> => (await get(['nodequarantines'])).items;

/** Releases every node as a person does. */
export const releaseAll = (): Promise<string> => kubectl(['delete', 'nodequarantines', '--all', '--wait']);

/** The messages of the Events about a node. */
export async function eventsOfNode(node: string): Promise<string[]> {
  const selector = `involvedObject.kind=Node,involvedObject.name=${node}`;
  const { items } = await get(['events', '-n', 'default', '--field-selector', selector]);
  return items.map((event: any) => `${event.reason}: ${event.message}`);
}

/** The Pod that holds the Lease. */
export async function leader(): Promise<any> {
  const { spec } = await get(['lease', 'health-injector-controller', '-n', system]);
  return get(['pod', '-n', system, spec.holderIdentity.split('_')[0]]);
}

/** A metric of the leader, by the beginning of its line. */
export async function metric(start: string): Promise<number> {
  const { metadata } = await leader();
  const path = `/api/v1/namespaces/${system}/pods/${metadata.name}:8080/proxy/metrics`;
  return sum(await kubectl(['get', '--raw', path]), start);
}

/** How many evictions the apiserver has answered so: 201 were accepted, and of 504 nobody waited for the answer, done or not. */
export async function evictions(code: number): Promise<number> {
  const lines = (await kubectl(['get', '--raw', '/metrics'])).split('\n');
  const wanted = lines.filter((line) => line.includes('subresource="eviction"') && line.includes(`code="${code}"`));
  return sum(wanted.join('\n'), 'apiserver_request_total');
}

const sum = (text: string, start: string): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(start))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);

/** Waits for so long, and then still finds it so: something that must not happen has had its time. */
export async function stays(seconds: number, look: () => Promise<void>): Promise<void> {
  const endMs = Date.now() + seconds * 1_000;
  while (Date.now() < endMs) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Waits for an Event about an object whose text is like this. */
export const told = (what: string, read: () => Promise<string[]>, like: RegExp, seconds = 30): Promise<string> =>
  eventually(what, seconds, async () => (await read()).find((text) => like.test(text)));
