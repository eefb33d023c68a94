import type { Response } from './connection.ts';
import { messageOf, readAnswer } from './read-answer.ts';

/** Another has written the object since it was read, or made it first. */
export class Conflict extends Error {}

/** More than any object has: etcd takes 1.5 MB, and its JSON may be a little longer. */
const limitBytes = 4 * 1024 * 1024;

/** The object that was asked for, or undefined where there is none. */
export async function expectFound(response: Response): Promise<unknown> {
  const answer = await readAnswer(response, limitBytes);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`its reading was answered with ${messageOf(answer)}`);
  return answer.body;
}

/** The object as it was written; rejects with `Conflict` where another was faster. */
export async function expectWritten(response: Response): Promise<unknown> {
  const answer = await readAnswer(response, limitBytes);
  if (answer.status === 409) throw new Conflict(messageOf(answer));
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`its writing was answered with ${messageOf(answer)}`);
  }
  return answer.body;
}
