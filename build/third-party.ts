import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
// https://esbuild.github.io/api/#metafile
import type { Metafile } from 'esbuild';

export const noticesFile = 'THIRD-PARTY-NOTICES.txt';

/** The file that holds the terms of a package, by the names that packages give it. */
const termsName = /^((un)?licen[cs]e|copying|notice)/i;

/**
 * What a bundle has of others: name, version and licence of each package, and the text of its terms, which nearly all of
 * them want beside every copy. Throws where a package has no text: one that must not be left out has to be looked at.
 */
export function thirdPartyNotices(root: string, { outputs }: Metafile): string {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const folders = new Set(
    files.flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput === 0 ? [] : (/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
    ),
  );
  const sections = [...folders].toSorted().map((folder) => noticeOf(join(root, folder)));
  return `This program contains the work of others, under these terms.\n${sections.join('')}`;
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const terms = readdirSync(folder)
    .filter((file) => termsName.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (terms.length === 0) throw new Error(`${name} ${version} has no file with its terms in ${folder}.`);
  return noticeSection(`${name} ${version}, ${license}\n\n${terms.join('\n\n')}`);
}

/** A part of the notices, behind a line that ends the one before. */
export const noticeSection = (text: string): string => `\n${'='.repeat(80)}\n${text}\n`;
