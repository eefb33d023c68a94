import type { SpawnOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cached } from '../../agent/support/cache.ts';
import { alone } from '../../support/alone.ts';
import { needProgram } from '../../support/packages.ts';
import { runToEnd } from '../../support/process.ts';

/** A published package, as its registry's own client knows it. */
export type Package = {
  readonly registry: keyof typeof clients;
  readonly name: string;
  readonly version: string;
  /** Of the list that `sha256sum` makes of the files that are read, in the order of their paths. */
  readonly sha256: string;
};

/** A folder with these files and folders of a package; downloaded once for this machine. Throws where they cannot be had or differ. */
export async function filesOf(source: Package, paths: readonly string[]): Promise<string> {
  const { registry, name, version, sha256 } = source;
  // A kind of its own for each, since one of a kind is made at a time.
  const kind = `package-${name.replaceAll(/[^a-z0-9]+/gi, '-')}`;
  return await cached(kind, [registry, name, version, sha256, ...paths], async (draft) => {
    const scratch = mkdtempSync(join(tmpdir(), 'health-injector-package-'));
    try {
      const unpacked = await clients[registry](source, scratch, paths);
      for (const path of paths) {
        mkdirSync(dirname(join(draft, path)), { recursive: true });
        cpSync(join(unpacked, path), join(draft, path), { recursive: true });
      }
    } finally {
      rmSync(scratch, { recursive: true });
    }
    const found = digestOf(draft);
    if (found !== sha256) throw new Error(`its files have the SHA-256 ${found}, and sources.json says ${sha256}`);
  }).catch((error: Error) => {
    throw new Error(`${name} ${version} (${registry}): ${error.message}`, { cause: error });
  });
}

function digestOf(folder: string): string {
  const files = globSync('**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  const lines = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${path.slice(folder.length + 1)}\n${sha256Of(readFileSync(path))}`;
  });
  const list = lines.toSorted().map((line) => line.split('\n').toReversed().join('  '));
  return sha256Of(list.map((line) => `${line}\n`).join(''));
}

const sha256Of = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** Downloads a package into a folder and unpacks at least these paths of it; gives back the folder that they are relative to. */
type Client = (source: Package, folder: string, paths: readonly string[]) => Promise<string>;

const clients = {
  npm: async ({ name, version }, folder, paths) => {
    await call('npm', ['pack', '--loglevel=error', `--pack-destination=${folder}`, `${name}@${version}`]);
    return await untar(folder, paths);
  },
  pypi: async ({ name, version }, folder) => {
    // One platform for all machines, so that all read the same file.
    const any = ['--only-binary=:all:', '--platform=manylinux_2_28_x86_64', '--python-version=3.12'];
    await pip([...any, `--dest=${folder}`, `${name}==${version}`]);
    return await unzip(folder);
  },
  'pypi-source': async ({ name, version }, folder, paths) => {
    // pip asks a source package for its name and version by running its build. This one runs instead, and nothing of the package does.
    const backend = join(folder, 'backend');
    for (const file of ['setuptools/build_meta.py', 'hatchling/build.py']) {
      mkdirSync(dirname(join(backend, file)), { recursive: true });
      writeFileSync(join(backend, dirname(file), '__init__.py'), '');
      writeFileSync(join(backend, file), backendOf(name, version));
    }
    const download = join(folder, 'download');
    await pip(['--no-binary=:all:', '--no-build-isolation', `--dest=${download}`, `${name}==${version}`], backend);
    return await untar(download, paths);
  },
  maven: async ({ name, version }, folder) => {
    await needProgram('mvn', 'maven');
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
    const options = [`-Dartifact=${name}:${version}`, `-DoutputDirectory=${folder}`];
    await call('mvn', ['--batch-mode', '--quiet', goal, ...options]);
    return await unzip(folder);
  },
  debian: async ({ name, version }, folder) => {
    await alone('apt', () => call('apt-get', ['update', '-q']));
    // The number behind the version counts rebuilds of the same source.
    await call('apt-get', ['download', '-q', `${name}=${version}*`], { cwd: folder });
    await call('dpkg-deb', ['-x', only(folder), join(folder, 'unpacked')]);
    return join(folder, 'unpacked');
  },
  'debian-source': async ({ name }, folder, paths) => {
    const options = await (sourceIndex ??= indexSources());
    const download = join(folder, 'download');
    mkdirSync(download);
    await call('apt-get', [...options, 'source', '-q', '--download-only', '--tar-only', name], { cwd: download });
    return await untar(download, paths);
  },
} satisfies Record<string, Client>;

async function call(
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env'> = {},
): Promise<void> {
  const { code, out, errors } = await runToEnd(program, args, options);
  if (code !== 0) throw new Error(`${program} failed: ${errors.trim() || out.trim() || `exit code ${code}`}`);
}

async function pip(args: readonly string[], pythonPath?: string): Promise<void> {
  await needProgram('pip', 'python3-pip');
  const env = { ...process.env, ...(pythonPath ? { PYTHONPATH: pythonPath } : {}) };
  await call('pip', ['download', '--quiet', '--disable-pip-version-check', '--no-deps', ...args], { env });
}

const backendOf = (name: string, version: string): string => `import os
def prepare_metadata_for_build_wheel(directory, config_settings=None):
    info = "${name.replaceAll('-', '_')}-${version}.dist-info"
    os.mkdir(os.path.join(directory, info))
    with open(os.path.join(directory, info, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
    return info
`;

/** The only file of a folder. */
function only(folder: string): string {
  const [name, ...others] = readdirSync(folder);
  if (!name || others.length > 0)
    throw new Error(`one file was expected, not ${[name, ...others].join(' and ') || 'none'}`);
  return join(folder, name);
}

/** Unpacks these paths of an archive whose only top folder has any name. */
async function untar(folder: string, paths: readonly string[]): Promise<string> {
  const into = join(folder, 'unpacked');
  const archive = only(folder);
  mkdirSync(into);
  const pick = ['--strip-components=1', '--wildcards', '--no-wildcards-match-slash'];
  await call('tar', ['-xf', archive, '-C', into, ...pick, ...paths.map((path) => `*/${path}`)]);
  return into;
}

async function unzip(folder: string): Promise<string> {
  const into = join(folder, 'unpacked');
  await needProgram('python3', 'python3');
  await call('python3', ['-m', 'zipfile', '-e', only(folder), into]);
  return into;
}

let sourceIndex: Promise<readonly string[]> | undefined;

/** What makes apt-get read the source packages of this machine's own mirrors, which few machines list: an index apart from the machine's. */
async function indexSources(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-apt-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['parts', 'lists/partial', 'cache']) mkdirSync(join(folder, name), { recursive: true });
  const lists = globSync(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.{list,sources}']);
  for (const [index, list] of lists.entries()) {
    const text = readFileSync(list, 'utf8');
    const sources = list.endsWith('.sources')
      ? text.replaceAll(/^Types:.*$/gm, 'Types: deb-src')
      : text.replaceAll(/^deb(-src)?\s/gm, 'deb-src ');
    writeFileSync(join(folder, 'parts', `${index}.${list.replace(/.*\./, '')}`), sources);
  }
  const options = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': `${folder}/parts`,
    'Dir::State::Lists': `${folder}/lists`,
    'Dir::Cache': `${folder}/cache`,
    'APT::Sandbox::User': 'root',
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await call('apt-get', [...flags, 'update', '-q']);
  return flags;
}
