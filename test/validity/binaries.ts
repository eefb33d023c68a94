import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from '../agent/support/cache.ts';
import { install } from '../support/packages.ts';
import { must } from '../support/process.ts';

/**
 * The folder with the kube-apiserver of `$CLUSTER_KUBERNETES`. Of a version of which no cluster was built, the apiserver alone
 * is built, once for a machine: a whole cluster takes twice as long, and continuous integration asks two more versions of it.
 */
export async function apiserverFolder(tools: string): Promise<string> {
  const bin = (await must(`${tools}/cluster`, ['bin'])).trim();
  const version = process.env['CLUSTER_KUBERNETES'];
  const isBuilt = existsSync(bin) && readdirSync(dirname(bin)).some((name) => name.startsWith('built-'));
  if (version !== undefined && !isBuilt) return buildApiserver(join(tools, 'kubernetes', version));
  await must(`${tools}/cluster`, ['build']);
  return bin;
}

async function buildApiserver(folder: string): Promise<string> {
  await install(['etcd-server']);
  const [, version] = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${folder}/go.mod requires no k8s.io/kubernetes.`);
  const [major, minor] = version.slice(1).split('.');
  return cached('kube-apiserver', [version], async (unfinished) => {
    const named = { gitVersion: version, gitMajor: major, gitMinor: minor };
    const names = Object.entries(named).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
    const flags = ['-mod=readonly', '-ldflags', ['-s -w', ...names].join(' ')];
    const program = join(unfinished, 'kube-apiserver');
    const args = ['build', '-C', folder, ...flags, '-o', program, 'k8s.io/kubernetes/cmd/kube-apiserver'];
    await must('env', ['CGO_ENABLED=0', 'go', ...args]);
  });
}
