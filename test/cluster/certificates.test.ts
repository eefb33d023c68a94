import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import forge from 'node-forge';
import { readCertificate, readCertificates, signersOf } from '../../src/certificates/x509.ts';
import { issueServingCertificate } from '../../src/certificates/pki.ts';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { assertNoneFailed, underLoad } from './support/load.ts';
import { isReady } from './support/pods.ts';

const namespace = 'test-certificates';
const system = 'health-injector';
const secret = 'health-injector-certificate';
const deployment = 'deployment/health-injector';
const configuration = ['mutatingwebhookconfiguration', 'health-injector'];
const names = [`health-injector.${system}.svc`, `health-injector.${system}.svc.cluster.local`];
const dayMs = 86_400_000;

describe('the certificate, on a real cluster', () => {
  useNamespace(namespace);
  after(async () => {
    await kubectl(['scale', '-n', system, deployment, '--replicas=2']);
    await kubectl(['rollout', 'status', '-n', system, deployment, '--timeout=120s']);
  });

  it('is one where replicas start at one instant and nothing is there', async () => {
    await kubectl(['scale', '-n', system, deployment, '--replicas=0']);
    await eventually('no replica is left', 60, async () => (await replicas()).length === 0);
    await kubectl(['delete', 'secret', '-n', system, secret]);
    await wipe();
    await kubectl(['scale', '-n', system, deployment, '--replicas=3']);
    await kubectl(['rollout', 'status', '-n', system, deployment, '--timeout=60s']);
    await settled();
    assert.equal(readCertificates((await content())['ca.crt'] ?? '').length, 1);
  });

  it('changes with its CA where the Secret is deleted, without a failed call', async () => {
    await underChange(() => kubectl(['delete', 'secret', '-n', system, secret]));
  });

  it('is renewed, without a failed call', async () => {
    await underChange(async () => {
      const { 'ca.crt': cert = '', 'ca.key': key = '' } = await content();
      const aged = issueServingCertificate({ cert, key }, names, { now: new Date(Date.now() - 6 * dayMs), days: 7 });
      await write({ 'tls.crt': aged.cert, 'tls.key': aged.key });
    });
  });

  it('changes with a CA that is old, without a failed call', async () => {
    await underChange(async () => {
      const { 'ca.crt': cert = '', 'ca.key': key = '' } = await content();
      // The same CA with the same key, as if it had been made 300 days ago.
      const aged = forge.pki.certificateFromPem(cert);
      aged.validity.notBefore = new Date(Date.now() - 300 * dayMs);
      aged.validity.notAfter = new Date(Date.now() + 65 * dayMs);
      aged.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
      await write({ 'ca.crt': forge.pki.certificateToPem(aged) + cert });
    });
  });

  it('is made again where the Secret is spoilt, without a failed call', async () => {
    await underChange(() => write({ 'ca.crt': 'none', 'ca.key': 'none', 'tls.crt': 'none', 'tls.key': 'none' }));
  });

  it('is trusted again within seconds of the caBundle being wiped', async () => {
    await wipe();
    await eventually('it is back', 5, async () => (await bundles()).every(Boolean));
    await settled();
  });

  it('is trusted on where the manifests are applied again', async () => {
    const before = await bundles();
    await kubectl(['apply', '-k', new URL('../../deploy', import.meta.url).pathname]);
    assert.deepEqual(await bundles(), before);
    await kubectl(['rollout', 'status', '-n', system, deployment, '--timeout=120s']);
  });

  it('is in no log but by its number', async function () {
    const keys = Object.values(await content()).flatMap((text) => text.split('\n').filter((line) => line.length > 40));
    const log = await kubectl(['logs', '-n', system, deployment, '--all-pods', '--tail=-1']);
    // The nodes of a test cluster may share the folder of the logs, and one of them clean up what is the other's.
    if (!log.includes('certificate served')) this.skip();
    assert(!keys.some((line) => log.includes(line)));
  });
});

/** Does something that changes the certificate while Pods are created, and holds the apiserver to no failed call. */
async function underChange(change: () => Promise<unknown>): Promise<void> {
  const before = await settled();
  const outcome = await underLoad(namespace, 0, async () => {
    await change();
    await eventually('another certificate', 60, async () => (await settled()).serialNumber !== before.serialNumber);
  });
  assertNoneFailed(outcome);
}

/** Until every replica serves the certificate of the Secret, and every webhook trusts it. */
const settled = (): Promise<X509Certificate> =>
  eventually('all replicas serve it and all webhooks trust it', 60, async () => {
    const leaf = readCertificate((await content())['tls.crt'] ?? '');
    assert(leaf);
    const served = await Promise.all((await replicas()).filter(isReady).map((pod) => serialOf(pod.status.podIP)));
    assert(served.length > 0 && served.every((serial) => serial === leaf.serialNumber));
    for (const bundle of await bundles()) assert.equal(signersOf(leaf, readCertificates(bundle)).length > 0, true);
    return leaf;
  });

const replicas = async (): Promise<any[]> =>
  (await get(['pods', '-n', system, '-l', 'app.kubernetes.io/component=webhook'])).items;

/** The serial number of the certificate that a replica shows. */
const serialOf = (host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port: 8443, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

async function content(): Promise<Record<string, string>> {
  const { data } = await get(['secret', '-n', system, secret]);
  return Object.fromEntries(Object.entries<string>(data).map(([key, text]) => [key, decode(text)]));
}

async function write(texts: Readonly<Record<string, string>>): Promise<void> {
  const held = await get(['secret', '-n', system, secret]);
  await kubectl(['replace', '-f', '-'], JSON.stringify({ ...held, stringData: texts }));
}

const bundles = async (): Promise<string[]> =>
  (await get(configuration)).webhooks.map(({ clientConfig }: any) => decode(clientConfig.caBundle ?? ''));

async function wipe(): Promise<void> {
  const { webhooks } = await get(configuration);
  const operations = webhooks.flatMap(({ clientConfig }: any, index: number) =>
    clientConfig.caBundle ? [{ op: 'remove', path: `/webhooks/${index}/clientConfig/caBundle` }] : [],
  );
  await kubectl(['patch', ...configuration, '--type=json', '-p', JSON.stringify(operations)]);
}
