import type { V1Container } from '@kubernetes/client-node';
import { type Refusal, isRefusal } from '../../check/check.ts';
import type { Address, Listening } from './address.ts';
import { baseName, publishedName } from './image.ts';
import { noGuess } from './guess.ts';
import type { Server } from './server.ts';
import type { ServerSettings } from './server-settings.ts';

/** Where a server is asked; the host is empty where it listens on all addresses. */
export type Endpoint = { readonly host: string; readonly port: number };

/** Where a server is asked with these settings; a refusal where it cannot be known. A port that is set outweighs one that is declared. */
export function endpointOf(
  {
    server,
    container,
    hasWords,
  }: { readonly server: Server; readonly container: V1Container; readonly hasWords: boolean },
  settings: ServerSettings,
): Endpoint | Refusal {
  const addresses = settings.addresses ?? settings.advertised?.map((each) => ({ ...each, listening: 'all' as const }));
  const address = addresses === undefined ? undefined : chooseAddress(addresses, server, container);
  if (address && isRefusal(address)) return address;
  const listening =
    address?.listening ?? hostOf(settings.hosts ?? (server.loopback && hasWords ? ['loopback'] : ['all']));
  if (listening === 'other') return otherOnly;
  const host = hostWords[listening];
  if (typeof address?.port === 'number') return { host, port: address.port };
  if (settings.port !== undefined) return { host, port: settings.port };
  const port = portOf(server, container, settings);
  return typeof port === 'number' ? { host, port } : port;
}

/** The first address that can be asked, one with a usual or declared port before others, and plain ones before TLS. */
function chooseAddress(addresses: readonly Address[], server: Server, container: V1Container): Address | Refusal {
  if (addresses.length === 0) return noGuess('it is told to listen on no port of TCP');
  const open = addresses.filter(({ listening, port }) => listening !== 'other' && port !== undefined);
  if (open.length === 0) {
    const isElsewhere = addresses.some(({ listening }) => listening === 'other');
    return isElsewhere ? otherOnly : noGuess('it is told a port that is not known');
  }
  const takesAny = server.check.startsWith('tcp:') && server.readiness === undefined;
  const plain = takesAny ? open : open.filter(({ isSecure }) => !isSecure);
  if (plain.length === 0) return noGuess('it is told to speak TLS');
  const known = new Set([...server.ports, ...tcpPorts(container)]);
  // What listens on loopback too is asked there, by any pattern that is left.
  plain.sort((a, b) => Number(a.listening === 'pod') - Number(b.listening === 'pod'));
  const isUsual = ({ port }: Address): boolean => port === 'usual' || known.has(port as number);
  return plain.find(isUsual) ?? (plain[0] as Address);
}

/** How a check names the addresses that can be asked. */
const hostWords = { all: '', loopback: '127.0.0.1', loopback6: '[::1]', pod: 'pod' } as const;

const otherOnly = noGuess('it is told to listen on an address that is not known');

/** The widest of several. */
function hostOf(hosts: readonly Listening[]): Listening {
  const wide = (['all', 'loopback', 'loopback6', 'pod'] as const).find((listening) => hosts.includes(listening));
  return wide ?? 'other';
}

/** A usual port that is declared; without any that is declared, the one that its publisher's image has where no file may say another. */
function portOf(server: Server, container: V1Container, { file, usualPort }: ServerSettings): number | Refusal {
  const usual = usualPort === undefined ? server.ports : [usualPort];
  const declared = declaredPorts(container, server);
  const { undeclared = {} } = server;
  const image = container.image ?? '';
  const own =
    usual.length === 1
      ? usual[0]
      : Object.hasOwn(undeclared, publishedName(image))
        ? undeclared[publishedName(image)]
        : undefined;
  const isOpen = file !== undefined || own === undefined;
  const found = usual.find((port) => declared.includes(port) && (isOpen || port === own || !server.anyPort));
  if (found !== undefined) return found;
  if (declared.length > 0) {
    return server.anyPort && isOpen && declared.length === 1
      ? (declared[0] as number)
      : unknownPort(image, isOpen || !server.anyPort ? usual : [own as number]);
  }
  if (server.mustDeclare) return unknownPort(image, usual);
  if (file !== undefined) return noGuess(`it declares no port, and ${file} may say another than ${usual.join(' or ')}`);
  return own ?? unknownPort(image, usual);
}

const unknownPort = (image: string, usual: readonly number[]): Refusal =>
  noGuess(`it declares no port on which ${baseName(image)} is known to listen: ${usual.join(', ')}`);

/** DNS answers over UDP, the others do not. */
const declaredPorts = (container: V1Container, { check }: Server): readonly number[] =>
  check.startsWith('dns:') ? (container.ports ?? []).map(({ containerPort }) => containerPort) : tcpPorts(container);

const tcpPorts = ({ ports }: V1Container): number[] =>
  (ports ?? [])
    .filter(({ protocol }) => (protocol ?? 'TCP').toUpperCase() === 'TCP')
    .map(({ containerPort }) => containerPort);
