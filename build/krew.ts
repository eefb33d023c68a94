// https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
import { readFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };

const repository = 'https://github.com/health-injector/health-injector';
const platforms = ['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64', 'windows/amd64'] as const;

/**
 * The manifest of the plugin `kubectl health` of a release, by the sums of its archives as `sha256sum` prints them. It is
 * written by hand, since krew-index shows it to people, and throws where an archive has no sum.
 */
export function krewManifest(version: string, checksums: string): string {
  const sums = new Map(
    checksums
      .split('\n')
      .map((line) => /^([0-9a-f]{64}) [ *](?:\.\/)?(\S+)$/.exec(line.trimEnd()) ?? [])
      .map(([, sum, file]) => [file, sum]),
  );
  const entries = platforms.map((platform) => {
    const [os, arch] = platform.split('/');
    const isWindows = os === 'windows';
    const archive = `health-injector-${version}-${os}-${arch}.${isWindows ? 'zip' : 'tar.gz'}`;
    const sum = sums.get(archive);
    if (sum === undefined) throw new Error(`The checksums have no line for ${archive}.`);
    const program = `health-injector${isWindows ? '.exe' : ''}`;
    return `    - selector:
        matchLabels:
          os: ${os}
          arch: ${arch}
      uri: ${repository}/releases/download/v${version}/${archive}
      sha256: ${sum}
      files:
        - from: ${program}
          to: .
        - from: LICENSE
          to: .
      bin: ${program}
`;
  });
  return `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: health
spec:
  version: v${version}
  homepage: ${repository}
  shortDescription: Explains and adds health checks of Pods
  description: |
    Says which health check a Pod or workload gets by its annotations, by
    policies or by its image, why it gets no other, and what the check costs;
    lists the Pods that lack the check that they ask for; checks, changes and
    compares manifests without a cluster.

    The webhook of health-injector does the same to the Pods of a cluster.
  caveats: |
    kubectl completes this plugin's commands if a program kubectl_complete-health
    is on the PATH. It is the same file:
      ln -s "$(command -v kubectl-health)" ~/.local/bin/kubectl_complete-health
  platforms:
${entries.join('')}`;
}

// `node build/krew.ts < checksums.txt > health.yaml`
if (import.meta.main) process.stdout.write(krewManifest(manifest.version, readFileSync(0, 'utf8')));
