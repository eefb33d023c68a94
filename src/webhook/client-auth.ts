// https://nodejs.org/api/tls.html#tlscreateserveroptions-secureconnectionlistener
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { pollFile } from '../config/poll-file.ts';
import type { Rejection } from './admission.ts';

/** Who may call `/mutate`: clients with a certificate of this CA and, unless the list is empty, one of these names. */
export type ClientRule = { readonly ca: string; readonly names: readonly string[] };

/** What the handshake of a connection found, and which generation of the CA it asked. */
type AuthResult = { readonly rejection: Rejection | undefined; readonly generation: number };

export type ClientAuth = ReturnType<typeof createClientAuth>;

/**
 * Authenticates clients for each call rather than in the handshake, since the kubelet and Prometheus have no certificate
 * and still ask for the paths that are not `/mutate`. The certificate of a connection is verified once, for all its calls.
 */
export function createClientAuth(names: readonly string[]) {
  const allowedNames = new Set<unknown>(names);
  let generation = 0;
  const results = new WeakMap<object, AuthResult>();
  return {
    /** Verifies the client of a connection whose handshake is done. */
    onSecureConnection: (socket: TLSSocket): void =>
      void results.set(socket, { rejection: verify(socket, allowedNames), generation }),
    /** Another CA is asked from the next handshake on. */
    onCaChange: (): void => void generation++,
    /** Says why a connection may not call; `isStale` where the CA that verified it is no longer the one that is asked. */
    check(socket: object): { readonly rejection: Rejection | undefined; readonly isStale: boolean } {
      const result = results.get(socket);
      return result
        ? { rejection: result.rejection, isStale: result.generation !== generation }
        : { rejection: missing, isStale: false };
    },
  };
}

const missing: Rejection = { code: 401, sentence: 'A client certificate is missing, expected one that the CA signed.' };

function verify(socket: TLSSocket, allowedNames: ReadonlySet<unknown>): Rejection | undefined {
  const certificate = socket.getPeerX509Certificate();
  // Not every release of Node reports a resumed session without a certificate as unauthorized.
  if (!certificate) return missing;
  if (!socket.authorized) {
    return {
      code: 401,
      sentence: `The client certificate cannot be trusted: ${String(socket.authorizationError)}.`,
    };
  }
  if (allowedNames.size === 0 || namesOf(socket, certificate).some((name) => allowedNames.has(name))) return undefined;
  return { code: 403, sentence: 'The client certificate has none of the names that may call.' };
}

/** The common name and the alternative names; none of a list that quotes, where one name may read like several. */
function namesOf(socket: TLSSocket, { subjectAltName = '' }: X509Certificate): unknown[] {
  const listed = subjectAltName.includes('"') ? [] : subjectAltName.split(', ');
  const bare = listed.map((name) => name.replace(/^(DNS|URI|email|IP Address):/, ''));
  return [socket.getPeerCertificate().subject?.CN, ...bare];
}

type ClientCa = { readonly ca: string } | { readonly problem: string };

/** Reads the certificates of a CA; `problem` is one sentence. */
export function readClientCa(file: string): ClientCa {
  try {
    const ca = readFileSync(file, 'utf8');
    const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const certificates = blocks.map((block) => new X509Certificate(block));
    return certificates.length > 0
      ? { ca }
      : { problem: `${file} holds no certificate, expected those of a CA in PEM.` };
  } catch (error) {
    return { problem: `${file} cannot be read as certificates in PEM: ${(error as Error).message}.` };
  }
}

/** Calls `setClientCa` whenever the file of the CA changes, until the returned call; logs what cannot be used. */
export function watchClientCa(
  file: string,
  setClientCa: (ca: string) => void,
  log: Logger,
  intervalMs?: number,
): () => void {
  const reload = (): string | undefined => {
    const read = readClientCa(file);
    if ('problem' in read) return read.problem;
    try {
      setClientCa(read.ca);
      return undefined;
    } catch (error) {
      return `${file} cannot be trusted: ${(error as Error).message}.`;
    }
  };
  return pollFile(
    file,
    () => {
      const sentence = reload();
      if (sentence === undefined) log.info('CA of clients read again');
      else log.error({ sentence }, 'CA of clients could not be read again');
    },
    intervalMs,
  );
}
