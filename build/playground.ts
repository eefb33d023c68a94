import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
// https://esbuild.github.io/api/
import { build } from 'esbuild';
import { noticesFile, thirdPartyNotices } from './third-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(root, 'dist/playground');
const source = 'src/playground';

// `npm run build:playground` makes dist/playground: a page that needs no server. The editor is a file of its own, which the
// page loads after its first result; what browsers lack of Node has small replacements.
rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    { in: `${source}/page/main.ts`, out: 'playground' },
    { in: `${source}/page/playground.css`, out: 'playground' },
    { in: `${source}/editor/main.ts`, out: 'editor' },
  ],
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2023',
  alias: Object.fromEntries(
    ['crypto', 'net', 'util'].map((name) => [`node:${name}`, `./${source}/browser/${name}.ts`]),
  ),
  inject: [`./${source}/browser/buffer.ts`],
  logLevel: 'warning',
  metafile: true,
  outdir: folder,
});
writeFileSync(resolve(folder, noticesFile), thirdPartyNotices(root, metafile));
copyFileSync(resolve(root, source, 'page/index.html'), resolve(folder, 'index.html'));
