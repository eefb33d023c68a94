import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { cached } from '../../agent/support/cache.ts';
import { must } from '../../support/process.ts';
import { loadImage } from './images.ts';
import { eventually, get, kubectl } from './kubectl.ts';

/** A controller of gangs, and the module that has its program (`main`) and its manifests. */
type GangController = {
  readonly name: string;
  readonly path: string;
  readonly version: string;
  readonly main: string;
};

export const jobSetController: GangController = {
  name: 'jobset',
  path: 'sigs.k8s.io/jobset',
  version: 'v0.10.1',
  main: 'sigs.k8s.io/jobset',
};

export const leaderWorkerSetController: GangController = {
  name: 'lws',
  path: 'sigs.k8s.io/lws',
  version: 'v0.7.0',
  main: 'sigs.k8s.io/lws/cmd',
};

const imageOf = ({ name }: GangController): string => `docker.io/local/${name}:1`;

/** Builds the program once for this machine. */
async function buildManager({ path, version, main }: GangController): Promise<string> {
  const directory = await cached('go-controller', [path, version], async (unfinished) => {
    writeFileSync(join(unfinished, 'go.mod'), `module example.com/controllers\n\nrequire ${path} ${version}\n`);
    const build = ['go', 'build', '-C', unfinished, '-mod=mod', '-o', 'manager', main];
    await must('env', ['CGO_ENABLED=0', ...build]);
  });
  return join(directory, 'manager');
}

const manifestsOf = async ({ path, version }: GangController): Promise<string> => {
  const { Dir: folder } = JSON.parse(await must('go', ['mod', 'download', '-json', `${path}@${version}`]));
  return `${folder}/config/default`;
};

/** Runs a controller, built from its module with its own manifests, for as long as the tests of the file run. */
export function useGangController(controller: GangController): void {
  let manifests = '';
  before(async function () {
    // The first build on a machine compiles the client of Kubernetes, on two cores for minutes.
    this.timeout(1_800_000);
    const manager = await buildManager(controller);
    await loadImage({
      name: imageOf(controller),
      entrypoint: ['/manager'],
      files: [`${manager}:/manager`],
      user: '65532',
    });
    const rendered = await kubectl(['kustomize', await manifestsOf(controller)]);
    manifests = parseAllDocuments(rendered)
      .map((document) => stringify(forThisCluster(document.toJS(), imageOf(controller))))
      .join('---\n');
    await kubectl(['apply', '--server-side', '-f', '-'], manifests);
    const { name } = controller;
    const system = `${name}-system`;
    await eventually('its certificate', 60, async () => {
      const { data } = await get(['secret', `${name}-webhook-server-cert`, '-n', system]);
      return data?.['tls.crt'] !== undefined;
    });
    // It wrote the Secret that it mounts. The kubelet shows that to a Pod that runs a minute or two later, to a new one at once.
    await kubectl(['delete', 'pods', '-n', system, '--all', '--grace-period=1']);
    await kubectl(['rollout', 'status', '-n', system, `deployment/${name}-controller-manager`, '--timeout=180s']);
  });
  after(async () => {
    if (manifests !== '') await kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], manifests);
  });
}

/** The image that is loaded, one replica, and less than a cluster of large nodes would give it. */
function forThisCluster(object: any, image: string): any {
  if (object.kind !== 'Deployment') return object;
  const { spec } = object.spec.template;
  const [manager] = spec.containers;
  const securityContext = { ...spec.securityContext, runAsUser: 65532 };
  const containers = [{ ...manager, image, imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '20m' } } }];
  const template = { ...object.spec.template, spec: { ...spec, securityContext, containers } };
  return { ...object, spec: { ...object.spec, replicas: 1, template } };
}
