import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { readKeyPair, watchKeyPair } from '../../src/certificates/files.ts';
import { issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';

const dayMs = 86_400_000;
const now = new Date('2026-01-01T00:00:00Z');
const later = (days: number): Date => new Date(now.getTime() + days * dayMs);

describe('certificates', () => {
  const authority = issueAuthority('an authority', now);
  const server = issueServingCertificate(authority, ['webhook.ns.svc', '127.0.0.1', '::1'], { now, days: 90 });
  const parsed = new X509Certificate(server.cert);

  it('are signed by their authority, for every name and address', () => {
    const ca = new X509Certificate(authority.cert);
    assert(ca.ca && !parsed.ca);
    assert(parsed.verify(ca.publicKey) && parsed.checkIssued(ca));
    assert(parsed.checkHost('webhook.ns.svc') && parsed.checkIP('127.0.0.1') && parsed.checkIP('::1'));
    assert.equal(parsed.checkHost('other.ns.svc'), undefined);
  });

  it('never have the serial number of another', () => {
    const serials = [parsed, new X509Certificate(authority.cert)].map((certificate) => certificate.serialNumber);
    assert.equal(new Set(serials).size, 2);
    assert(serials.every((serial) => serial.length === 32));
  });

  it('are never valid for longer than their authority', () => {
    const late = new X509Certificate(
      issueServingCertificate(authority, ['webhook.ns.svc'], { now: later(364), days: 90 }).cert,
    );
    assert.equal(late.validTo, new X509Certificate(authority.cert).validTo);
  });

  it('for development are made once, kept, and made again when they are due', () => {
    const directory = mkdtempSync(join(tmpdir(), 'health-injector-certs-'));
    const first = developmentCertificate(directory, now);
    assert.deepEqual(developmentCertificate(directory, later(30)), first);
    assert.equal(statSync(join(directory, 'tls.key')).mode & 0o777, 0o600);
    const second = developmentCertificate(directory, later(80));
    assert.notEqual(second.cert, first.cert);
    assert.deepEqual(readKeyPair(directory), second);
    const ca = new X509Certificate(readFileSync(join(directory, 'ca.crt')));
    assert(new X509Certificate(second.cert).verify(ca.publicKey));
  });

  it('of a folder are read again when they change', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'health-injector-certs-'));
    developmentCertificate(directory, now);
    const changed = new Promise((resolve, reject) => {
      const stop = watchKeyPair(
        directory,
        (pair) => {
          stop();
          resolve(pair);
        },
        reject,
        20,
      );
    });
    // The watch compares times, which a file system may count in whole milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const renewed = developmentCertificate(directory, later(80));
    assert.deepEqual(await changed, renewed);
  });
});
