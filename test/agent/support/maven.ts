import { readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { needProgram } from '../../support/packages.ts';
import { runToEnd } from '../../support/process.ts';
import { cached } from './cache.ts';

/** The class path of these artefacts, each `group:artefact:version`, and of all that they need, from Maven Central. */
export async function classPathOf(artefacts: readonly string[]): Promise<string> {
  const directory = await cached('jars', artefacts, (draft) => download(artefacts, draft));
  const jars = readdirSync(directory).filter((name) => name.endsWith('.jar'));
  return jars
    .toSorted()
    .map((name) => join(directory, name))
    .join(delimiter);
}

/** Sees to it that there is a JDK. */
export const needJdk = (): Promise<void> => needProgram('javac', 'default-jdk-headless');

async function download(artefacts: readonly string[], directory: string): Promise<void> {
  await needJdk();
  await needProgram('mvn', 'maven');
  const file = join(directory, 'pom.xml');
  writeFileSync(file, projectOf(artefacts));
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const args = [
    '--batch-mode',
    '--quiet',

    '--file',
    file,
    goal,
    `-DoutputDirectory=${directory}`,
  ];
  const { code, out, errors } = await runToEnd('mvn', [...args, '-DincludeScope=runtime']);
  if (code === 0) return;
  const reason = /\[ERROR\] (.+)/.exec(out + errors)?.[1] ?? `exit code ${code}`;
  throw new Error(`Maven cannot bring ${artefacts.join(' and ')}: ${reason}`);
}

const projectOf = (artefacts: readonly string[]): string => {
  const dependencies = artefacts.map((artefact) => `<dependency>${coordinates(artefact)}</dependency>`);
  const self = coordinates('com.example:health-injector-test:1');
  return `<project><modelVersion>4.0.0</modelVersion>${self}
<dependencies>${dependencies.join('\n')}</dependencies></project>
`;
};

function coordinates(artefact: string): string {
  const [group, name, version] = artefact.split(':');
  return `<groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>`;
}
