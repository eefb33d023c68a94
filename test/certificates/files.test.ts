import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { watchKeyPair, writeKeyPair } from '../../src/certificates/files.ts';
import { issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';
import { watchClientCa } from '../../src/webhook/client-auth.ts';
import { issueClient } from '../support/client-certificate.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningWebhook, startWebhook } from '../support/webhook.ts';

const authority = issueAuthority('test', new Date());
const issue = (days: number) => issueServingCertificate(authority, ['localhost'], { now: new Date(), days });
const [first, second, third] = [issue(10), issue(20), issue(30)];
/** Several looks at the files. */
const someLooks = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 120));

describe('a certificate in files', () => {
  let webhook: RunningWebhook;
  let directory: string;
  let stop: () => void;
  let failures: string[];
  const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'health-injector-files-'));
    failures = [];
    webhook = await startWebhook({}, undefined, { clients: { ca: authority.cert, names: [] } });
    writeKeyPair(directory, first);
    webhook.setServingCertificate(first);
    stop = watchKeyPair(
      directory,
      webhook.setServingCertificate,
      (error) => failures.push((error as Error).message),
      20,
    );
  });
  afterEach(async () => {
    stop();
    await webhook.stop();
    rmSync(directory, { recursive: true });
  });

  const isServed = ({ cert }: { readonly cert: string }): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const { host, port } = webhook.connection;
      const socket = connect({ host, port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.toString() === cert.replaceAll('\r\n', '\n'));
        socket.destroy();
      });
      socket.on('error', reject);
    });

  for (const [early, late] of [
    ['tls.crt', 'tls.key'],
    ['tls.key', 'tls.crt'],
  ] as const) {
    it(`is served once both are there, where ${early} is looked at before ${late} came`, async () => {
      const text = { 'tls.crt': second.cert, 'tls.key': second.key };
      put(early, text[early]);
      await eventually('a failure', 5_000, async () => failures.length > 0);
      await someLooks();
      assert.equal(failures.length, 1, 'it is told once');
      assert.match(failures.join(), /key values mismatch/);
      assert.equal(await isServed(first), true);
      put(late, text[late]);
      await eventually('the renewed one', 5_000, () => isServed(second));
      assert.equal(failures.length, 1);
    });
  }

  it('is served when it comes back after it was gone, and the next one after that', async () => {
    rmSync(join(directory, 'tls.key'));
    await eventually('a failure', 5_000, async () => failures.length > 0);
    writeKeyPair(directory, second);
    await eventually('the renewed one', 5_000, () => isServed(second));
    put('tls.crt', third.cert);
    await eventually('another failure', 5_000, async () => failures.length > 1);
    put('tls.key', third.key);
    await eventually('the next one', 5_000, () => isServed(third));
  });

  it('that does not fit leaves what is served, and the CA of clients can be changed meanwhile', async () => {
    assert.throws(() => webhook.setServingCertificate({ cert: second.cert, key: first.key }), /key values mismatch/);
    const other = issueAuthority('clients', new Date());
    webhook.setClientCa(other.cert);
    assert.equal(await isServed(first), true);
    Object.assign(webhook.connection, issueClient(other, 'kube-apiserver'), { rejectUnauthorized: false });
    assert.equal((await webhook.send('POST', '/mutate', '{}', { 'content-type': 'application/json' })).code, 400);
  });
});

describe('the CA of clients in a file', () => {
  it('that cannot be taken is told, and the next one is taken', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'health-injector-files-')), 'ca.crt');
    writeFileSync(file, authority.cert);
    const lines: { readonly level: number; readonly sentence?: string }[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    let taken = '';
    const trust = (ca: string): void => {
      if (ca === authority.cert) throw new Error('This is no CA');
      taken = ca;
    };
    const stop = watchClientCa(file, trust, log, 20);
    const told = (level: number): Promise<unknown> =>
      eventually(`a line of ${level}`, 5_000, async () => lines.some((line) => line.level === level));
    writeFileSync(file, `${first.cert}`);
    await told(30);
    assert.equal(taken, first.cert);
    writeFileSync(file, authority.cert);
    await told(50);
    assert.match(String(lines.at(-1)?.sentence), /This is no CA/);
    writeFileSync(file, second.cert);
    await eventually('the next one', 5_000, async () => taken === second.cert);
    stop();
  });
});
