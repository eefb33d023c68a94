import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { cached } from '../../agent/support/cache.ts';
import { must } from '../../support/process.ts';
import { loadImage } from './images.ts';
import { kubectl } from './kubectl.ts';

/** The module of the controller, which has its manifests beside the program. */
const jobSet = { path: 'sigs.k8s.io/jobset', version: 'v0.10.1' };
const image = 'docker.io/local/jobset:1';
const system = 'jobset-system';

/** Builds the program once for this machine. */
async function buildManager(): Promise<string> {
  const { path, version } = jobSet;
  const directory = await cached('go-controller', [path, version], async (unfinished) => {
    writeFileSync(join(unfinished, 'go.mod'), `module example.com/controllers\n\nrequire ${path} ${version}\n`);
    const build = ['go', 'build', '-C', unfinished, '-mod=mod', '-o', 'manager', path];
    await must('env', ['CGO_ENABLED=0', ...build]);
  });
  return join(directory, 'manager');
}

const manifestsOf = async ({ path, version }: typeof jobSet): Promise<string> => {
  const { Dir: folder } = JSON.parse(await must('go', ['mod', 'download', '-json', `${path}@${version}`]));
  return `${folder}/config/default`;
};

/** Runs the controller of JobSet, built from its module with its own manifests, for as long as the tests of the file run. */
export function useJobSetController(): void {
  let manifests = '';
  before(async function () {
    // The first build on a machine compiles the client of Kubernetes, on two cores for minutes.
    this.timeout(1_800_000);
    const manager = await buildManager();
    await loadImage({ name: image, entrypoint: ['/manager'], files: [`${manager}:/manager`], user: '65532' });
    const rendered = await kubectl(['kustomize', await manifestsOf(jobSet)]);
    manifests = parseAllDocuments(rendered)
      .map((document) => stringify(forThisCluster(document.toJS())))
      .join('---\n');
    await kubectl(['apply', '--server-side', '-f', '-'], manifests);
    const deployment = 'deployment/jobset-controller-manager';
    await kubectl(['rollout', 'status', '-n', system, deployment, '--timeout=180s']);
  });
  after(async () => {
    if (manifests !== '') await kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], manifests);
  });
}

/** The image that is loaded, and less CPU than a cluster of large nodes would give it. */
function forThisCluster(object: any): any {
  if (object.kind !== 'Deployment') return object;
  const { spec } = object.spec.template;
  const [manager] = spec.containers;
  const securityContext = { ...spec.securityContext, runAsUser: 65532 };
  const containers = [{ ...manager, image, imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '20m' } } }];
  const template = { ...object.spec.template, spec: { ...spec, securityContext, containers } };
  return { ...object, spec: { ...object.spec, template } };
}
