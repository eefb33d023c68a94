import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
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
  await askUntilAlive({ url, port: server.port, ...(env && { env }) }, words.get(server.port));
  return server;
}

/** Asks a server that is starting for its liveness until it is alive; `words` are the answers until now. */
export async function askUntilAlive(
  { url, port, env }: Conversation,
  words: readonly string[] = [],
  pauseMs = 0,
): Promise<void> {
  const all = [...words];
  while (all.at(-1) !== 'alive') {
    all.push(wordOf((await askLiveness(url.replace('PORT', `${port}`), env)).code));
    assert(all.length - words.length < mostAnswers, `${url} is never alive`);
    await sleep(pauseMs);
  }
  recordFaults(url, [['starting', changesOf(all).join(', ')]]);
}

/** Has a server end as the kubelet does, and asks for its liveness, in each of these protocols, until it is gone. */
export async function endAsked(server: Daemon, ...conversations: readonly Conversation[]): Promise<void> {
  const words = conversations.map((): string[] => []);
  server.signal('SIGTERM');
  while (!server.hasEnded() && (words[0]?.length ?? 0) < mostAnswers) {
    for (const [at, { url, port, env }] of conversations.entries())
      words[at]?.push(wordOf((await askLiveness(url.replace('PORT', `${port}`), env)).code));
  }
  await server.kill();
  for (const [at, { url }] of conversations.entries())
    recordFaults(url, [['draining', changesOf(words[at] ?? []).join(', ')]]);
}

/** The exit codes of a server that takes no more clients and does not say so. */
const wordless = { closes: [4], 'closes or waits': [3, 4] };

/** Asks for the liveness of a server in a state that is its own; unless it says nothing, it is alive. */
export async function aliveIn(
  state: 'starting' | 'wrong login' | 'no login' | 'full',
  { url, port, env }: Conversation,
  silence?: keyof typeof wordless,
): Promise<void> {
  const { code, line } = await askLiveness(url.replace('PORT', `${port}`), env);
  const expected: readonly number[] = silence ? wordless[silence] : [0];
  assert(expected.includes(code ?? -1), `${state}: ${line}, ${code}`);
  recordFaults(url, [[state, wordOf(code)]]);
}
