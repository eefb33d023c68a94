import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAuthority } from '../../src/certificates/pki.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import { type Client, createClient } from '../../src/kube/client.ts';
import { fromKubeconfig, inCluster } from '../../src/kube/config.ts';
import { type Apiserver, ca, startApiserver } from './support/apiserver.ts';
import { clientFor, serviceAccount } from './support/reflector.ts';

const { signal } = new AbortController();

const list = (client: Client) => client.list('/things', { limit: 500, signal });

const userAgent = 'test/1';

/** The path of a kubeconfig with one cluster and a token; its context is `here`. */
function kubeconfig(cluster: Readonly<Record<string, unknown>>, contexts: readonly object[] = [context]): string {
  const file = join(mkdtempSync(join(tmpdir(), 'health-injector-kubeconfig-')), 'config');
  const certificate = Buffer.from(ca).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { 'certificate-authority-data': certificate, ...cluster } }],
    users: [{ name: 'me', user: { token: 'first' } }],
    contexts,
    'current-context': 'here',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const context = { name: 'here', context: { cluster: 'here', user: 'me', namespace: 'shop' } };

async function kubeconfigClient(server: string): Promise<Client> {
  const config = await fromKubeconfig({ userAgent, file: kubeconfig({ server }) });
  assert(config.problem === undefined, config.problem);
  return createClient(config.transport);
}

async function namespaceOf(contexts: readonly object[]): Promise<string> {
  const config = await fromKubeconfig({ userAgent, file: kubeconfig({ server: 'https://127.0.0.1:1' }, contexts) });
  return config.problem ?? config.namespace;
}

const problemOf = async (file: string, name?: string) =>
  (await fromKubeconfig({ userAgent, file, context: name })).problem;

describe('the config of a Pod', () => {
  let apiserver: Apiserver;
  const account = serviceAccount('first');

  beforeEach(async () => {
    apiserver = await startApiserver();
    account.write('first');
  });
  afterEach(() => apiserver.stop());

  it('names the user agent, and uses one socket for one call after the other', async () => {
    const client = clientFor(apiserver, account.directory);
    for (let call = 0; call < 3; call += 1) await list(client);
    assert.equal(apiserver.sockets.size, 1);
    assert.deepEqual(apiserver.calls[0], { ...apiserver.calls[0], accept: 'application/json', agent: userAgent });
  });

  it('reads the token again when it is refused, not before', async () => {
    const client = clientFor(apiserver, account.directory);
    await list(client);
    account.write('second');
    await list(client);
    apiserver.rotate('second');
    await assert.rejects(list(client), (error) => error instanceof ApiError && error.summary === '401, "Unauthorized"');
    await list(client);
  });

  it('goes to an IPv6 address', async function () {
    if (!networkInterfaces()['lo']?.some(({ family }) => family === 'IPv6')) this.skip();
    const ipv6 = await startApiserver('::1');
    try {
      await list(clientFor(ipv6, account.directory, { host: '::1' }));
    } finally {
      await ipv6.stop();
    }
  });

  it('trusts no CA but that of the ServiceAccount', async () => {
    const misled = serviceAccount('first');
    writeFileSync(join(misled.directory, 'ca.crt'), issueAuthority('another', new Date()).cert);
    await assert.rejects(list(clientFor(apiserver, misled.directory)), /certificate/);
    assert.deepEqual(apiserver.calls, []);
  });

  it('is one sentence outside of a Pod', () => {
    const problem = 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set, as they are in every Pod.';
    assert.deepEqual(inCluster({ userAgent, env: {} }), { problem });
    assert.deepEqual(inCluster({ userAgent, env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }), { problem });
  });

  it('fails the call where there is no ServiceAccount', async () => {
    await assert.rejects(list(clientFor(apiserver, '/nowhere')), /ENOENT/);
  });
});

describe('the config of a kubeconfig', () => {
  let apiserver: Apiserver;

  beforeEach(async () => (apiserver = await startApiserver()));
  afterEach(() => apiserver.stop());

  it('uses one socket for one call after the other', async () => {
    const client = await kubeconfigClient(`https://127.0.0.1:${apiserver.port}`);
    for (let call = 0; call < 3; call += 1) await list(client);
    assert.equal(apiserver.sockets.size, 1);
    assert.equal(apiserver.calls[0]?.agent, userAgent);
  });

  it('logs in as client-node does, below the path of the server', async () => {
    const client = await kubeconfigClient(`https://localhost:${apiserver.port}/clusters/one/`);
    await assert.rejects(list(client), (error) => error instanceof ApiError && error.status === 404);
    assert.equal(apiserver.calls[0]?.url.pathname, '/clusters/one/things');
    await list(await kubeconfigClient(`https://127.0.0.1:${apiserver.port}`));
  });

  it('has the namespace of its context, or default', async () => {
    assert.equal(await namespaceOf([context]), 'shop');
    assert.equal(await namespaceOf([{ name: 'here', context: { cluster: 'here', user: 'me' } }]), 'default');
  });

  it('is one sentence where it cannot be used', async () => {
    const server = `https://127.0.0.1:${apiserver.port}`;
    assert.equal(
      await problemOf(kubeconfig({ server: 'http://localhost:1' })),
      `The kubeconfig's current context has the server "http://localhost:1", expected an https:// URL.`,
    );
    assert.equal(
      await problemOf(kubeconfig({ server: 'http://localhost:8080' })),
      'No cluster is known: name a kubeconfig with --kubeconfig or $KUBECONFIG.',
    );
    assert.equal(await problemOf(kubeconfig({ server }, [])), 'The kubeconfig has no current context.');
    assert.equal(await problemOf(kubeconfig({ server }), 'there'), 'The kubeconfig has no context there.');
    assert.match((await problemOf('/nowhere')) ?? '', /^The kubeconfig cannot be read: .*ENOENT.*\.$/);
  });
});
