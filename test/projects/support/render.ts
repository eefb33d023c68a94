import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type GoTool, goTool } from '../../deploy/support/go-tool.ts';
import { must } from '../../support/process.ts';
import { type Answers, constants, renderTemplate, templates } from './jhipster.ts';

/** How a manifest is made of the files of a package; as it is, where nothing of this is said. */
export type Recipe = {
  /** The file of the package, or the folder of its chart; without it, helm's own starter. */
  readonly path?: string;
  /** Arguments of `helm template`: the release and its options. */
  readonly helm?: readonly string[];
  readonly jhipster?: Answers;
  /** Of a kustomization: where its resources are, and the template of each. */
  readonly kustomize?: Readonly<Record<string, string>>;
  /** What stands for the placeholders of a template. */
  readonly filled?: Readonly<Record<string, string>>;
};

/** The paths of the package that the recipe reads. */
export const pathsOf = ({ path, jhipster, kustomize }: Recipe): string[] => [
  ...(path ? [path] : []),
  ...(jhipster ? constants : []),
  ...Object.values(kustomize ?? {}).map(templatePath),
];

/** Makes a manifest; `files` is the unpacked package. */
export async function render(recipe: Recipe, files: string): Promise<string> {
  const { path, helm, jhipster, kustomize, filled } = recipe;
  if (helm) return path ? await template(join(files, path), helm) : await starter(helm);
  if (kustomize && path)
    return await kustomizeBuild(files, { ...kustomize, 'kustomization.yml': path }, jhipster ?? {});
  if (jhipster && path) return renderTemplate(files, path, jhipster);
  let text = readFileSync(join(files, path ?? ''), 'utf8');
  for (const [placeholder, value] of Object.entries(filled ?? {})) text = text.replaceAll(placeholder, () => value);
  return text;
}

const templatePath = (name: string): string => `${templates}/${name}.yml.ejs`;

async function template(chart: string, [release = '', ...options]: readonly string[]): Promise<string> {
  return await must(await toolPath('helm'), ['template', release, chart, ...options]);
}

const starter = (args: readonly string[]): Promise<string> =>
  inScratch(async (folder) => {
    await must(await toolPath('helm'), ['create', join(folder, 'starter')]);
    return await template(join(folder, 'starter'), args);
  });

const kustomizeBuild = (
  files: string,
  resources: Readonly<Record<string, string>>,
  answers: Answers,
): Promise<string> =>
  inScratch(async (folder) => {
    for (const [name, source] of Object.entries(resources)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      const path = source.endsWith('.ejs') ? source : templatePath(source);
      writeFileSync(join(folder, name), renderTemplate(files, path, answers));
    }
    return await must(await toolPath('kustomize'), ['build', folder]);
  });

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-render-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function toolPath(tool: GoTool): Promise<string> {
  const path = await goTool(tool);
  if (!path) throw new Error(`${tool} cannot be had, see above`);
  return path;
}
