import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

/** What the webhook is measured against: node:https that parses the same review and answers a patch made beforehand. */
const [, , directory = '', port = '0'] = process.argv;
const patch = Buffer.from(
  JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { a: 'b'.repeat(1_800) } }]),
).toString('base64');

createServer(
  { cert: readFileSync(`${directory}/tls.crt`), key: readFileSync(`${directory}/tls.key`) },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { request: review } = JSON.parse(Buffer.concat(chunks).toString());
      const answer = { uid: review.uid, allowed: true, patchType: 'JSONPatch', patch };
      const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  },
).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
