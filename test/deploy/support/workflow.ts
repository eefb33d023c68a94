// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The directory of the workflows. */
export const workflowDirectory = new URL('../../../.github/workflows', import.meta.url).pathname;

/** What the tests read of a step, a job and a workflow. */
export type Step = {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
  readonly with?: Record<string, string>;
};
export type Job = {
  readonly name: string;
  readonly uses?: string;
  readonly needs: readonly string[];
  readonly permissions?: Record<string, string>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: any };
};
export type Workflow = {
  readonly on: any;
  readonly permissions: unknown;
  readonly concurrency?: any;
  readonly env?: Record<string, string>;
  readonly jobs: Record<string, any>;
};

/** The text of a workflow. */
export const workflowText = (name: string): string => readFileSync(`${workflowDirectory}/${name}.yaml`, 'utf8');

/** A workflow, read. */
export const workflow = (name: string): Workflow => parse(workflowText(name));

/** The jobs of a workflow, by the names that it calls them. */
export const jobsOf = ({ jobs }: Workflow): Job[] =>
  Object.entries(jobs).map(([name, job]) =>
    Object.assign({}, job, { name, needs: [job.needs ?? []].flat(), steps: job.steps ?? [] }),
  );

/** The matrix of a job. */
export function matrixOf(
  file: string,
  job: string,
): { image: string[]; arch: string[]; include: Record<string, string>[] } {
  const { matrix } = workflow(file).jobs[job].strategy;
  return { image: matrix.image, arch: matrix.arch ?? [], include: matrix.include ?? [] };
}
