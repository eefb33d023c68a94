import { globSync, readFileSync } from 'node:fs';

/** The root of the repository, with a slash at its end. */
export const root = new URL('../../../', import.meta.url).pathname;

/** Every Markdown file of the repository, from its root on. */
export const markdownFiles: readonly string[] = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|target|dist|coverage)(\/|$)/.test(path),
}).toSorted();

/** The text of a file of the repository. */
export const textOf = (file: string): string => readFileSync(root + file, 'utf8');

const fence = /^( *)(`{3,}|~{3,})([^\n`]*)\n([^]*?)^\1\2[ \t]*$/gm;

/** The fenced blocks of a text, with the word behind the fence. */
export const blocksOf = (text: string): { readonly language: string; readonly code: string }[] =>
  [...text.matchAll(fence)].map(([, indent = '', , info = '', code = '']) => ({
    language: info.trim(),
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));

/** A text without its fenced blocks and comments. */
export const withoutBlocks = (text: string): string => text.replace(fence, '').replaceAll(/<!--[^]*?-->/g, '');

/** What stands between backticks outside of blocks. */
export const codeSpansOf = (text: string): string[] =>
  [...withoutBlocks(text).matchAll(/(?<!`)(`+)(?!`)([^]*?[^`])\1(?!`)/g)].map(([, , code = '']) => code.trim());

/** Where the links and images of a text lead. */
export function linksOf(text: string): string[] {
  const prose = withoutBlocks(text).replaceAll(/(?<!`)(`+)(?!`)[^]*?[^`]\1(?!`)/g, '`code`');
  const forms = [
    /\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)/g,
    /^ {0,3}\[[^\]]+\]:\s+(\S+)/gm,
    /\b(?:href|src|srcset)="([^"]+)"/g,
  ];
  return forms.flatMap((form) => [...prose.matchAll(form)].map((match) => match[1] as string));
}

/** The anchors that GitHub gives the headings of a text, and those that it makes itself. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#{1,6}[ \t]+(.+?)[ \t]*#*$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}
