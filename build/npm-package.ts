// https://docs.npmjs.com/cli/configuring-npm/package-json
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { bundleOptions, esmOptions } from './bundle.ts';
import { noticesFile, thirdPartyNotices } from './third-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const repository = 'https://github.com/health-injector/health-injector';

const readme = `# health-injector

The command line of [health-injector](${repository}): health checks for Kubernetes manifests, as the webhook adds them to Pods.

\`\`\`sh
npx health-injector lint --strict deploy/     # what is wrong with the annotations, and where
npx health-injector diff redis.yaml           # what the webhook would add
npx health-injector explain deploy/redis      # a live workload: what it gets and why, and the cost
\`\`\`

It needs Node ${manifest.engines.node.replace('>=', '')} or later, and no other package. It reads manifests and, where you ask for a live object, the cluster of your kubeconfig; it sends nothing to anyone else.
The program is the same as in the image and in the single files of a [release](${repository}/releases).
`;

/** Makes a folder for `npm publish`: the command line as it is built, with no package that it would need. */
async function buildPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Without source maps, which would be most of it.
  const outdir = join(folder, 'dist');
  const { metafile } = await build({ ...bundleOptions, ...esmOptions, entryPoints: ['src/bin/cli.ts'], outdir });
  writeFileSync(join(outdir, noticesFile), thirdPartyNotices(root, metafile));
  copyFileSync(join(root, 'src/bin/launch.js'), join(folder, 'dist/cli.js'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readme);
  const { name, version, description, license, type, engines } = manifest;
  const bin = {
    'health-injector': 'dist/cli.js',
    'kubectl-health': 'dist/cli.js',
    'kubectl_complete-health': 'dist/cli.js',
  };
  const keywords = ['kubernetes', 'health', 'probe', 'liveness', 'readiness', 'lint', 'kubectl-plugin'];
  const fields = {
    name,
    version,
    description,
    keywords,
    homepage: repository,
    repository: { type: 'git', url: `git+${repository}.git` },
    license,
    type,
    bin,
    files: ['dist'],
    engines,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(fields, null, 2)}\n`);
}

// `npm run build:package -- FOLDER`; without one it goes into dist/npm.
await buildPackage(resolve(process.argv[2] ?? join(root, 'dist/npm')));
