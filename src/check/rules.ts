import { isIP } from 'node:net';
import { type Check, type Refusal, quote, refuse } from './check.ts';
import type { Scheme } from './schemes.ts';

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
  const tlsOption = options.has('tls') ? undefined : row.tlsOptions?.find((name) => options.has(name));
  if (tlsOption) return refuse(`option ${tlsOption} is given without tls`, 'both');
  for (const [one, other] of row.pairs ?? []) {
    if (options.has(one) !== options.has(other)) {
      const [given, missing] = options.has(one) ? [one, other] : [other, one];
      return refuse(`option ${given} is given without ${missing}`, 'both');
    }
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

/** A name that can be asked for: labels of 1 to 63 characters, underscores and stars too, and `.` for the root. */
function isQueryName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (text === '.') return true;
  return name.length <= 253 && name.split('.').every((label) => /^[A-Za-z0-9_*-]{1,63}$/.test(label));
}
