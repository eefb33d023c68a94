import { kubectl } from './kubectl.ts';

/** The minor version of the apiserver: 36 of 1.36.3. */
export async function serverMinor(): Promise<number> {
  const { minor } = JSON.parse(await kubectl(['get', '--raw', '/version']));
  return Number.parseInt(minor, 10);
}

/** Writes into the output of a run what holds on this version in the place of a feature: nothing is left out in silence. */
export const sayOnVersion = (minor: number, sentence: string): void =>
  void process.stdout.write(`      on 1.${minor}: ${sentence}\n`);
