import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';

const user = (name: string, token: string) => ({ name, user: { token } });
const context = (name: string) => ({ name, context: { cluster: 'test', user: name, namespace: 'shop' } });

/** An object, a text as it is, or the word `forbidden`; undefined where nothing is there. */
type Found = object | string | undefined;

/** What is asked: GET with a path and query, or a change with its body. */
export type Asked = { readonly method: string; readonly url: string; readonly body: string };

/** A small apiserver: HTTPS, a bearer token, and what it is given to answer, by path and query or by a function. */
export async function startCluster(
  answers: Readonly<Record<string, object | string>> | ((asked: Asked) => Promise<Found>),
) {
  const authority = issueAuthority('test', new Date());
  const pair = issueServingCertificate(authority, ['127.0.0.1'], { now: new Date(), days: 1 });
  const find = typeof answers === 'function' ? answers : async ({ url }: Asked): Promise<Found> => answers[url];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', method = '', headers } = request;
    const body = await text(request);
    const found = await find({ method, url: decodeURIComponent(url), body });
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
  };
  const server = createServer(pair, (request, response) => void answer(request, response));
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
