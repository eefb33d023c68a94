import { globSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { developmentCertificate } from '../certificates/development.ts';
import { parseCheck } from '../check/parse.ts';
import { createStore } from '../policy/store.ts';
import { type Settings, readSettings, version } from '../settings.ts';
import { createWebhook } from '../webhook/server.ts';
import { describePatch } from './describe-patch.ts';

/** Posts every example to a webhook of its own, as the apiserver would, and prints what was added to each. */
const root = new URL('../../', import.meta.url).pathname;
// A reader such as head may stop early.
process.stdout.on('error', () => process.exit(0));
const settings = readSettings([], {}) as Settings;
const pair = developmentCertificate(`${root}certs/`, new Date());
const store = createStore(settings.prefix);
const webhook = createWebhook({ ...settings, parseCheck, version }, store, pair, pino({ level: 'silent' }));
await new Promise<void>((resolve) => void webhook.server.listen(0, '127.0.0.1', resolve));
const { port } = webhook.server.address() as AddressInfo;

for (const file of globSync('deploy/examples/*.yaml', { cwd: root }).toSorted()) {
  const source = readFileSync(root + file, 'utf8');
  const { kind, metadata, spec } = parse(source);
  const pod = { apiVersion: 'v1', kind: 'Pod', ...spec.template };
  const { response } = await post({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: file,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'default',
      object: pod,
    },
  });
  const about = [...source.matchAll(/^# (.*)$/gm)].map((match) => match[1]).join('\n  ');
  print(`${file}: ${kind} ${metadata.name}`, '=');
  print(`  ${about}\n`);
  print('Asked for:');
  print(indent(stringify(spec.template.metadata.annotations)));
  for (const warning of response.warnings ?? []) print(`Warning: ${warning}`);
  print('Added:');
  print(indent(describePatch(pod, JSON.parse(Buffer.from(response.patch ?? 'W10=', 'base64').toString()))));
}
webhook.server.close();
webhook.server.closeAllConnections();

type Reply = { readonly response: { readonly warnings?: string[]; readonly patch?: string } };

function post(review: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/mutate',
      ca: readFileSync(`${root}certs/ca.crt`),
      headers: { 'content-type': 'application/json' },
    });
    call.on('error', reject);
    call.on('response', (reply) => {
      let body = '';
      reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
      reply.on('end', () => resolve(JSON.parse(body)));
    });
    call.end(JSON.stringify(review));
  });
}

function print(text: string, underline = ''): void {
  process.stdout.write(`${text}\n${underline ? `${underline.repeat(text.length)}\n` : ''}`);
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
