// A webhook that follows the namespaces of the apiserver on a port of loopback: FOLDER PORT APISERVER.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createLogger } from '../../src/config/log.ts';
import { type Transport, createClient } from '../../src/kube/client.ts';
import { startPolicyInformers } from '../../src/policy/informers.ts';
import { createStore } from '../../src/policy/store.ts';
import { createWebhookServer } from '../../src/webhook/server.ts';
import { testContext } from '../support/webhook.ts';

const [directory = '', port, apiserver] = process.argv.slice(2);

const transport: Transport = ({ method, path, accept, signal }) =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: Number(apiserver), method, path, headers: { accept }, signal };
    request(options, (body) => resolve({ status: body.statusCode ?? 0, headers: body.headers, body }))
      .on('error', reject)
      .end();
  });

const [cert, key] = ['tls.crt', 'tls.key'].map((name) => readFileSync(join(directory, name), 'utf8'));
const store = createStore(testContext.prefix);
const log = createLogger('info', { write: () => {} });
const certificate = { cert: cert as string, key: key as string };
const { server } = createWebhookServer({ context: testContext, store, log, certificate });
const complain = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
await startPolicyInformers(createClient(transport), store, complain, new AbortController().signal);
server.listen(Number(port), '127.0.0.1');
