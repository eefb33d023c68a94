import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal } from '../../check/check.ts';
import { commandCharacters } from '../pod/limits.ts';
import { type CommandLine, commandLineOf, isOptionOrSetting, runsOther } from './command-line.ts';
import { type Variables, readVariables } from './expansion.ts';
import { healthPortChecks } from './health-port.ts';
import { baseName, tagOf } from './image.ts';
import { endpointOf } from './endpoint.ts';
import { elsewhereRefusal } from './env-from.ts';
import { type PresetChecks, noGuess } from './guess.ts';
import type { Server } from './server.ts';
import type { Word } from './shell.ts';
import { presets } from './table.ts';
import { readServerSettings } from './server-settings.ts';

const byImage = Map.groupBy(
  presets.flatMap((preset) => preset.images.map((image) => ({ image, preset }))),
  ({ image }) => image,
);

/** The checks for a container of a well-known image or with a port for health; otherwise why none is known, as a clause. */
export function findChecks(container: V1Container): PresetChecks | Refusal {
  const { variables, line } = readContainer(container);
  const byName = imageChecks(container, line, variables);
  return isRefusal(byName) ? (healthPortChecks(container, line) ?? byName) : byName;
}

/** The same by the image alone. */
export function findServerChecks(container: V1Container): PresetChecks | Refusal {
  if (!byImage.has(baseName(container.image ?? ''))) return noGuess('nothing is known of its image');
  const { variables, line } = readContainer(container);
  return imageChecks(container, line, variables);
}

function readContainer(container: V1Container) {
  const { variables, expand } = readVariables(container);
  const line: CommandLine | Refusal = isReadable(container) ? commandLineOf(container, expand) : tooLong;
  return { variables, line };
}

/** Whether what the container is told is short enough to be read. */
function isReadable({ command, args, env }: V1Container): boolean {
  const texts = [
    ...(command ?? []),
    ...(args ?? []),
    ...(env ?? []).map(({ name, value }) => `${name}=${value ?? ''}`),
  ];
  return texts.reduce((sum, text) => sum + `${text}`.length, 0) <= commandCharacters;
}

const tooLong = noGuess(`its command, arguments and environment have more than ${commandCharacters} characters`);

/** The first row of its image that fits; where none does, why the first does not. */
function imageChecks(
  container: V1Container,
  line: CommandLine | Refusal,
  variables: Variables,
): PresetChecks | Refusal {
  const rows = byImage.get(baseName(container.image ?? ''));
  if (!rows) return noGuess('nothing is known of its image');
  if (isRefusal(line)) return line;
  const found = rows.map(({ preset }) => {
    const words = wordsOfServer(preset, line.program, line.words);
    return isRefusal(words) ? words : rowChecks(preset, container, words, variables);
  });
  return found.find((row) => !isRefusal(row)) ?? (found[0] as Refusal);
}

/** The arguments of the server, its subcommand the first; a refusal where the container runs something else. */
function wordsOfServer(
  { programs, subcommands, operand }: Server,
  program: string | undefined,
  words: readonly Word[],
): readonly Word[] | Refusal {
  if (program === undefined || programs.includes(program)) return words;
  const word = { raw: program, text: program };
  if (subcommands && Object.hasOwn(subcommands, program)) return [word, ...words];
  if (operand === 'file' && /\.(?:conf|cfg|properties|ya?ml)$/.test(program)) return [word, ...words];
  return runsOther(program);
}

function rowChecks(
  server: Server,
  container: V1Container,
  words: readonly Word[],
  variables: Variables,
): PresetChecks | Refusal {
  const name = baseName(container.image ?? '');
  if (server.exceptTags?.test(tagOf(container.image ?? ''))) return noGuess(`its tag is that of another ${name}`);
  const [first] = words;
  const subcommand = server.subcommands && first && !isOptionOrSetting(first) ? first.text : undefined;
  if (server.needsSubcommand && subcommand === undefined)
    return noGuess(`${name} serves nothing without an argument that says what`);
  if (subcommand !== undefined && !Object.hasOwn(server.subcommands ?? {}, subcommand)) {
    return runsOther(subcommand);
  }
  const settings = readServerSettings(container, server, subcommand === undefined ? words : words.slice(1), variables);
  if (isRefusal(settings)) return settings;
  if (settings.file !== undefined && server.filesHide === 'check') {
    return noGuess(`it reads a configuration that is not known: ${settings.file}`);
  }
  const usualPort = settings.usualPort ?? server.subcommands?.[subcommand ?? ''];
  const endpoint = endpointOf(
    { server, container, hasWords: words.length > 0 },
    { ...settings, ...(usualPort === undefined ? {} : { usualPort }) },
  );
  if (isRefusal(endpoint)) return endpoint;
  const doubt = settings.doubts?.find(({ text }) => text !== '' && text !== `${endpoint.port}`);
  if (doubt) return noGuess(`${doubt.place} may name another port or address`);
  const elsewhere = elsewhereRefusal(server, container, settings);
  if (elsewhere) return elsewhere;
  const { onlyWith } = server;
  if (onlyWith && !Object.entries(onlyWith).some(([key, value]) => variables.get(key) === value)) {
    const wanted = Object.entries(onlyWith).map(([key, value]) => `${key}=${value}`);
    return noGuess(`whether ${name} speaks TLS is known only with ${wanted.join(' or ')} in its env`);
  }
  const login = settings.login ?? loginOf(server, variables);
  const before = login === '' ? '' : `${login}@`;
  const prefix = settings.prefix ?? settings.externalPath ?? '';
  const fill = (check: string): string =>
    check
      .replace('//:PORT', () => `//${before}${check.startsWith('listen:') ? '' : endpoint.host}:${endpoint.port}`)
      .replace('/PREFIX', () => prefix);
  const isWeak = settings.isWeakened === true || (settings.file !== undefined && server.filesHide === 'readiness');
  const readiness = server.readiness ?? (settings.isQueueing ? server.check : undefined);
  return {
    check: fill(settings.isQueueing ? 'listen://:PORT' : server.check),
    readiness: readiness === undefined || isWeak ? undefined : fill(readiness),
    by: `image ${name}`,
  };
}

/** A login of which the container has every variable, or nothing. */
function loginOf({ logins }: Server, variables: Variables): string {
  const has = (name: string): boolean => (variables.get(name) ?? '') !== '';
  return logins?.find((text) => [...text.matchAll(/\$(\w+)/g)].every(([, name]) => has(name as string))) ?? '';
}
