import { podAddressText, unknownText } from './expansion.ts';

/** Which addresses a server listens on: all, one of the loopback's, the Pod's own, or another that is not known. */
export type Listening = 'all' | 'loopback' | 'loopback6' | 'pod' | 'other';

/** Where a server listens. Without a port it is the usual one; `undefined` in its place where it is not known. */
export type Address = {
  readonly listening: Listening;
  readonly port: number | 'usual' | undefined;
  readonly isSecure: boolean;
};

const all: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '0', '::', '::0', '0:0:0:0:0:0:0:0', '::*']);

/** Reads one host; a name other than localhost may be any address. */
export function readHost(text: string): Listening {
  const host = text.replace(/^-/, '').replace(/^\[/, '').replace(/\]$/, '').toLowerCase();
  if (all.has(host)) return 'all';
  if (host === podAddressText) return 'pod';
  if (host === 'localhost' || /^127\.[\d.]+$/.test(host) || host === '_local_') return 'loopback';
  return host === '::1' ? 'loopback6' : 'other';
}

/** Reads `HOST:PORT`, `:PORT`, a URL, or several; sockets and what is not TCP are left out. */
export function readAddresses(text: string): readonly Address[] {
  const items = text.split(/[\s,]/).filter((item) => item !== '' && item !== '-');
  return items.flatMap((item) => readAddress(item) ?? []);
}

function readAddress(item: string): Address | undefined {
  const at = item.indexOf('://');
  const scheme = at < 0 ? '' : item.slice(0, at).toLowerCase();
  const rest = at < 0 ? item : item.slice(at + 3);
  if (scheme.startsWith('unix') || scheme === 'ldapi' || rest.startsWith('/') || rest.endsWith('/udp'))
    return undefined;
  const [authority = ''] = rest.split('/', 1);
  const isSecure = ['https', 'tls', 'ldaps'].includes(scheme) || scheme.includes('ssl');
  return { ...readAuthority(authority), isSecure };
}

function readAuthority(authority: string): Pick<Address, 'listening' | 'port'> {
  if (/^\d+$/.test(authority)) return { listening: 'all', port: readPort(authority) };
  const colon = authority.lastIndexOf(':');
  const hasPort =
    colon >= 0 && !authority.endsWith(']') && (authority.indexOf(':') === colon || authority.startsWith('['));
  const host = hasPort ? authority.slice(0, colon) : authority;
  const port = hasPort ? readPort(authority.slice(colon + 1)) : 'usual';
  return { listening: readHost(host), port };
}

/** A port that can be asked; undefined for any other text. */
export function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Whether nothing in the text is left open. */
export const isComplete = (text: string): boolean => !text.includes(unknownText);
