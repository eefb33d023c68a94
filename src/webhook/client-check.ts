// https://nodejs.org/api/tls.html#tlscreateserveroptions-secureconnectionlistener
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Refuse } from './refuse.ts';

/** Who may call `/mutate`: whose certificate this CA signed, and who has one of these names, if there are any. */
export type ClientRule = { readonly ca: string; readonly names: readonly string[] };

type Refusal = { readonly code: 401 | 403; readonly sentence: string };

/** What a handshake found, under which of the CAs that followed each other. */
type Met = { readonly refusal: Refusal | undefined; readonly generation: number };

/**
 * Judges clients by path, so that the kubelet and Prometheus, which have no certificate, still reach what is not
 * `/mutate`. The handshake judges once for all calls of its connection.
 */
export function createClientCheck(names: readonly string[], refuse: Refuse) {
  const allowed = new Set<unknown>(names);
  let generation = 0;
  const known = new WeakMap<object, Met>();
  return {
    /** Takes note of a connection whose handshake is done. */
    meet: (socket: TLSSocket): void => void known.set(socket, { refusal: judge(socket, allowed), generation }),
    /** Says that another CA is asked from now on. */
    changed: (): void => void generation++,
    /** Goes on with a call of a client that is trusted, and refuses all others. */
    admit(request: IncomingMessage, response: ServerResponse, next: () => void): void {
      const met = known.get(request.socket);
      const { code, sentence } = met ? (met.refusal ?? {}) : missing;
      if (code !== undefined && sentence !== undefined) {
        refuse(request, response, code, sentence);
        return;
      }
      // It was verified by another CA: this call is still answered, the next one comes over a handshake of its own.
      if (met?.generation !== generation) response.setHeader('connection', 'close');
      next();
    },
  };
}

/** Reads the certificates of a CA; a string is the one sentence that says why there are none. */
export function readClientCa(file: string): { readonly ca: string } | string {
  try {
    const ca = readFileSync(file, 'utf8');
    const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const certificates = blocks.map((block) => new X509Certificate(block));
    return certificates.length > 0 ? { ca } : `${file} holds no certificate, expected those of a CA in PEM.`;
  } catch (error) {
    return `${file} cannot be read as certificates in PEM: ${(error as Error).message}.`;
  }
}

const missing: Refusal = { code: 401, sentence: 'A client certificate is missing, expected one that the CA signed.' };

function judge(socket: TLSSocket, allowed: ReadonlySet<unknown>): Refusal | undefined {
  const certificate = socket.getPeerX509Certificate();
  // Not every release of Node says unauthorized of a resumed session that has no certificate.
  if (!certificate) return missing;
  if (!socket.authorized) {
    return {
      code: 401,
      sentence: `The client certificate cannot be trusted: ${String(socket.authorizationError)}.`,
    };
  }
  if (allowed.size === 0 || namesOf(socket, certificate).some((name) => allowed.has(name))) return undefined;
  return { code: 403, sentence: 'The client certificate has none of the names that may call.' };
}

/** The common name and the alternative names; none of a list that quotes, where a name may look like several. */
function namesOf(socket: TLSSocket, { subjectAltName = '' }: X509Certificate): unknown[] {
  const listed = subjectAltName.includes('"') ? [] : subjectAltName.split(', ');
  const bare = listed.map((name) => name.replace(/^(DNS|URI|email|IP Address):/, ''));
  return [socket.getPeerCertificate().subject?.CN, ...bare];
}
