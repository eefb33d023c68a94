import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

/** What the webhook is measured against: node:https that parses the same review, and answers as many bytes without any work. */
const [, , directory = '', port = '0', answerBytes = '0'] = process.argv;

const answerOf = (uid: unknown, patch: string): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, patchType: 'JSONPatch', patch },
  });
// The uid of a review has 36 characters.
const patch = 'A'.repeat(Math.max(0, Number(answerBytes) - answerOf('x'.repeat(36), '').length));

createServer(
  { cert: readFileSync(`${directory}/tls.crt`), key: readFileSync(`${directory}/tls.key`) },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { request: review } = JSON.parse(Buffer.concat(chunks).toString());
      const body = answerOf(review.uid, patch);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  },
).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
