import { globSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import jsonPatch from 'fast-json-patch';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { developmentCertificate } from '../certificates/files.ts';
import { parseCheck } from '../check/parse.ts';
import type { Pod } from '../inject/pod/pod.ts';
import { createStore } from '../policy/store.ts';
import { injectionOptions, injectionSettings } from '../config/injection.ts';
import { readOptions, version } from '../config/options.ts';
import type { PatchOperation } from '../webhook/json-patch.ts';
import { createWebhookServer } from '../webhook/server.ts';

/** Posts every example to a webhook of its own, as the apiserver would, and prints what was added to each. */
const root = new URL('../../', import.meta.url).pathname;
// A reader such as head may stop early.
process.stdout.on('error', () => process.exit(0));
const read = readOptions(injectionOptions, {}, {});
if ('problems' in read) throw new Error(read.problems.join('\n'));
const settings = { ...injectionSettings(read.values), strict: false };
const pair = developmentCertificate(`${root}certs/`, new Date());
const store = createStore(settings.prefix);
const webhook = createWebhookServer({
  context: { ...settings, parseCheck, version },
  store,
  log: pino({ level: 'silent' }),
  certificate: pair,
});
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

/**
 * Describes a JSON Patch for people: where, by name rather than by number, and then what as YAML. It is applied step by
 * step, as an apiserver does, since an item may move by an earlier operation; throws where it cannot be applied.
 */
function describePatch(pod: Pod, patch: readonly PatchOperation[]): string {
  let patched = structuredClone(pod);
  return patch
    .map((operation) => {
      const before = structuredClone(patched);
      patched = jsonPatch.applyOperation(patched, structuredClone(operation), true).newDocument;
      const value = 'value' in operation ? operation.value : undefined;
      const body = typeof value === 'string' ? `  ${value}\n` : stringify(value).replaceAll(/^(?=.)/gm, '  ');
      const name = nameOf(operation.op === 'remove' ? before : patched, operation.path);
      return `${operation.op === 'add' ? '+' : operation.op} ${name}\n${body}`;
    })
    .join('');
}

/** Writes `/spec/containers/0/livenessProbe` as `spec.containers[redis].livenessProbe`. */
function nameOf(pod: Pod, pointer: string): string {
  let value: unknown = pod;
  let text = '';
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as Record<string, unknown> | undefined)?.[key];
    const name = (value as { name?: string } | undefined)?.name;
    text += /^\d+$/.test(key) ? `[${name ?? key}]` : `${text && '.'}${key}`;
  }
  return text;
}
