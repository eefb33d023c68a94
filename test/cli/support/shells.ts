import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runToEnd } from '../../support/process.ts';

/** What a real shell makes of lines of which the last word is to be completed: for each line all its words. */
export type Completer = (lines: readonly string[], at: Place) => Promise<string[][]>;

/** The folder in which files are looked for, and the environment. */
type Place = { readonly cwd: string; readonly env: NodeJS.ProcessEnv };

// Keys of the line editors: the begin of the line, and its end.
const [home, end] = ['\u0001', '\u0005'];

/** Bash at a terminal, which puts all that fits into the line; the line is then printed instead of run. */
export const inBash: Completer = (lines, at) => {
  const setUp = `bind 'set enable-bracketed-paste off'; source <(health-injector completion bash)`;
  return atTerminal(
    'bash --norc --noprofile -i',
    setUp,
    lines.map((line) => `${line}\u001b*`),
    at,
  );
};

/** Zsh the same. */
export const inZsh: Completer = (lines, at) => {
  const setUp = [
    'autoload -Uz compinit && compinit -u -D && source <(health-injector completion zsh)',
    'bindkey -e; unsetopt zle_bracketed_paste prompt_cr prompt_sp 2>/dev/null; unset zle_bracketed_paste',
    'insert_all() { compstate[insert]=all; unset "compstate[list]" }',
    'complete_all() { comppostfuncs=(insert_all); _main_complete }',
    "zle -C complete-all complete-word complete_all; bindkey '^T' complete-all",
  ].join('; ');
  return atTerminal(
    'zsh -f -i',
    setUp,
    lines.map((line) => `${line}\u0014`),
    at,
  );
};

/** Fish says by itself what it would offer. */
export const inFish: Completer = async (lines, { cwd, env }) => {
  const asks = lines.map((line) => `complete -C '${line}'; echo '---'`).join('; ');
  const script = `source (health-injector completion fish | psub); ${asks}`;
  const { code, out, errors } = await runToEnd('fish', ['--no-config', '-c', script], { cwd, env });
  if (code !== 0 || errors !== '') throw new Error(`fish: ${errors}`);
  return out
    .split('---\n')
    .slice(0, lines.length)
    .map((text, index) => {
      const [last = '', ...before] = (lines[index] ?? '').split(' ').toReversed();
      const words = text.split('\n').map((row) => row.split('\t')[0] ?? '');
      const offered = words.filter((word) => word !== '');
      const unchanged = last === '' ? [] : [last];
      return before.toReversed().concat(offered.length > 0 ? offered : unchanged);
    });
};

async function atTerminal(shell: string, setUp: string, keys: readonly string[], { cwd, env }: Place) {
  // script gives the shell a terminal, of more columns than any line here has.
  const child = spawn('script', ['-qec', `stty -echo cols 4000; exec ${shell}`, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'dumb', PS1: '', PS2: '', HISTFILE: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  /** The words that a line prints behind the first of these and before the second. */
  const wordsOf = async (line: string, number: number): Promise<string[]> => {
    const mark = `DONE${number}`;
    const from = out.length;
    child.stdin.write(`${line}\n`);
    while (!out.slice(from).includes(`<${mark}>`)) await once(child.stdout, 'data');
    return [...out.slice(from).matchAll(/^.*?<([^<>%]*)>\r?$/gm)].map(([, word = '']) => word).slice(0, -1);
  };
  try {
    await wordsOf(`${setUp}; printf '<%s>\\n' DONE0`, 0);
    const words: string[][] = [];
    for (const [index, line] of keys.entries()) {
      words.push(await wordsOf(`${line}${end} DONE${index + 1}${home}printf '<%s>\\n' `, index + 1));
    }
    return words;
  } finally {
    child.stdin.end('exit\n');
    child.kill();
  }
}
