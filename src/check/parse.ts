import { parseAddress, parseLogin, passwordWrittenOut } from './address.ts';
import { type Check, type Refusal, isRefusal, quote, refuse, refuseName } from './check.ts';
import { authorizationGivenTwice, headerGivenTwice } from './headers.ts';
import { isDnsName } from './kinds.ts';
import { checksTable, decode, parseOptions } from './options.ts';
import { brokenRule } from './rules.ts';
import { type Scheme, schemeNames, schemes } from './schemes.ts';
import { splitWords } from './words.ts';

const longest = 2048;
/** In bytes, `sun_path` of unix(7) less the zero at its end. */
const longestSocket = 107;

const example = 'a URL such as http://:8080/healthz';

/** Reads a check; a program that reads the same ones again and again makes one that remembers. */
export type CheckParser = (text: string) => Check | Refusal;

/** How many texts a parser remembers; the oldest go. */
const rememberedTexts = 256;

/**
 * Makes a parser that remembers. The Pods of one Deployment all come with the same checks, and reading a check takes a
 * twentieth of the time that a whole review takes.
 */
export function createCheckParser(): CheckParser {
  const results = new Map<string, Check | Refusal>();
  return (text) => {
    const known = results.get(text);
    if (known) return known;
    const result = parseCheck(text);
    if (results.size >= rememberedTexts) results.delete(results.keys().next().value ?? '');
    results.set(text, result);
    return result;
  };
}

/** Reads one check; every text is either a check or a refusal in one sentence, the same one that the agent gives. */
export function parseCheck(text: string): Check | Refusal {
  if (Buffer.byteLength(text) > longest) return refuse(`check is longer than ${longest} bytes`, `at most ${longest}`);
  const [, named, rest] = /^(?:([^:]*?)=)?([^]*)$/.exec(text) as unknown as [string, string | undefined, string];
  if (named !== undefined && !/^[a-z0-9-]{1,63}$/.test(named)) {
    return refuse(`name is ${quote(named)}`, 'lower-case letters, digits and dashes, at most 63');
  }
  const colon = rest.indexOf(':');
  if (colon < 0) return refuse(`check is ${quote(text)}`, example);
  const scheme = rest.slice(0, colon);
  const row = schemes.get(scheme);
  if (!row) {
    const list = { names: schemeNames, what: 'a scheme', page: checksTable, ...meantWithTls(scheme) };
    return refuseName(`scheme is ${quote(scheme)}`, `one of ${schemeNames.join(', ')}`, { name: scheme, list });
  }
  const blank = { ...empty, text, name: named ?? '', scheme };
  const body = rest.slice(colon + 1);
  if (row.target === 'command') {
    const command = splitWords(body);
    return isRefusal(command) ? command : { ...blank, command };
  }
  const odd = [...body].find((character) => character < '!' || character > '~' || character === '#');
  if (odd !== undefined) return refuse(`check holds the character ${quote(odd)}`, 'it percent-encoded');
  return parseUrl(body, row, blank);
}

/** Other programs write `rediss` and `amqps`: redis is near, and asks in the clear. */
function meantWithTls(scheme: string): { readonly meant?: string } {
  const plain = scheme.endsWith('s') ? scheme.slice(0, -1) : '';
  return schemes.get(plain)?.options.has('tls') ? { meant: `${plain} with the option tls` } : {};
}

const empty: Check = {
  text: '',
  name: '',
  scheme: '',
  host: '',
  port: null,
  socket: '',
  user: '',
  password: '',
  path: '',
  options: new Map(),
  command: [],
  env: [],
  files: [],
};

function parseUrl(body: string, row: Scheme, blank: Check): Check | Refusal {
  const mark = body.indexOf('?');
  const front = mark < 0 ? body : body.slice(0, mark);
  const target = parseTarget(front, body, row, blank);
  if (isRefusal(target)) return target;
  const options = parseOptions(mark < 0 ? '' : body.slice(mark + 1), blank.scheme, row);
  if (isRefusal(options))
    return row.credentials ? withoutSecret(options, afterAuthority(body), row, blank.scheme) : options;
  if (target.password !== '' && options.values.has('password-file')) {
    return refuse('password is given twice', 'either $NAME of an environment variable or ?password-file=PATH');
  }
  const twice = headerGivenTwice(options.values) ?? authorizationGivenTwice({ ...target, options: options.values });
  if (twice) return twice;
  const read = {
    ...target,
    options: options.values,
    env: [...new Set([...target.env, ...options.env])],
    files: [...target.files, ...options.files],
  };
  if (row.target !== 'address') return brokenRule(read, row) ?? read;
  const check = placed(read, row);
  if (isRefusal(check)) return withoutSecret(check, afterAuthority(body), row, blank.scheme);
  return brokenRule(check, row) ?? check;
}

/** The check with its socket, or with its port, of which one has to be known. */
function placed(check: Check, row: Scheme): Check | Refusal {
  const socket = check.socket || (check.options.get('socket') ?? '');
  if (socket !== '' && (check.host !== '' || check.port !== null)) {
    const received = check.socket === '' ? 'option socket is given' : `path is ${quote(check.socket)}`;
    return refuse(`${received} with a host or port`, 'one of the two');
  }
  if (Buffer.byteLength(socket) > longestSocket) {
    return refuse(`socket is ${quote(socket)}`, `a path of at most ${longestSocket} bytes`);
  }
  if (socket !== '') return { ...check, socket };
  const port = check.port ?? row.port;
  return port === null ? refuse('port is missing', 'a number from 1 to 65535') : { ...check, port };
}

function parseTarget(front: string, body: string, row: Scheme, blank: Check): Check | Refusal {
  const { scheme } = blank;
  if (row.target === 'none') {
    return front === '' ? blank : refuse(`${scheme} is followed by ${quote(front)}`, 'nothing but ?OPTIONS');
  }
  if (row.target === 'address') {
    if (front.startsWith('//')) return parseNetwork(front.slice(2), afterAuthority(body), row, blank);
    return withoutSecret(refuse(`${scheme} is followed by ${quote(front)}`, '//[HOST][:PORT]'), body, row, scheme);
  }
  if (row.target === 'name') {
    if (!front.startsWith('//')) return refuse(`${scheme} is followed by ${quote(front)}`, '//NAME');
    const name = front.slice(2);
    const fits = /^(?!\.)[A-Za-z0-9._:@-]{1,63}$/.test(name);
    return fits ? { ...blank, path: name } : refuse(`name is ${quote(name)}`, 'that of a device');
  }
  if (row.target === 'condition') {
    if (!front.startsWith('//')) return refuse(`${scheme} is followed by ${quote(front)}`, '//CONDITION');
    const type = front.slice(2);
    return conditionRefusal(type) ?? { ...blank, path: type };
  }
  if (!front.startsWith('///')) return refuse(`${scheme} is followed by ${quote(front)}`, '///PATH');
  const path = front.slice(2);
  if (path === '/') return refuse('path is missing', `one for ${scheme}`);
  const file = decode(path);
  if (file === undefined) return refuse(`path is ${quote(path)}`, 'percent-encoded UTF-8');
  return { ...blank, path, files: row.target === 'file' ? [file] : [] };
}

function parseNetwork(front: string, after: string, row: Scheme, blank: Check): Check | Refusal {
  const { scheme } = blank;
  const slash = front.indexOf('/');
  const path = slash < 0 ? '' : front.slice(slash);
  const authority = slash < 0 ? front : front.slice(0, slash);
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !row.credentials) return refuse('login is given', `none for ${scheme}`);
  const login = parseLogin(at < 0 ? '' : authority.slice(0, at));
  if (isRefusal(login)) return login;
  const address = parseAddress(authority.slice(at + 1));
  if (isRefusal(address)) return withoutSecret(address, after, row, scheme);
  if (row.path === 'none' && path !== '') {
    const refusal = refuse(`path is ${quote(path)}`, `none for ${scheme}`);
    return row.credentials ? withoutSecret(refusal, after, row, scheme) : refusal;
  }
  if (row.path === 'required' && path.length < 2) return refuse('path is missing', `one for ${scheme}`);
  if (row.path !== 'socket' || path === '') return { ...blank, ...login, ...address, path };
  const socket = decode(path);
  if (socket === undefined || socket === '/') {
    const expected = socket === '/' ? 'the path of a socket' : 'percent-encoded UTF-8';
    return withoutSecret(refuse(`path is ${quote(path)}`, expected), after, row, scheme);
  }
  return { ...blank, ...login, ...address, socket, files: [socket] };
}

/** A `/` or a `?` in a password ends the authority early, and a refusal would repeat what comes after; an `@` further on tells. */
function withoutSecret(refusal: Refusal, after: string, row: Scheme, scheme: string): Refusal {
  if (!after.includes('@')) return refusal;
  return row.credentials ? passwordWrittenOut : refuse('login is given', `none for ${scheme}`);
}

const afterAuthority = (body: string): string => /^\/\/[^/?]*([^]*)$/.exec(body)?.[1] ?? body;

/**
 * What the apiserver's own conditions may be called, behind an optional DNS name.
 * https://kubernetes.io/docs/reference/node/node-status/#condition
 */
const typeName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Why a text is not the type of a condition of a node that a check may wait for; undefined where it is one. */
function conditionRefusal(type: string): Refusal | undefined {
  const received = `condition is ${quote(type)}`;
  if (type === 'Ready') return refuse(received, 'another: the cluster itself takes Pods off a node that is not ready');
  const slash = type.indexOf('/');
  const isPrefixed = slash < 0 || isDnsName(type.slice(0, slash));
  const isType = isPrefixed && typeName.test(type.slice(slash + 1));
  return isType ? undefined : refuse(received, 'the type of a condition of the node, such as KernelDeadlock');
}
