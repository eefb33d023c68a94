import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
// https://esbuild.github.io/api/
import { type BuildOptions, type Plugin, build } from 'esbuild';
import { noticesFile, thirdPartyNotices } from './third-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = ['webhook', 'controller', 'cli'];

/**
 * Leaves out what nothing uses of @kubernetes/client-node, which does not say that its files may be left out: 15 MB of
 * API groups, where only the reading of a kubeconfig is used. The only file that does something by being loaded is a
 * polyfill for Node 18.
 */
const shakeClient: Plugin = {
  name: 'shake-client',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ importer, resolveDir, path }) =>
      importer.includes('/@kubernetes/client-node/dist/')
        ? { path: resolve(resolveDir, path), sideEffects: false }
        : undefined,
    );
  },
};

/** What all bundles have in common: a Node of package.json's `engines` runs them, and they need no package. */
export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22.19',
  packages: 'bundle',
  metafile: true,
  plugins: [shakeClient],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** A program as modules: each with the parts that it shares with others, and what it loads only when asked. */
export const esmOptions = {
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  outbase: 'src',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
} as const satisfies BuildOptions;

// `npm run build` makes dist.
if (import.meta.main) {
  rmSync(resolve(root, 'dist'), { recursive: true, force: true });
  const { metafile } = await build({
    ...bundleOptions,
    ...esmOptions,
    entryPoints: programs.map((name) => `src/bin/${name}.ts`),
    sourcemap: true,
    outdir: 'dist',
  });
  writeFileSync(resolve(root, 'dist', noticesFile), thirdPartyNotices(root, metafile));
  for (const name of programs) copyFileSync(resolve(root, 'src/bin/launch.js'), resolve(root, `dist/${name}.js`));
}
