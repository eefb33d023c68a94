import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';

/** What differs from the answers that its questions have by themselves; `app` is the application that a template is about. */
export type Answers = { readonly app?: Application; readonly [answer: string]: unknown };

type Application = { readonly baseName: string; readonly [answer: string]: unknown };

/** The folder of its templates for Kubernetes, in its package. */
export const templates = 'dist/generators/kubernetes/templates';

/** The files of its package with the versions of Kubernetes' interfaces and of the images. */
export const constants = [
  'dist/generators/generator-constants.js',
  'dist/generators/server/resources/Dockerfile',
] as const;

const unasked = {
  kubernetesNamespace: 'default',
  kubernetesServiceType: 'LoadBalancer',
  kubernetesUseDynamicStorage: false,
  kubernetesStorageClassName: '',
  monitoring: 'no',
  serviceDiscoveryType: 'no',
  deploymentApplicationType: 'monolith',
  ingressType: 'nginx',
  ingressDomain: '',
  istio: false,
  useKeycloak: false,
  dbRandomPassword: 'horse',
  jwtSecretKey: 'horse',
  adminPassword: 'horse',
  adminPasswordBase64: 'aG9yc2U=',
};

/** What a template of generator-jhipster makes of these answers; `files` is the unpacked package. */
export function renderTemplate(files: string, template: string, answers: Answers): string {
  const all = { ...unasked, ...answers };
  const app: Readonly<Record<string, unknown>> = {
    applicationType: 'monolith',
    serviceDiscoveryType: 'no',
    targetImageName: `jhipster/${all.app?.baseName}`,
    ...all.app,
  };
  const data = {
    ...readConstants(files),
    ...all,
    monitoringPrometheus: all.monitoring === 'prometheus',
    serviceDiscoveryConsul: all.serviceDiscoveryType === 'consul',
    serviceDiscoveryEureka: all.serviceDiscoveryType === 'eureka',
    deploymentApplicationTypeMicroservice: all.deploymentApplicationType === 'microservice',
    ingressTypeNginx: all.ingressType === 'nginx',
    ingressTypeGke: all.ingressType === 'gke',
    kubernetesServiceTypeIngress: all.kubernetesServiceType === 'Ingress',
    kubernetesNamespaceDefault: all.kubernetesNamespace === 'default',
    appConfigs: [expand(app)],
    app: expand(app),
    useKafka: app['messageBroker'] === 'kafka',
  };
  const context = { getJDBCUrl: databaseUrl('jdbc'), getR2DBCUrl: databaseUrl('r2dbc') };
  return ejs.render(readFileSync(join(files, template), 'utf8'), data, { context, escape: String });
}

/** An answer `applicationType: 'gateway'` is also `applicationTypeGateway: true`, as templates ask for it. */
const expand = (app: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...app,
  ...Object.fromEntries(
    Object.entries(app).map(([key, value]) => [
      key.replace('DiscoveryType', 'Discovery') + capital(String(value)),
      true,
    ]),
  ),
  serviceDiscoveryAny: app['serviceDiscoveryType'] !== 'no',
});

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const databases: Readonly<Record<string, { readonly port: number; readonly options: string }>> = {
  postgresql: { port: 5432, options: '' },
  mysql: {
    port: 3306,
    options:
      '?useUnicode=true&characterEncoding=utf8&useSSL=false&useLegacyDatetimeCode=false&createDatabaseIfNotExist=true',
  },
};

/** The function of its generator that its templates call. */
const databaseUrl =
  (protocol: string) =>
  (type: string, { hostname, databaseName }: { readonly hostname: string; readonly databaseName: string }): string => {
    const database = databases[type];
    if (!database) throw new Error(`the port of ${type} is not on record`);
    return `${protocol}:${type}://${hostname}:${database.port}/${databaseName}${database.options}`;
  };

function readConstants(files: string): Record<string, unknown> {
  const [versions, dockerfile] = constants.map((path) => readFileSync(join(files, path), 'utf8'));
  const strings: Record<string, string> = Object.fromEntries(
    [...(versions ?? '').matchAll(/^export const (\w+) = '([^']*)';$/gm)].map(([, name, value]) => [name, value]),
  );
  const images = [...(dockerfile ?? '').matchAll(/^FROM (([^:\n]+):\S+)(?:\nLABEL ALIAS=(\S+))?/gm)].map(
    ([, image, name, alias]) => [camelCase(alias ?? name ?? ''), image],
  );
  const elasticsearch = `${strings['ELASTICSEARCH_IMAGE']}:${strings['ELASTICSEARCH_TAG']}`;
  return { ...strings, dockerContainers: { ...Object.fromEntries(images), elasticsearch } };
}

const camelCase = (name: string): string => name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
