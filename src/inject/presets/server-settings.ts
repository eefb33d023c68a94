import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal, quote } from '../../check/check.ts';
import { type Address, type Listening, isComplete, readAddresses, readHost, readPort } from './address.ts';
import { type Argument, meaningOf, optionName, readArguments } from './arguments.ts';
import type { Variables } from './expansion.ts';
import { noGuess } from './guess.ts';
import { holdsFile, pathOfUrl } from './paths.ts';
import type { Meaning, Server } from './server.ts';
import type { Word } from './shell.ts';
import { isSuspicious } from './suspicious.ts';

/** What a server is told about how it is reached. */
export type ServerSettings = {
  readonly port?: number;
  readonly hosts?: readonly Listening[];
  readonly addresses?: readonly Address[];
  readonly advertised?: readonly Address[];
  readonly usualPort?: number;
  readonly prefix?: string;
  readonly externalPath?: string;
  /** The login that it was given by a variable, as a check has it. */
  readonly login?: string;
  /** What names a configuration that is not known, as a clause has it. */
  readonly file?: string;
  readonly isWeakened?: boolean;
  /** Whether it answers nobody else while it is full. */
  readonly isQueueing?: boolean;
  /** Variables that may name the port, and are harmless where they name the one that is asked. */
  readonly doubts?: readonly { readonly place: string; readonly text: string }[];
};

/** What was said, and where: the clause names the place, and never what was said. */
type Statement = { readonly meaning: Meaning; readonly value: Word; readonly place: string };

/** Everything that the container says to the server, the variables first: an argument outweighs them. */
export function readServerSettings(
  container: V1Container,
  server: Server,
  words: readonly Word[],
  variables: Variables,
): ServerSettings | Refusal {
  let settings: ServerSettings = { doubts: doubtsIn(variables, server) };
  for (const [name, text] of variables) {
    const meaning = meaningOf(server.variables, name, server.patterns);
    if (meaning === undefined) continue;
    const statement = { meaning, value: { raw: text, text }, place: `its variable ${quote(name)}` };
    const after = apply(settings, statement, server);
    if (isRefusal(after)) return after;
    settings = after;
  }
  const fromVariables = settings;
  const afterWords = applyWords({}, words, server);
  if (isRefusal(afterWords)) return afterWords;
  settings = { ...fromVariables, ...afterWords };
  const mount = (container.volumeMounts ?? []).find(({ mountPath }) => holdsFile(mountPath, server.files ?? []));
  return mount ? { ...settings, file: `what is mounted at ${quote(`${mount.mountPath}`)}` } : settings;
}

/** The variables that may name the port although the vocabulary does not have them. */
const doubtsIn = (variables: Variables, server: Server): NonNullable<ServerSettings['doubts']> =>
  [...variables]
    .filter(
      ([name]) =>
        meaningOf(server.variables, name, server.patterns) === undefined &&
        server.harmless?.test(name) !== true &&
        isSuspicious(name, server, 'variable'),
    )
    .map(([name, text]) => ({ place: `its variable ${quote(name)}`, text }));

function applyWords(before: ServerSettings, words: readonly Word[], server: Server): ServerSettings | Refusal {
  const { options, operands } = readArguments(words, server);
  let settings = before;
  for (const option of options) {
    const statement = statementOf(option, server);
    const after = statement ? apply(settings, statement, server) : settings;
    if (isRefusal(after)) return after;
    settings = after;
  }
  const open = operands.find(({ text }) => !isComplete(text));
  if (open) return noGuess('one of its arguments comes from a variable that is not known');
  const pairs = operands.filter(({ text }) => text.startsWith('cfg:'));
  const after = applyPairs(
    settings,
    pairs.map(({ raw, text }) => ({ raw: raw.slice(4), text: text.slice(4) })),
    server,
  );
  if (isRefusal(after)) return after;
  const [operand] = operands;
  if (server.operand === 'file' && operand && words[0] === operand)
    return { ...after, file: 'a file of its arguments' };
  return after;
}

function statementOf({ name, shown, meaning, value }: Argument, server: Server): Statement | undefined {
  const place = `its argument ${quote(shown)}`;
  const given = value ?? { raw: '', text: '' };
  if (meaning !== undefined) return { meaning, value: given, place };
  if (!isComplete(name)) return { meaning: 'hidden', value: given, place: 'an argument that is not known' };
  if (server.harmless?.test(name)) return undefined;
  return isSuspicious(name, server, 'option') ? { meaning: 'hidden', value: given, place } : undefined;
}

const no: ReadonlySet<string> = new Set([
  '',
  'no',
  'false',
  'off',
  '0',
  'disable',
  'disabled',
  'none',
  'http',
  'allowtls',
  'allowssl',
  'plain',
]);

/** The settings after one more statement; a refusal where that leaves open how to ask it. */
function apply(
  settings: ServerSettings,
  { meaning, value, place }: Statement,
  server: Server,
): ServerSettings | Refusal {
  const { text } = value;
  const isNo = no.has(text.toLowerCase());
  const isFlag = text === '' && place.startsWith('its argument');
  switch (meaning) {
    case 'harmless':
      return settings;
    case 'hidden':
      return text === '' && !isFlag ? settings : hidden(place);
    case 'secured':
    case 'mode':
      return isNo && !isFlag ? settings : hidden(place);
    case 'protocols':
      return isComplete(text) && !text.includes('SSL') ? settings : hidden(place);
    case 'roles':
      return text.includes('broker') ? settings : noGuess(`${place} may make it no broker`);
    case 'net':
      return text === 'tcp' ? settings : hidden(place);
    case 'weakening':
      return isNo && !isFlag ? settings : { ...settings, isWeakened: true };
    case 'queueing':
      return { ...settings, isQueueing: true };
    case 'file':
      return { ...settings, file: place };
    case 'password':
      return applyPassword(settings, value, place);
    case 'pair':
      return applyPair(settings, value, server);
    case 'pairs':
      return isComplete(text) ? applyPairs(settings, wordsOf(text.replaceAll(',', ' ')), server) : hidden(place);
    case 'words':
      return isComplete(text) ? applyWords(settings, wordsOf(text), server) : hidden(place);
    case 'prefix':
    case 'external-url': {
      const path = pathOfUrl(text);
      if (path === undefined) return noGuess(`${place} names a path that is not known`);
      return meaning === 'prefix' ? { ...settings, prefix: path } : { ...settings, externalPath: path };
    }
    case 'port':
    case 'host':
    case 'address':
    case 'listeners':
    case 'advertised':
      if (text === '') return isFlag ? noGuess(`${place} names no address`) : settings;
      return applyPlace(settings, { meaning, value, place });
    default:
      return isNo && !isFlag ? settings : { ...settings, usualPort: meaning };
  }
}

function applyPlace(
  settings: ServerSettings,
  { meaning, value: { text }, place }: Statement,
): ServerSettings | Refusal {
  if (meaning === 'port') {
    const port = readPort(text);
    return port === undefined ? noGuess(`${place} names a port that is not known`) : { ...settings, port };
  }
  if (meaning === 'host') {
    const hosts = text
      .split(/[\s,]+/)
      .filter((host) => host !== '')
      .map(readHost);
    return withinLimit({ ...settings, hosts: [...(settings.hosts ?? []), ...hosts] });
  }
  if (meaning !== 'advertised')
    return withinLimit({
      ...settings,
      addresses: [...(settings.addresses ?? []), ...readAddresses(listenersIn(text))],
    });
  return { ...settings, advertised: readAddresses(listenersIn(text)) };
}

/** More addresses are no server's, and each is copied when another comes. */
const mostAddresses = 64;

const withinLimit = (settings: ServerSettings): ServerSettings | Refusal =>
  Math.max(settings.hosts?.length ?? 0, settings.addresses?.length ?? 0) > mostAddresses
    ? noGuess(`it is told to listen on more than ${mostAddresses} addresses`)
    : settings;

/** Kafka's listener of its controllers speaks to them alone. */
const listenersIn = (text: string): string =>
  text.includes('CONTROLLER:')
    ? text
        .split(',')
        .filter((each) => !each.trim().startsWith('CONTROLLER:'))
        .join(',')
    : text;

function applyPairs(before: ServerSettings, pairs: readonly Word[], server: Server): ServerSettings | Refusal {
  let settings = before;
  for (const pair of pairs) {
    const after = applyPair(settings, pair, server);
    if (isRefusal(after)) return after;
    settings = after;
  }
  return settings;
}

function applyPair(settings: ServerSettings, { raw, text }: Word, server: Server): ServerSettings | Refusal {
  const at = text.indexOf('=');
  const name = optionName(at < 0 ? text : text.slice(0, at));
  const value = { raw: raw.slice(raw.indexOf('=') + 1), text: at < 0 ? '' : text.slice(at + 1) };
  const shown = at < 0 ? text : text.slice(0, at);
  const statement = statementOf(
    { name, shown, meaning: meaningOf(server.options, name, server.patterns), value, takesValue: true },
    server,
  );
  return statement ? apply(settings, statement, server) : settings;
}

/** The password is known where it is a variable of the container. */
function applyPassword(settings: ServerSettings, { raw }: Word, place: string): ServerSettings | Refusal {
  const [, name] = /^\$\((\w+)\)$/.exec(raw) ?? [];
  return name === undefined ? hidden(place) : { ...settings, login: `:$${name}` };
}

const wordsOf = (text: string): Word[] =>
  text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({ raw: word, text: word }));

const hidden = (place: string): Refusal => noGuess(`${place} may mean a login, TLS or another address`);
