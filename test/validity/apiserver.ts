import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { apiserverFolder } from './binaries.ts';

/** What the apiserver answered. */
export type ApiAnswer = { readonly status: number; readonly body: any; readonly warnings: string };

export type Apiserver = Awaited<ReturnType<typeof startApiserver>>;

const token = 'validity';

/**
 * Starts etcd and a kube-apiserver of the test cluster's version, and nothing else: it judges objects, and no controller
 * or node does anything with them. Each of `files` is written, and its path given as the flag of that name.
 */
export async function startApiserver(tools: string, files: Readonly<Record<string, string>> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'validity-'));
  const bin = await apiserverFolder(tools);
  const [port, etcdPort, peerPort] = await freePorts(3);
  const key = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const privateKey = file('sa.key', key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  const publicKey = file('sa.pub', key.publicKey.export({ type: 'spki', format: 'pem' }) as string);
  const tokens = file('tokens.csv', `${token},admin,admin,"system:masters"\n`);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const children = [
    start(directory, 'etcd', {
      'data-dir': join(directory, 'etcd'),
      'unsafe-no-fsync': 'true',
      'initial-cluster': `default=${peerUrl}`,
      'listen-client-urls': etcdUrl,
      'advertise-client-urls': etcdUrl,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
    }),
    start(directory, join(bin, 'kube-apiserver'), {
      'etcd-servers': etcdUrl,
      'cert-dir': join(directory, 'pki'),
      'token-auth-file': tokens,
      'bind-address': '127.0.0.1',
      'secure-port': `${port}`,
      'authorization-mode': 'RBAC',
      'allow-privileged': 'true',
      'service-cluster-ip-range': '198.18.0.0/24',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': publicKey,
      'service-account-signing-key-file': privateKey,
      ...Object.fromEntries(Object.entries(files).map(([flag, text]) => [flag, file(flag, text)])),
    }),
  ];
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const certificate = join(directory, 'pki/apiserver.crt');
  await eventually('the certificate of the apiserver', 60_000, async () => existsSync(certificate));
  const call = (method: string, path: string, object?: object): Promise<ApiAnswer> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const options = { agent, host: '127.0.0.1', port, path, method, headers, ca: readFileSync(certificate) };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json');
          const warnings = [response.headers['warning'] ?? ''].flat().join(', ');
          resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text, warnings });
        });
      });
      sent.on('error', reject);
      sent.end(object && JSON.stringify(object));
    });
  const must2xx = async (method: string, path: string, object?: object): Promise<any> => {
    const { status, body } = await call(method, path, object);
    if (status < 300) return body;
    throw new Error(`${method} ${path}: ${status} ${typeof body === 'string' ? body : body.message}`);
  };
  await eventually('the apiserver', 120_000, async () => (await call('GET', '/readyz')).status === 200);
  const { gitVersion } = await must2xx('GET', '/version');
  const kubeconfig = file(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'it', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate } },
      ],
      users: [{ name: 'it', user: { token } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
      'current-context': 'it',
    }),
  );
  return {
    version: gitVersion as string,
    kubeconfig,
    directory,
    call,
    must: must2xx,
    async stop(): Promise<void> {
      agent.destroy();
      for (const child of children.toReversed()) await end(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function start(directory: string, program: string, flags: Readonly<Record<string, string>>): ChildProcess {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(directory, `${program.split('/').at(-1)}.log`));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  return child;
}

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

/** Ports of loopback that were free a moment ago; all are taken at once, so that none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((each) => new Promise<void>((resolve) => void each.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((each) => (each.address() as { port: number }).port);
  await Promise.all(servers.map((each) => new Promise((resolve) => void each.close(resolve))));
  return ports;
}
