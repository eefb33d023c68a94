import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls';
import { issueAuthority, issueServingCertificate } from '../../src/certificates/pki.ts';
import { readClientCa } from '../../src/webhook/client-auth.ts';
import { issueClient } from '../support/client-certificate.ts';
import { type RunningWebhook, reviewOf, serverPair, startWebhook } from '../support/webhook.ts';

const authority = issueAuthority('clients', new Date());
const stranger = issueAuthority('clients', new Date());
const apiserver = issueClient(authority, 'kube-apiserver', ['apiserver.kube-system']);
const body = JSON.stringify(reviewOf({ spec: { containers: [{ name: 'app' }] } }));

type Reply = { readonly code: number | undefined; readonly closes: boolean; readonly reused: boolean };

describe('the server that asks for client certificates', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook({}, undefined, {
      clients: { ca: authority.cert, names: ['kube-apiserver', 'apiserver.kube-system'] },
    });
  });
  after(() => webhook.stop());

  const call = (options: object, method = 'POST', path = '/mutate'): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({ ...webhook.connection, method, path, headers, ...options }, (reply) => {
        const { statusCode: code, headers: said } = reply;
        reply
          .resume()
          .on('end', () => resolve({ code, closes: said['connection'] === 'close', reused: sent.reusedSocket }));
      });
      sent.on('error', reject).end(method === 'POST' ? body : '');
    });

  it('answers the apiserver by its common name or by another of its names', async () => {
    assert.equal((await call(apiserver)).code, 200);
    assert.equal((await call(issueClient(authority, 'other', ['apiserver.kube-system']))).code, 200);
  });

  const refused = {
    'no certificate': { pair: {}, code: 401 },
    'one that it signed itself': { pair: stranger, code: 401 },
    'one of a CA of the same name': { pair: issueClient(stranger, 'kube-apiserver'), code: 401 },
    'one that is over': { pair: issueClient(authority, 'kube-apiserver', [], -1), code: 401 },
    'one for servers': {
      pair: issueServingCertificate(authority, ['kube-apiserver'], { now: new Date(), days: 1 }),
      code: 401,
    },
    'another name': { pair: issueClient(authority, 'kubelet'), code: 403 },
    'a name that holds the right one': { pair: issueClient(authority, 'kube-apiserver.evil'), code: 403 },
    'a name that reads like several': { pair: issueClient(authority, 'evil', ['x, DNS:kube-apiserver']), code: 403 },
  };
  for (const [name, { pair, code }] of Object.entries(refused)) {
    it(`refuses a client with ${name} with ${code}, and reads nothing of what it says`, async () => {
      assert.deepEqual(await call(pair), { code, closes: true, reused: false });
    });
  }

  it('stays open to the kubelet and to Prometheus', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      for (const pair of [{}, issueClient(stranger, 'prometheus')]) {
        assert.equal((await call(pair, 'GET', path)).code, 200, path);
      }
    }
  });

  const resumed = async (maxVersion: 'TLSv1.2' | 'TLSv1.3', pair: object): Promise<[boolean, string]> => {
    const options = { ...webhook.connection, ...pair, maxVersion, servername: 'localhost' };
    const { session } = await speak(options, 'GET /livez');
    assert(session);
    const { reused, status } = await speak({ ...options, session }, 'POST /mutate');
    return [reused, status];
  };

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`takes a session of ${version} that is resumed for what it was`, async () => {
      assert.deepEqual(await resumed(version, {}), [true, '401']);
      assert.deepEqual(await resumed(version, issueClient(stranger, 'kube-apiserver')), [true, '401']);
      // A call without a body is no review: it came through.
      assert.deepEqual(await resumed(version, apiserver), [true, '415']);
    });
  }

  it('keeps asking when its own certificate is renewed', async () => {
    webhook.setServingCertificate(serverPair);
    assert.equal((await call({})).code, 401);
    assert.equal((await call(apiserver)).code, 200);
  });

  it('answers a connection once more when the CA changes, and then asks the new one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal((await call({ ...apiserver, agent })).code, 200);
    webhook.setClientCa(stranger.cert);
    assert.deepEqual(await call({ ...apiserver, agent }), { code: 200, closes: true, reused: true });
    assert.equal((await call({ ...apiserver, agent })).code, 401);
    assert.equal((await call(issueClient(stranger, 'kube-apiserver'))).code, 200);
    webhook.setClientCa(`${authority.cert}\n${stranger.cert}`);
    assert.equal((await call(apiserver)).code, 200);
    agent.destroy();
  });

  it('reads a CA from a file, or says in a sentence why not', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'client-ca-')), 'ca.crt');
    assert.match(problemOf(file), /^\S+ cannot be read .*ENOENT.*\.$/);
    writeFileSync(file, authority.key);
    assert.match(problemOf(file), /^\S+ holds no certificate, .*\.$/);
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    assert.match(problemOf(file), /^\S+ cannot be read .*\.$/);
    writeFileSync(file, authority.cert);
    assert.deepEqual(readClientCa(file), { ca: authority.cert });
  });
});

/** Makes one call over a connection of its own, and says whether its session was resumed, and the last one it was offered. */
const speak = (
  options: ConnectionOptions,
  call: string,
): Promise<{ session: Buffer | undefined; reused: boolean; status: string }> =>
  new Promise((resolve, reject) => {
    let session: Buffer | undefined;
    let said = '';
    const socket: TLSSocket = connect(options, () => {
      session ??= socket.getSession();
      socket.write(`${call} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    socket.on('session', (offered: Buffer) => (session = offered));
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.on('error', reject);
    const reused = (): boolean => socket.isSessionReused();
    socket.on('end', () => resolve({ session, reused: reused(), status: said.split(' ')[1] ?? '' }));
  });

function problemOf(file: string): string {
  const read = readClientCa(file);
  return 'problem' in read ? read.problem : '';
}
