import { isComplete } from './address.ts';

/** The path of a URL or a path, without a slash at its end; undefined where it has more than plain letters. */
export function pathOfUrl(text: string): string | undefined {
  const at = text.indexOf('://');
  const rest = at < 0 ? text : text.slice(at + 3);
  const slash = rest.indexOf('/');
  const path = slash < 0 ? '' : rest.slice(slash);
  return isComplete(text) && /^[\w/.~-]*$/.test(path) ? path.replace(/\/$/, '') : undefined;
}

/** Whether a mount brings one of the files, or the folder of one. */
export const holdsFile = (mountPath: string, files: readonly string[]): boolean => {
  const mount = `${mountPath}`.replace(/\/$/, '');
  return files.some((file) => mount === file || mount.startsWith(`${file}/`) || file.startsWith(`${mount}/`));
};
