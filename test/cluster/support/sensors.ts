import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nodes of the test cluster are processes of one machine: a path of the host is the same on all of them. */
const root = '/run/health-injector-sensors';

/**
 * The path to name in `host-paths`: it leads to a folder of the containerd that starts the container, of which every
 * node has its own, and on which the tree of that node is mounted.
 */
export const sensorPath = `${root}/sys`;

/** The administrator's allowlist for it. */
export const sensorRoot: string = root;

const folderOf = (node: string): string => join(root, node, 'class/hwmon/hwmon0');

const run = (): string => join(dirname(process.env['KUBECONFIG'] ?? ''), 'run');

const containerdOf = (node: string): string => readFileSync(join(run(), `containerd-${node}.pid`), 'utf8').trim();

/** Every node of the cluster, of which there are two or more. */
export const sensorNodes = (): string[] =>
  readdirSync(run())
    .flatMap((file) => /^containerd-(node-.+)\.pid$/.exec(file)?.[1] ?? [])
    .toSorted();

/** What a node's one sensor shows from now on: whole degrees, or any text; a sensor that had vanished is there again. */
export function setSensor(node: string, shows: number | string): void {
  mkdirSync(folderOf(node), { recursive: true });
  writeFileSync(join(folderOf(node), 'name'), 'coretemp\n');
  writeFileSync(join(folderOf(node), 'temp1_label'), 'Package id 0\n');
  const text = typeof shows === 'number' ? `${shows * 1_000}` : shows;
  const input = join(folderOf(node), 'temp1_input');
  // Who opens a pipe waits for one who reads it.
  if (statSync(input, { throwIfNoEntry: false })?.isFIFO()) rmSync(input);
  writeFileSync(input, `${text}\n`);
}

/** Has a node's sensor hold whoever reads it, for ever. */
export function blockSensor(node: string): void {
  const input = join(folderOf(node), 'temp1_input');
  rmSync(input);
  execFileSync('mkfifo', [input]);
}

/** Takes a node's sensor away. */
export const removeSensor = (node: string): void => rmSync(folderOf(node), { recursive: true, force: true });

/** Makes all sensors cool. */
export const coolDown = (): void => sensorNodes().forEach((node) => setSensor(node, 40));

/** Gives every node a sensor tree of its own for as long as the tests of the file run. */
export function useSensors(): void {
  before(() => {
    coolDown();
    rmSync(sensorPath, { force: true });
    symlinkSync('/proc/self/attr', sensorPath);
    for (const node of sensorNodes())
      execFileSync('mount', ['--bind', join(root, node), `/proc/${containerdOf(node)}/attr`]);
  });
  after(() => {
    // Lazily: a container that is still there holds it.
    for (const node of sensorNodes()) execFileSync('umount', ['--lazy', `/proc/${containerdOf(node)}/attr`]);
    rmSync(root, { recursive: true, force: true });
  });
}
