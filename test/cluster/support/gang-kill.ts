import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { leader } from './hardware.ts';
import { eventually, get, kubectl } from './kubectl.ts';
import { pidOf } from './pid-of.ts';

const system = 'health-injector';

/** A column of a watch, and whether a line of it shows that a step of a move is done; `first` is its first line. */
type Step = {
  readonly what: string;
  readonly watch: string;
  readonly column: string;
  readonly isDone: (line: string, first: string) => boolean;
};

const steps: readonly Step[] = [
  {
    what: 'while a Pod is not ready',
    watch: 'pods',
    column: '.status.conditions[?(@.type=="Ready")].status',
    isDone: (line) => line === 'False',
  },
  {
    what: 'with the quarantine written',
    watch: 'nodequarantines',
    column: '.metadata.name',
    isDone: (line) => line !== '',
  },
  {
    what: 'with the quarantine in force',
    watch: 'nodequarantines',
    column: '.status.observedGenerations',
    isDone: (line) => line.startsWith('map'),
  },
  {
    what: 'with a Pod evicted',
    watch: 'pods',
    column: '.status.conditions[?(@.type=="DisruptionTarget")].reason',
    isDone: (line) => line === 'EvictionByEvictionAPI',
  },
  {
    what: 'while the gang starts',
    watch: 'jobsets',
    column: '.status.restarts',
    isDone: (line, first) => line !== first,
  },
];

/** Later runs are killed a little later in their step. */
const delayMs = 40;

type Killing = {
  /** Resolves once the controller is killed, with where that met it. */
  readonly killed: Promise<string>;
  /** Resolves once a controller leads again, and as many as before run. */
  readonly isLed: () => Promise<void>;
};

/** Kills the leader by SIGKILL once the next move of a gang of this namespace has come to a step, which the run counts out. */
export async function killInStep(run: number, namespace: string): Promise<Killing> {
  const step = steps[run % steps.length] as Step;
  const lateMs = Math.floor(run / steps.length) * delayMs;
  const { metadata } = await leader();
  const before = await holder();
  const pid = pidOf(metadata.uid, 'dist/controller.js');
  const { watch, column } = step;
  const args = ['get', watch, '-n', namespace, '--watch', '--no-headers', '-o', `custom-columns=IS:${column}`];
  const child = spawn('kubectl', args);
  const killed = new Promise<string>((resolve) => {
    let first: string | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const value = line.trim();
      first ??= value;
      if (!step.isDone(value, first)) return;
      child.kill();
      setTimeout(() => {
        process.kill(pid, 'SIGKILL');
        resolve(`${step.what}, ${lateMs} ms later`);
      }, lateMs);
    });
  });
  // The watch has begun.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return {
    killed,
    async isLed() {
      // The container that was killed may lead again, by another identity.
      await eventually('another leader', 60, async () => (await holder()) !== before);
      // A container that is killed again and again is started later each time.
      await kubectl(['delete', 'pod', '-n', system, metadata.name, '--wait=false']);
      await kubectl(['rollout', 'status', '-n', system, 'deployment/health-injector-controller', '--timeout=60s']);
    },
  };
}

const holder = async (): Promise<string> =>
  (await get(['lease', 'health-injector-controller', '-n', system])).spec.holderIdentity;
