// https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from './bundle.ts';
import { noticeSection, noticesFile, thirdPartyNotices } from './third-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** By this mark Node finds out that it holds a program; it is the same in every Node. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Makes the command line one file that holds the Node that runs this, for the platform of that Node. A build for another
 * platform runs there: the compiled code in it is that of one processor, and only macOS signs for macOS.
 */
async function buildBinary(file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-binary-'));
  try {
    const [main, blob, config, node] = ['cli.cjs', 'blob', 'config.json', 'node'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    const entryPoints = ['src/bin/cli.ts'];
    const { metafile } = await build({ ...bundleOptions, entryPoints, format: 'cjs', outfile: main });
    const settings = {
      main,
      output: blob,
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // NODE_OPTIONS of the user's own projects speaks of files that this program does not have.
      execArgvExtension: 'none',
    };
    writeFileSync(config, JSON.stringify(settings));
    run(process.execPath, '--experimental-sea-config', config);
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    // What the blob changes would break the signature of Node; names of functions of C++ are 18 MB that no user reads.
    if (process.platform === 'darwin') run('codesign', '--remove-signature', node);
    if (process.platform === 'linux') run('strip', node);
    const segment = process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
    const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
    run(process.execPath, postject, node, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse, ...segment);
    // macOS on arm64 runs nothing that has no signature at all.
    if (process.platform === 'darwin') run('codesign', '--sign', '-', node);
    mkdirSync(dirname(file), { recursive: true });
    // Another process may run the file that was there.
    copyFileSync(node, `${file}.new`);
    renameSync(`${file}.new`, file);
    writeFileSync(join(dirname(file), noticesFile), `${thirdPartyNotices(root, metafile)}${nodeTerms()}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What of Node itself is in the file; its package for npm comes without the text. */
const nodeTerms = (): string =>
  noticeSection(
    `node ${process.versions.node}, MIT and the terms of what it contains: https://github.com/nodejs/node/blob/v${process.versions.node}/LICENSE`,
  );

/** Shows what a program printed only where it fails. */
function run(program: string, ...args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', message } = error as { readonly stdout?: Buffer } & Error;
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
}

// `npm run build:binary -- FILE`; without a file it goes into dist.
const file =
  process.argv[2] ?? join(root, 'dist', process.platform === 'win32' ? 'health-injector.exe' : 'health-injector');
await buildBinary(resolve(file));
const { size } = statSync(file);
process.stdout.write(`${file}: ${(size / 1e6).toFixed(0)} MB, with Node ${process.versions.node}\n`);
