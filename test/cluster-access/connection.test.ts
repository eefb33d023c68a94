import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { issueAuthority } from '../../src/certificates/issue.ts';
import type { Connection } from '../../src/cluster/connection.ts';
import { inClusterConnection } from '../../src/cluster/in-cluster-connection.ts';
import { kubeconfigConnection } from '../../src/cluster/kubeconfig-connection.ts';
import { messageOf, readAnswer } from '../../src/cluster/read-answer.ts';
import { version } from '../../src/config/options.ts';
import { eventually } from '../support/eventually.ts';
import { type Apiserver, type Fault, ca, startApiserver } from './support/apiserver.ts';
import { connectionTo, serviceAccount } from './support/follower.ts';

const { signal } = new AbortController();

const list = async (connection: Connection) =>
  readAnswer(await connection.get('/things?limit=500', { signal }), 10_000);

/** A kubeconfig with one cluster and a token. */
function kubeconfig(cluster: Readonly<Record<string, unknown>>, token = 'first'): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'here', caData: Buffer.from(ca).toString('base64'), ...cluster }],
    users: [{ name: 'me', token }],
    contexts: [{ name: 'here', cluster: 'here', user: 'me' }],
    currentContext: 'here',
  });
  return config;
}

const unusable = (server: string): string =>
  `The kubeconfig's current context has the server "${server}", expected an https:// URL.`;

/** Answers with what was sent. */
const echo: Fault = (request, response) => {
  const { method, headers } = request;
  void text(request).then((body) => response.end(JSON.stringify([method, headers['content-type'], body])));
  return true;
};

describe('a connection to the apiserver', () => {
  let apiserver: Apiserver;
  const account = serviceAccount('first');

  beforeEach(async () => {
    apiserver = await startApiserver();
    account.write('first');
  });
  afterEach(() => apiserver.stop());

  it('of a Pod says who it is, and uses one socket for one call after the other', async () => {
    const connection = connectionTo(apiserver, account.directory);
    for (let call = 0; call < 3; call += 1) assert.equal((await list(connection)).status, 200);
    assert.equal(apiserver.sockets.size, 1);
    assert.deepEqual(apiserver.calls[0], {
      ...apiserver.calls[0],
      accept: 'application/json',
      agent: `health-injector/${version}`,
    });
  });

  it('of a kubeconfig uses one socket for one call after the other', async () => {
    const connection = kubeconfigConnection(kubeconfig({ server: `https://127.0.0.1:${apiserver.port}` }));
    assert.ok(typeof connection !== 'string');
    for (let call = 0; call < 3; call += 1) assert.equal((await list(connection)).status, 200);
    assert.equal(apiserver.sockets.size, 1);
  });

  it('of a Pod takes the token again when it is refused, not before', async () => {
    const connection = connectionTo(apiserver, account.directory);
    assert.equal((await list(connection)).status, 200);
    account.write('second');
    assert.equal((await list(connection)).status, 200);
    apiserver.rotate('second');
    const answer = await list(connection);
    assert.equal(messageOf(answer), '401, "Unauthorized"');
    assert.equal((await list(connection)).status, 200);
  });

  it('of a Pod goes to an IPv6 address', async function () {
    if (!networkInterfaces()['lo']?.some(({ family }) => family === 'IPv6')) this.skip();
    const ipv6 = await startApiserver('::1');
    try {
      assert.equal((await list(connectionTo(ipv6, account.directory, '::1'))).status, 200);
    } finally {
      await ipv6.stop();
    }
  });

  it('of a Pod trusts nobody but the CA of the ServiceAccount', async () => {
    const misled = serviceAccount('first');
    writeFileSync(join(misled.directory, 'ca.crt'), issueAuthority('another', new Date()).cert);
    await assert.rejects(list(connectionTo(apiserver, misled.directory)), /certificate/);
    assert.deepEqual(apiserver.calls, []);
  });

  it('outside of a Pod is one sentence', () => {
    const sentence = 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set, as they are in every Pod.';
    assert.equal(inClusterConnection({}), sentence);
    assert.equal(inClusterConnection({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }), sentence);
  });

  it('without a ServiceAccount fails the call', async () => {
    await assert.rejects(list(connectionTo(apiserver, '/nowhere')), /ENOENT/);
  });

  it('of a kubeconfig logs in as client-node does, below the path of the server', async () => {
    const connection = kubeconfigConnection(
      kubeconfig({ server: `https://localhost:${apiserver.port}/clusters/one/` }),
    );
    assert(typeof connection !== 'string');
    assert.equal((await list(connection)).status, 404);
    assert.equal(apiserver.calls[0]?.url.pathname, '/clusters/one/things');
    const direct = kubeconfigConnection(kubeconfig({ server: `https://127.0.0.1:${apiserver.port}` }));
    assert(typeof direct !== 'string');
    assert.equal((await list(direct)).status, 200);
  });

  it('of a kubeconfig that knows no https server is one sentence', () => {
    assert.equal(kubeconfigConnection(new KubeConfig()), unusable(''));
    assert.equal(kubeconfigConnection(kubeconfig({ server: 'http://localhost:1' })), unusable('http://localhost:1'));
  });

  it('sends JSON, and a PATCH as a merge patch', async () => {
    const connection = connectionTo(apiserver, account.directory);
    for (const [method, type] of [
      ['POST', 'application/json'],
      ['PUT', 'application/json'],
      ['PATCH', 'application/merge-patch+json'],
      ['DELETE', 'application/json'],
    ] as const) {
      apiserver.faults.push(echo);
      const { body } = await readAnswer(await connection.send(method, '/things', { a: 'ü' }, { signal }), 1_000);
      assert.deepEqual(body, [method, type, '{"a":"ü"}']);
    }
  });

  it('ends a call when it is told to, before and after the head of the answer', async () => {
    const connection = connectionTo(apiserver, account.directory);
    for (const isAnswered of [false, true]) {
      apiserver.faults.push((_request, response) => {
        if (isAnswered) response.writeHead(200).flushHeaders();
        return true;
      });
      const stop = new AbortController();
      const call = connection.get('/things', { signal: stop.signal }).then((response) => readAnswer(response, 10));
      setTimeout(() => stop.abort(), 50);
      await assert.rejects(call, /abort/);
    }
  });

  it('ends a call by itself that takes too long, before and after the head of the answer, and its socket', async () => {
    const connection = connectionTo(apiserver, account.directory);
    for (const isAnswered of [false, true]) {
      apiserver.faults.push((_request, response) => {
        if (isAnswered) response.writeHead(200).write('{');
        return true;
      });
      const call = connection.send('POST', '/things', {}, { signal, limitMs: 100 });
      await assert.rejects(
        call.then((response) => readAnswer(response, 10)),
        /^Error: nothing more was heard within 100 ms$/,
      );
      await eventually('no socket', 1_000, async () => apiserver.sockets.size === 0);
    }
    assert.equal((await list(connection)).status, 200);
  });
});
