import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import jsonPatch from 'fast-json-patch';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { doings } from './other-webhook.ts';
import { serverPair } from './webhook.ts';

/** The annotation that says what the webhook does to a Pod at a path: a list of names of doings as JSON. */
export const doingsKey = (path: string): string => `mesh.example${path}`;

/** A webhook of somebody else's on a free port of loopback: it does what the annotation of the called path says. */
export async function startOtherWebhook() {
  const server = createServer({ cert: serverPair.cert, key: serverPair.key }, (request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, stop };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { uid, object } = JSON.parse(Buffer.concat(chunks).toString()).request;
  const changed: Pod = structuredClone(object);
  const path = (request.url ?? '').split('?')[0] as string;
  for (const name of JSON.parse(object.metadata.annotations?.[doingsKey(path)] ?? '[]')) doings[name]?.(changed);
  const patch = Buffer.from(JSON.stringify(jsonPatch.compare(object, changed))).toString('base64');
  const answered = { uid, allowed: true, patchType: 'JSONPatch', patch };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answered }));
}
