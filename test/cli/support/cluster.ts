import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';

const user = (name: string, token: string) => ({ name, user: { token } });
const context = (name: string) => ({ name, context: { cluster: 'test', user: name, namespace: 'shop' } });

/** A small apiserver: HTTPS, a bearer token, and what it is given to answer by path and query, a text as it is. */
export async function startCluster(answers: Readonly<Record<string, object | string>>) {
  const authority = issueAuthority('test', new Date());
  const pair = issueServingCertificate(authority, ['127.0.0.1'], { now: new Date(), days: 1 });
  const server = createServer(pair, ({ url = '', headers }, response) => {
    const found = answers[decodeURIComponent(url)];
    const isKnown = headers.authorization === 'Bearer secret' && found !== 'forbidden';
    const code = isKnown ? (found ? 200 : 404) : 403;
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      code,
      message: `${url} is ${isKnown ? 'not found' : 'forbidden'}`,
    };
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(isKnown && typeof found === 'string' ? found : JSON.stringify(isKnown && found ? found : status));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  const kubeconfig = join(folder, 'config');
  const data = Buffer.from(authority.cert).toString('base64');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': data } }],
    users: [user('admin', 'secret'), user('guest', 'other')],
    contexts: [context('admin'), context('guest')],
    'current-context': 'admin',
  };
  writeFileSync(kubeconfig, stringify(config));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      rmSync(folder, { recursive: true });
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { kubeconfig, stop };
}
