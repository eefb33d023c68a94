import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal, refuse } from '../../check/check.ts';
import { commandCharacters } from '../pod/limits.ts';
import { type Preset, presets } from './table.ts';

/** Checks that were found rather than written, and by what; `readiness` where it has one of its own. */
export type PresetChecks = { readonly check: string; readonly readiness: string | undefined; readonly by: string };

const byImage = Map.groupBy(
  presets.flatMap((preset) => preset.images.map((image) => ({ image, preset }))),
  ({ image }) => image,
);

/** The checks for a container of a well-known image or with a port for health; otherwise why none is known, as a clause. */
export function findChecks(container: V1Container): PresetChecks | Refusal {
  const byName = imageChecks(container);
  return isRefusal(byName) ? (healthPortChecks(container) ?? byName) : byName;
}

/** The first row of its image that fits; where none does, why the first does not. */
function imageChecks(container: V1Container): PresetChecks | Refusal {
  const name = baseName(container.image ?? '');
  const words = wordsOf(container);
  if (words.reduce((sum, word) => sum + word.length, 0) > commandCharacters) {
    return unknown(`its command, arguments and environment have more than ${commandCharacters} characters`);
  }
  const rows = (byImage.get(name) ?? []).map(({ preset }) => rowChecks(name, preset, container, words));
  return rows.find((row) => !isRefusal(row)) ?? rows[0] ?? unknown('nothing is known of its image');
}

function rowChecks(
  name: string,
  preset: Preset,
  container: V1Container,
  words: readonly string[],
): PresetChecks | Refusal {
  const port = portOf(container, preset.ports, words);
  if (port === undefined) {
    return unknown(`it declares no port on which ${name} is known to listen: ${preset.ports.join(', ')}`);
  }
  const { onlyWith } = preset;
  if (onlyWith && !container.env?.some(({ name: key, value }) => key === onlyWith.name && value === onlyWith.value)) {
    return unknown(`whether ${name} speaks TLS is known only with ${onlyWith.name}=${onlyWith.value} in its env`);
  }
  const login = loginOf(container, preset);
  if (isTold(words, preset.encrypted) || (login === '' && isTold(words, preset.hidden))) {
    return unknown(`${name} is started in a way that may ask for a login or TLS`);
  }
  const fill = (check: string): string => check.replace('PORT', `${port}`).replace('//', `//${login}`);
  return { check: fill(preset.check), readiness: preset.readiness && fill(preset.readiness), by: `image ${name}` };
}

const unknown = (why: string): Refusal => refuse(why, 'a check');

/** The last segment of an image reference without registry, tag and digest. */
export function baseName(image: string): string {
  const [reference = ''] = image.split('@', 1);
  const [name = ''] = reference.slice(reference.lastIndexOf('/') + 1).split(':', 1);
  return name.toLowerCase();
}

/**
 * A usual port that the container declares; without any, the only usual one. A port that is not the usual one may be
 * that of the metrics, and asking it would restart a server that is well.
 */
function portOf(container: V1Container, usual: readonly number[], words: readonly string[]): number | undefined {
  const declared = (container.ports ?? []).map(({ containerPort }) => containerPort);
  if (declared.length > 0) return usual.find((port) => declared.includes(port));
  return usual.length === 1 && portsTold(words).every((port) => port === usual[0]) ? usual[0] : undefined;
}

/** The numbers behind `-p` or a word that ends like `port` or `port_80`: `--port 80`, `PORT=80`, `-p 80`. */
function portsTold(words: readonly string[]): number[] {
  const tokens = words
    .join(' ')
    .toLowerCase()
    .split(/[\s=:]+/);
  return tokens.flatMap((token, index) => {
    const [digits] = /^\d+/.exec(tokens[index + 1] ?? '') ?? [];
    return digits !== undefined && (token === '-p' || namesPort(token)) ? Number(digits) : [];
  });
}

function namesPort(token: string): boolean {
  const at = token.lastIndexOf('port');
  return at >= 0 && /^\w*$/.test(token.slice(at));
}

/** What stands before the host of a check: empty, or a login of which the container has every variable, with its `@`. */
function loginOf({ env }: V1Container, { logins }: Preset): string {
  const has = (name: string): boolean => env?.some((entry) => entry.name === name && entry.value !== '') ?? false;
  const login = logins?.find((text) => [...text.matchAll(/\$(\w+)/g)].every(([, name]) => has(name as string)));
  return login === undefined ? '' : `${login}@`;
}

const isTold = (words: readonly string[], told: Preset['hidden']): boolean =>
  told !== undefined && words.some((word) => told(word));

/** What the server is told: its command line, and its variables as `NAME=value`. */
const wordsOf = ({ command, args, env }: V1Container): string[] => [
  ...(command ?? []),
  ...(args ?? []),
  ...(env ?? []).map(({ name, value }) => `${name}=${value ?? ''}`),
];

/** The names of ports that say what answers there; a name that does not say the path is only connected to. */
const checksByPortName: Readonly<Record<string, string>> = {
  healthz: 'http://:PORT/healthz',
  livez: 'http://:PORT/livez',
  health: 'tcp://:PORT',
  probes: 'tcp://:PORT',
  'grpc-health': 'grpc://:PORT',
  'health-grpc': 'grpc://:PORT',
};

/** The check of a container that declares a port whose name says that health is asked there. */
function healthPortChecks({ ports = [] }: V1Container): PresetChecks | undefined {
  for (const { name = '', containerPort, protocol = 'TCP' } of ports) {
    const check = Object.hasOwn(checksByPortName, name) ? checksByPortName[name] : undefined;
    if (check === undefined || protocol !== 'TCP') continue;
    return { check: check.replace('PORT', `${containerPort}`), readiness: undefined, by: `port ${name}` };
  }
  return undefined;
}
