import { join } from 'node:path';
import { cached } from '../../agent/support/cache.ts';
import { goEnvironment } from '../../agent/support/go.ts';
import { runToEnd } from '../../support/process.ts';

/** The Go modules of the tools that read deploy/ and the plugin, at the versions that these are tested with. */
const modules = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.19.0',
  krew: 'sigs.k8s.io/krew/cmd/krew@v0.4.3',
  'validate-krew-manifest': 'sigs.k8s.io/krew/cmd/validate-krew-manifest@v0.4.3',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.5.0',
} as const;

export type GoTool = keyof typeof modules;

/** Builds a tool once for this machine and gives back its path; undefined, said aloud, where there is no Go that could. */
export async function goTool(tool: GoTool): Promise<string | undefined> {
  const directory = await cached('go-tool', [modules[tool]], async (unfinished) => {
    // https://go.dev/ref/mod#go-install: a version on the command line is built apart from any go.mod.
    const env = { ...goEnvironment, GOBIN: unfinished };
    const { code, errors } = await runToEnd('go', ['install', modules[tool]], { env });
    if (code !== 0) throw new Error(`Go could not build ${modules[tool]}: ${errors.trimEnd()}`);
  }).catch(async (error: unknown) => {
    if (await hasGo()) throw error;
    return undefined;
  });
  if (directory) return join(directory, tool);
  process.stderr.write(`SKIPPED: ${tool} cannot be built, since this machine has no Go of 1.24 or later.\n`);
  return undefined;
}

const hasGo = async (): Promise<boolean> => {
  const { code, out } = await runToEnd('go', ['env', 'GOVERSION']).catch(() => ({ code: 1, out: '' }));
  const [, minor] = /^go1\.(\d+)/.exec(out) ?? [];
  return code === 0 && Number(minor) >= 24;
};
