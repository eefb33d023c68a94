import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import type { KeyPair } from '../../src/certificates/pki.ts';
import { certificateFor } from '../agent/support/certificates.ts';

const dayMs = 86_400_000;
const made = new Map<string, KeyPair>();

/** What is made once, when a server first needs it. */
function once(name: string, make: () => KeyPair): KeyPair {
  const pair = made.get(name) ?? make();
  made.set(name, pair);
  return pair;
}

/** A certificate for localhost and 127.0.0.1 that is as it should be. */
export const usual = (): KeyPair => once('usual', () => certificateFor(['localhost', '127.0.0.1']));
export const ofAnotherName = (): KeyPair => once('another name', () => certificateFor(['other.test']));
export const expired = (): KeyPair =>
  once('expired', () => certificateFor(['localhost'], new Date(Date.now() - 9 * dayMs)));
export const notYetValid = (): KeyPair =>
  once('not yet valid', () => certificateFor(['localhost'], new Date(Date.now() + 9 * dayMs)));

const openssl = (words: string): void => void execFileSync('openssl', words.split(' '), { stdio: 'pipe' });

/** A self-signed certificate by openssl: the options of its key, and those of the certificate. */
export const selfSigned =
  (key: string, certificate = '-addext subjectAltName=DNS:localhost') =>
  (): KeyPair =>
    once(`${key} ${certificate}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'health-probe-'));
      try {
        const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'crt')];
        openssl(`genpkey -algorithm ${key} -out ${keyFile}`);
        openssl(`req -x509 -key ${keyFile} -subj /CN=localhost ${certificate} -out ${certFile}`);
        return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
