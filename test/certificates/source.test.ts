import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { startCertificateSource } from '../../src/certificates/source.ts';
import { readWebhookSettings } from '../../src/config/webhook.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningWebhook, startWebhook } from '../support/webhook.ts';
import { secretPath, startCluster } from './support/cluster.ts';

const log = pino({ level: 'silent' });

describe('a certificate is provided', () => {
  const directory = mkdtempSync(join(tmpdir(), 'health-injector-provided-'));
  const stop = new AbortController();
  let webhook: RunningWebhook;
  beforeEach(async () => {
    webhook = await startWebhook({}, undefined, { hasCertificate: false });
  });
  afterEach(() => webhook.stop());
  after(() => stop.abort());

  const provide = (...args: string[]) => {
    const cluster = startCluster();
    const read = readWebhookSettings(args, {});
    assert('values' in read, JSON.stringify(read));
    const settings = read.values;
    startCertificateSource(
      { ...webhook, settings, log, developmentDirectory: directory, connect: () => cluster.client },
      stop.signal,
    );
    return cluster;
  };
  const expiry = async (): Promise<string | undefined> =>
    /^health_injector_certificate_expiry_timestamp_seconds\{kind="leaf"\} (\d+)$/m.exec(
      await webhook.registry.metrics(),
    )?.[1];

  it('for development, on loopback', async () => {
    provide();
    const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
    webhook.connection.ca = ca;
    assert.equal((await webhook.send('GET', '/readyz')).code, 200);
  });

  it('from files, and its end is told', async () => {
    const { cert } = developmentCertificate(directory, new Date());
    provide(`--certificate-directory=${directory}`);
    assert.equal(Number(await expiry()) * 1_000, Date.parse(new X509Certificate(cert).validTo));
  });

  for (const source of ['secret', 'cert-manager']) {
    it(`from a Secret by the source ${source}`, async () => {
      const cluster = provide(`--certificate-source=${source}`, '--namespace=system', '--certificate-secret=pair');
      if (source === 'secret') await eventually('the Secret', 5_000, async () => cluster.get(secretPath));
      else {
        const { cert, key } = developmentCertificate(directory, new Date());
        const ca = readFileSync(join(directory, 'ca.crt'), 'utf8');
        cluster.writeSecret({ 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key });
      }
      await eventually('it is served', 8_000, expiry);
    });
  }
});
