import type { Server } from './server.ts';

/** Parts of names that speak of where a server listens, of its configuration, and of who may ask it how. */
const locating: ReadonlySet<string> = new Set(
  'port ports addr address addresses listen listener listeners bind socket bindaddr listenaddr'.split(' '),
);
const securing: ReadonlySet<string> = new Set(
  'tls ssl https cert certfile certs cacert auth authorization password passwd requirepass pass config conf configfile prefix'.split(
    ' ',
  ),
);

/** Variables by which images of any kind are told their port. */
const common: ReadonlySet<string> = new Set(['PORT', 'LISTEN_PORT', 'HTTP_PORT', 'SERVER_PORT']);

/**
 * Whether a name that the vocabulary does not have may decide how the server is asked. A variable has to begin as
 * those of the server do: others are for what else runs there.
 */
export function isSuspicious(name: string, server: Server, kind: 'option' | 'variable'): boolean {
  const parts = name.toLowerCase().split(/[._-]+/);
  if (kind === 'variable') {
    return common.has(name) || (hasPrefix(name, server) && parts.some((part) => locating.has(part)));
  }
  // What only says so, and ends.
  if (name === 'version' || name === 'help') return true;
  const isPlain = !server.check.startsWith('tcp:') && !server.check.startsWith('listen:');
  return parts.some((part) => locating.has(part) || (isPlain && securing.has(part)));
}

/** Whether it begins as a variable of the server does, up to the first `_`. */
function hasPrefix(name: string, { variables = {} }: Server): boolean {
  const end = name.indexOf('_');
  const prefix = name.slice(0, end + 1);
  return end > 0 && Object.keys(variables).some((known) => known.startsWith(prefix));
}
