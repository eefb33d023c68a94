import { isIP } from 'node:net';
import { type Check, type Refusal, isRefusal, quote, refuse } from './check.ts';
import type { Scheme } from './schemes.ts';
import { splitWords } from './words.ts';

/** What a scheme asks of a check as a whole, once every part of it has been read; undefined where all is well. */
export function brokenRule(check: Check, row: Scheme): Refusal | undefined {
  const { options, path, host, scheme } = check;
  if (row.hostKind === 'ip' && host !== '' && host !== 'localhost' && isIP(host) === 0) {
    return refuse(`host is ${quote(host)}`, `an IP address or localhost for ${scheme}`);
  }
  if (row.pathKind === 'dns-name' && !isQueryName(path.slice(1))) return refuse(`path is ${quote(path)}`, 'a DNS name');
  if (row.pathKind === 'service' && (path.includes('%') || path.length > 1025)) {
    return refuse(`path is ${quote(path)}`, 'the name of a service');
  }
  const tls = brokenTlsRule(options, row);
  if (tls) return tls;
  for (const [name, other] of Object.entries(row.requires ?? {})) {
    if (options.has(name) && !options.has(other)) return refuse(`option ${name} is given without ${other}`, 'both');
  }
  for (const name of row.commands ?? []) {
    const words = splitWords(options.get(name) ?? 'none');
    if (isRefusal(words)) return words;
  }
  for (const [name, opposite] of Object.entries(row.excludes ?? {})) {
    const [other = '', value] = opposite.split('=');
    if (options.has(name) && options.get(other) === value) {
      const rest = row.options
        .get(other)
        ?.slice('choice:'.length)
        .split('|')
        .filter((choice) => choice !== value);
      return refuse(`option ${name} is given with ${other} ${value}`, rest?.join(', ') ?? 'one of the two');
    }
  }
  return undefined;
}

/** Quietly unused, a ca would let its user believe that the peer is verified. */
function brokenTlsRule(options: Check['options'], { tls }: Scheme): Refusal | undefined {
  if (options.has('tls') && options.has('starttls'))
    return refuse('option starttls is given with tls', 'one of the two');
  const unused =
    tls === 'always' || options.has('tls') || options.has('starttls')
      ? undefined
      : ['ca', 'cert', 'key', 'server-name'].find((name) => options.has(name));
  if (unused)
    return refuse(`option ${unused} is given without tls`, tls === 'starttls' ? 'tls or starttls with it' : 'both');
  if (options.has('cert') === options.has('key')) return undefined;
  const [given, missing] = options.has('cert') ? ['cert', 'key'] : ['key', 'cert'];
  return refuse(`option ${given} is given without ${missing}`, 'both');
}

/** A name that can be asked for: labels of 1 to 63 characters, underscores and stars too, and `.` for the root. */
function isQueryName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (text === '.') return true;
  return name.length <= 253 && name.split('.').every((label) => /^[A-Za-z0-9_*-]{1,63}$/.test(label));
}
