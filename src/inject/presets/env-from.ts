import type { V1Container } from '@kubernetes/client-node';
import type { Refusal } from '../../check/check.ts';
import { noGuess } from './guess.ts';
import type { ServerSettings } from './server-settings.ts';
import type { Meaning, Server } from './server.ts';

/** What `envFrom` brings is not known: a variable that has a say in how to ask may be among it, or one of the port where none is declared. */
export function elsewhereRefusal(
  { variables = {} }: Server,
  { envFrom, ports }: V1Container,
  { port, addresses }: ServerSettings,
): Refusal | undefined {
  const sources = envFrom ?? [];
  const isSayable = (name: string): boolean => sources.some(({ prefix }) => name.startsWith(prefix ?? ''));
  const isPlaced = port !== undefined || addresses !== undefined || (ports ?? []).length > 0;
  const deciding = Object.entries(variables).find(
    ([name, meaning]) => isSayable(name) && (hiding.has(meaning) || (!isPlaced && placing.has(meaning))),
  );
  return deciding && noGuess(`its envFrom may bring ${deciding[0]}, which decides how it is asked`);
}

const hiding: ReadonlySet<Meaning> = new Set<Meaning>(['secured', 'mode', 'hidden', 'protocols', 'roles']);
const placing: ReadonlySet<Meaning> = new Set<Meaning>(['port', 'host', 'address', 'listeners', 'advertised']);
