import assert from 'node:assert/strict';
import { type Daemon, askingWhileItStarts } from './daemon.ts';
import { type Conversation, askLiveness } from './faults.ts';
import { recordFaults } from './situations.ts';

/** What a question for liveness came to: the exit code 0 is alive, and 2 is a port that nobody listens on. */
export const wordOf = (code: number | null): string => (code === 0 ? 'alive' : code === 2 ? 'refused' : 'fail');

const mostAnswers = 200;

/** Each word once in a row: the order in which the answers changed. */
export const changesOf = (words: readonly string[]): string[] => words.filter((word, at) => word !== words[at - 1]);

/** Starts a server and asks for its liveness from before it listens until it answers, after which it stays alive. */
export async function startAsked<T extends { readonly port: number }>(
  { url, env }: Pick<Conversation, 'url' | 'env'>,
  start: () => Promise<T>,
): Promise<T> {
  const words = new Map<number, string[]>();
  const ask = async (port: number): Promise<void> => {
    const { code } = await askLiveness(url.replace('PORT', `${port}`), env);
    words.set(port, [...(words.get(port) ?? []), wordOf(code)]);
  };
  const server = await askingWhileItStarts(ask, start);
  const answers = (): number => words.get(server.port)?.length ?? 0;
  const answersOfStart = answers();
  while (words.get(server.port)?.at(-1) !== 'alive') {
    await ask(server.port);
    assert(answers() - answersOfStart < mostAnswers, `${url} is never alive`);
  }
  recordFaults(url, [['starting', changesOf(words.get(server.port) ?? []).join(', ')]]);
  return server;
}

/** Has a server end as the kubelet does, and asks for its liveness until it is gone. */
export async function endAsked({ url, port, env }: Conversation, server: Daemon): Promise<void> {
  const words: string[] = [];
  server.signal('SIGTERM');
  while (!server.hasEnded() && words.length < mostAnswers) {
    words.push(wordOf((await askLiveness(url.replace('PORT', `${port}`), env)).code));
  }
  await server.kill();
  recordFaults(url, [['draining', changesOf(words).join(', ')]]);
}

/** Asks for the liveness of a server in a state that is its own; unless it is `closes`, it is alive. */
export async function aliveIn(
  state: 'wrong login' | 'no login' | 'full',
  { url, port, env }: Conversation,
  closes?: 'closes',
): Promise<void> {
  const { code, line } = await askLiveness(url.replace('PORT', `${port}`), env);
  assert.equal(code, closes ? 4 : 0, `${state}: ${line}`);
  recordFaults(url, [[state, wordOf(code)]]);
}
