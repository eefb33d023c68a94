import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { injectionOptions } from '../../src/config/injection.ts';
import { copiedFromContext, isIgnored, stagesOf } from './support/dockerfile.ts';
import { jobsOf, matrixOf, workflow } from './support/workflow.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(root + path, 'utf8');
const images = [
  { name: 'health-injector', context: '.' },
  { name: 'health-probe', context: 'agent' },
] as const;

for (const { name, context } of images) {
  const path = join(context, 'Dockerfile');
  const stages = stagesOf(read(path));
  const last = stages.at(-1)!;
  const dockerignore = read(join(context, '.dockerignore'));
  const inContext = join(root, context, '/');
  /** A file of the context, or the files of a folder of it. */
  const filesOf = (source: string): string[] => {
    const at = join(root, context, source);
    assert(existsSync(at), `${source} is there`);
    if (!statSync(at).isDirectory()) return [source];
    const files = globSync('**/*', { cwd: at, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).slice(inContext.length));
  };

  describe(`the image ${name}`, () => {
    it('runs as a number other than root, whatever its base says', () => {
      const users = last.instructions.filter(({ word }) => word === 'USER').map(({ rest }) => rest);
      assert.deepEqual(users, ['65532:65532']);
      assert.equal(last.instructions.filter(({ word }) => word === 'RUN' || word === 'VOLUME').length, 0);
    });

    it('is run as the same user by the manifests', () => {
      const security = parse(read('deploy/deployment.yaml')).spec.template.spec.securityContext;
      assert.equal(`${security.runAsUser}:${security.runAsGroup}`, '65532:65532');
    });

    it('copies only what is there and is not withheld', () => {
      const sources = stages.flatMap(copiedFromContext);
      assert(sources.length >= 4);
      const files = sources.flatMap(filesOf);
      assert(files.length > 20);
      assert.deepEqual(
        files.filter((file) => isIgnored(file, dockerignore)),
        [],
      );
    });

    it('has a context of no more than what is copied', () => {
      const copied = new Set(stages.flatMap(copiedFromContext).flatMap(filesOf));
      const everywhere = globSync(
        '{*,.cargo/**,build/**,src/**,test/**,deploy/**,agent/*,agent/src/**,docs/**,.github/**}',
        {
          cwd: root + context,
          withFileTypes: true,
        },
      );
      const files = everywhere
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(inContext.length));
      assert(files.length > copied.size);
      const sent = files.filter((file) => !isIgnored(file, dockerignore));
      assert.deepEqual(sent.toSorted(), [...copied].toSorted());
      for (const file of [
        '.git/config',
        'node_modules/x/index.js',
        'target/release/x',
        'dist/webhook.js',
        'certs/tls.key',
      ]) {
        assert(isIgnored(file, dockerignore), file);
      }
    });

    it('is built from what is there, and from tags that are no moving ones', () => {
      const names = stages.map((stage) => stage.name);
      const froms = stages.flatMap(({ instructions }) =>
        instructions.flatMap(({ rest }) => /--from=(\S+)/.exec(rest)?.[1] ?? []),
      );
      assert.equal(froms.length, 1);
      assert(froms.every((from) => names.includes(from)));
      for (const { from } of stages)
        assert.match(
          from,
          /^scratch$|^[a-z0-9./-]+:(?!latest)[a-z0-9.-]*[0-9][a-z0-9.-]*(@sha256:[0-9a-f]{64})?$|\/nodejs24-debian13:nonroot$/,
        );
    });

    it('says what it is, of which version and revision', () => {
      const labels = last.instructions.filter(({ word }) => word === 'LABEL').map(({ rest }) => rest);
      assert.equal(labels.length, 1);
      const said = Object.fromEntries(
        [...labels[0]!.matchAll(/org\.opencontainers\.image\.(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
      );
      assert.deepEqual(Object.keys(said), ['title', 'description', 'source', 'licenses', 'version', 'revision']);
      const { license } = JSON.parse(read('package.json'));
      const { home } = parse(read('deploy/chart/health-injector/Chart.yaml'));
      assert.deepEqual([said['title'], said['licenses'], said['source']], [name, license, home]);
      assert.deepEqual([said['version'], said['revision']], ['$VERSION', '$REVISION']);
      const builds = jobsOf(workflow('release'))
        .flatMap(({ steps }) => steps)
        .filter(({ with: inputs }) => inputs?.['build-args']);
      assert.equal(builds.length, 1);
      const given = builds[0]!
        .with!['build-args']!.trim()
        .split('\n')
        .map((line) => line.split('=')[0]!);
      const taken = last.instructions.filter(({ word }) => word === 'ARG').map(({ rest }) => rest.split('=')[0]!);
      assert.deepEqual(given, taken);
    });

    it('has an SBOM of the stage that it is made in', () => {
      assert(
        stages[0]!.instructions.some(({ word, rest }) => word === 'ARG' && rest === 'BUILDKIT_SBOM_SCAN_STAGE=true'),
      );
    });
  });
}

describe('the images', () => {
  it('are held against a .dockerignore as Docker reads it', () => {
    const dockerignore = '# all\n*\n!src\nsrc/*.md\n!agent/checks.json\n**/secret\n';
    const ignored = ['.git/config', 'a.b', 'src/a.md', 'agent/main.rs', 'src/x/secret', 'src/x/secret/y'];
    const sent = ['src', 'src/.hidden', 'src/x/a.md', 'agent/checks.json'];
    assert.deepEqual(
      [...ignored, ...sent].filter((file) => isIgnored(file, dockerignore)),
      ignored,
    );
  });

  for (const [file, job] of [
    ['ci', 'images'],
    ['release', 'images'],
  ] as const) {
    it(`are all built by ${file}.yaml, for every platform that the agent can be built for`, () => {
      const { image, arch, include } = matrixOf(file, job);
      const known = [...read('agent/Dockerfile').matchAll(/^ +(\w+)\) target=/gm)].map((match) => match[1]);
      assert.equal(known.length, 2);
      assert.deepEqual(arch.toSorted(), known.toSorted());
      assert.deepEqual(
        image,
        images.map(({ name }) => name),
      );
      for (const { name, context } of images) {
        assert.deepEqual(
          include.filter((row) => row['image'] === name).map((row) => row['context']),
          [context],
        );
      }
      assert.deepEqual(
        include.flatMap((row) => row['runner'] ?? []),
        ['ubuntu-24.04', 'ubuntu-24.04-arm'],
      );
    });
  }

  it('that are pushed are those that kustomization, chart and settings name', () => {
    const registry = workflow('release').env!['REGISTRY']!;
    const [injector, probe] = matrixOf('release', 'publish').image.map((image) => `${registry}/${image}`);
    const chart = parse(read('deploy/chart/health-injector/values.yaml'));
    const kustomization = parse(read('deploy/kustomization.yaml'));
    assert.deepEqual([chart.image.repository, chart.agentImage.repository], [injector, probe]);
    assert.deepEqual(
      kustomization.images.map((image: any) => image.name),
      [injector],
    );
    assert.equal(injectionOptions['agent-image'].default.split(':')[0], probe);
    for (const file of ['deploy/deployment.yaml', 'deploy/controller.yaml']) {
      const container = parse(read(file)).spec.template.spec.containers[0];
      assert.equal(container.image, injector);
      const agent = container.env.find((entry: any) => entry.name === 'HEALTH_INJECTOR_AGENT_IMAGE');
      assert.equal(agent.value.split(':')[0], probe);
    }
  });
});
