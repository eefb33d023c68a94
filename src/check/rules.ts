import { isIP } from 'node:net';
import { passwordWrittenOut } from './address.ts';
import { type Check, type Refusal, isPod, isRefusal, quote, refuse } from './check.ts';
import { decode, isOfFamily } from './options.ts';
import { isDevice } from './kinds.ts';
import type { Scheme } from './schemes.ts';
import { splitWords } from './words.ts';

type Rule = (check: Check, row: Scheme) => Refusal | undefined;

/** What a scheme asks of a check as a whole, once every part of it has been read; undefined where all is well. */
export function brokenRule(check: Check, row: Scheme): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(check, row);
    if (refusal) return refusal;
  }
  return undefined;
}

/** Quietly unused, a ca would let its user believe that the peer is verified. */
const tlsRule: Rule = ({ options }, { tls }) => {
  if (options.has('tls') && options.has('starttls'))
    return refuse('option starttls is given with tls', 'one of the two');
  const unused =
    tls === 'always' || options.has('tls') || options.has('starttls')
      ? undefined
      : ['ca', 'cert', 'key', 'min-days', 'server-name'].find((name) => options.has(name));
  if (unused)
    return refuse(`option ${unused} is given without tls`, tls === 'starttls' ? 'tls or starttls with it' : 'both');
  if (options.has('cert') === options.has('key')) return undefined;
  const [given, missing] = options.has('cert') ? ['cert', 'key'] : ['key', 'cert'];
  return refuse(`option ${given} is given without ${missing}`, 'both');
};

const hostRule: Rule = ({ host, scheme }, { hostKind }) =>
  hostKind === 'ip' && host !== '' && host !== 'localhost' && !isPod(host) && isIP(host) === 0
    ? refuse(`host is ${quote(host)}`, `an IP address, localhost or pod for ${scheme}`)
    : undefined;

const pathRule: Rule = ({ path }, { pathKind }) => {
  const unless = (fits: boolean, expected: string): Refusal | undefined =>
    fits ? undefined : refuse(`path is ${quote(path)}`, expected);
  switch (pathKind) {
    case 'dns-name':
      return unless(isQueryName(path.slice(1)), 'a DNS name');
    case 'device':
      return unless(isDevice(decode(path) ?? ''), 'a path under /dev');
    case 'resource':
      return unless(['cpu', 'memory', 'io'].includes(path), 'one of cpu, memory, io');
    case 'service':
      return unless(!path.includes('%') && path.length <= 1025, 'the name of a service');
    case 'database':
      // What was meant as the end of a login.
      if (path.includes('@')) return passwordWrittenOut;
      return unless(!/\p{Cc}/u.test(decode(path) ?? '\0'), 'the name of a database');
    case 'virtual-host':
      if (path.includes('@')) return passwordWrittenOut;
      return unless(isVirtualHost(decode(path.slice(1))), 'the name of a virtual host');
    default:
      return undefined;
  }
};

const requiresRule: Rule = ({ options, path, user }, { requires = {} }) => {
  const given = (what: string): boolean => {
    const [name = '', value] = what.split('=');
    if (name === 'path') return path.length > 1;
    if (name === 'user') return user !== '';
    return options.has(name) && (value === undefined || options.get(name) === value);
  };
  const broken = Object.keys(requires)
    .toSorted()
    .find((name) => given(name) && !given(requires[name] ?? ''));
  if (broken === undefined) return undefined;
  return refuse(`${broken === 'path' ? '' : 'option '}${broken} is given without ${requires[broken]}`, 'both');
};

const commandRule: Rule = ({ options }, { commands }) =>
  (commands ?? []).map((name) => splitWords(options.get(name) ?? 'none')).find((words) => isRefusal(words));

const excludesRule: Rule = ({ options }, { excludes = {}, options: kinds }) => {
  for (const name of options.keys()) {
    const key = Object.keys(excludes).find((option) => option === name || isOfFamily(name, option));
    const [other = '', values] = excludes[key ?? '']?.split('=') ?? [];
    const given = options.get(other);
    if (given === undefined) continue;
    if (values === undefined) return refuse(`option ${name} is given with ${other}`, 'one of the two');
    const excluded = values.split('|');
    if (excluded.includes(given)) {
      const choices = kinds.get(other)?.slice('choice:'.length).split('|');
      const rest = choices?.filter((choice) => !excluded.includes(choice));
      return refuse(`option ${name} is given with ${other} ${given}`, rest?.join(', ') ?? 'one of the two');
    }
  }
  return undefined;
};

const userRule: Rule = ({ options, user }) =>
  options.has('bind-dn') && user !== '' ? refuse('option bind-dn is given with a user', 'one of the two') : undefined;

const needsRule: Rule = ({ options, scheme }, { needs }) => {
  if (!needs || needs.some((name) => options.has(name))) return undefined;
  if (needs.length === 1) return refuse(`option ${needs[0]} is missing`, `one for ${scheme}`);
  return refuse(`none of the options ${needs.join(', ')} is given`, 'at least one');
};

const rules: readonly Rule[] = [
  tlsRule,
  requiresRule,
  hostRule,
  pathRule,
  userRule,
  needsRule,
  commandRule,
  excludesRule,
];

const isVirtualHost = (name: string | undefined): boolean =>
  name !== undefined && !/\p{Cc}/u.test(name) && Buffer.byteLength(name) <= 255;

/** A name that can be asked for: labels of 1 to 63 characters, underscores and stars too, and `.` for the root. */
function isQueryName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (text === '.') return true;
  return name.length <= 253 && name.split('.').every((label) => /^[A-Za-z0-9_*-]{1,63}$/.test(label));
}
