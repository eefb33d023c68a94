import { type Check, type Refusal, refuse } from './check.ts';
import { variableOf } from './kinds.ts';

const longestName = 64;
const longestValue = 256;

/** The agent writes these itself, or they are about the connection and not the request. */
const own: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-version',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** These are made to hold a secret. */
const secret: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** What was expected in place of this name of a header; undefined for one that a check may give, as the apiserver takes them in a probe. */
export function expectedOfHeaderName(name: string): string | undefined {
  if (name.length > longestName || !/^[A-Za-z0-9-]+$/.test(name)) {
    return '1 to 64 letters, digits and dashes in place of NAME';
  }
  const plain = name.toLowerCase();
  if (plain === 'host') return 'host-header for this one';
  return own.has(plain) ? 'none that the agent writes itself' : undefined;
}

/** True for a kind of option whose value is not to be repeated. */
export const mayBeSecret = (kind: string): boolean => kind === 'header' || kind === 'secret';

/** The refusal of a value that may be a secret; undefined for `$NAME` and, of a header, for a text that can be sent. */
export function refusalOfValue(option: string, kind: string, value: string | undefined): Refusal | undefined {
  if (value !== undefined && variableOf(value) !== undefined) return undefined;
  if (kind === 'secret') {
    return refuse(`option ${option} is written out`, `$NAME of an environment variable or ?${option}-file=PATH`);
  }
  const name = headerName(option) ?? '';
  if (secret.has(name.toLowerCase())) {
    return refuse(`option ${option} is written out`, `$NAME of an environment variable or ?header-file.${name}=PATH`);
  }
  if (value !== undefined && value.length <= longestValue && /^[!-#%-~]([ -~]*[!-~])?$/.test(value)) return undefined;
  return refuse(
    `option ${option} holds what cannot be sent`,
    '$NAME of an environment variable, or 1 to 256 characters of ASCII without $ or a space in front',
  );
}

/** The header that an option gives; undefined where it gives none. */
export const headerName = (option: string): string | undefined => /^header(?:-file)?\.([^]*)$/.exec(option)?.[1];

/** The refusal of a header that comes from two places; undefined where there is none. */
export function headerGivenTwice(options: ReadonlyMap<string, string>): Refusal | undefined {
  const names = new Set<string>();
  for (const option of options.keys()) {
    const name = headerName(option);
    if (name === undefined) continue;
    if (names.has(name.toLowerCase())) return refuse(`header ${name} is given twice`, 'once');
    names.add(name.toLowerCase());
  }
  return undefined;
}

/** The refusal of a check that would say twice whose it is; undefined where it says so once, or not. */
export function authorizationGivenTwice({
  user,
  password,
  options,
}: Pick<Check, 'user' | 'password' | 'options'>): Refusal | undefined {
  const hasLogin = user !== '' || password !== '' || options.has('password-file');
  const given = [...options.keys()].filter(
    (option) => /^(creds|nkey|token)(-file)?$/.test(option) || headerName(option)?.toLowerCase() === 'authorization',
  );
  const [first, second] = hasLogin ? ['login', given[0]] : [`option ${given[0]}`, given[1]];
  return second === undefined ? undefined : refuse(`${first} is given with ${second}`, 'one of the two');
}
