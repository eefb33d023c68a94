// https://github.com/distribution/reference/blob/main/normalize.go

/**
 * Makes the test that a glob stands for. `redis` is held against the last segment of an image's name, `bitnami/*`
 * against the whole name as a container runtime completes it (docker.io/bitnami/redis), and one with a colon or an at
 * sign (`redis:7*`) against name, tag and digest. A `*` stands for anything but a slash, `**` for anything.
 */
export function compileImageGlob(glob: string): (image: string) => boolean {
  const hasTag = /:[^/]*$|@/.test(glob);
  const isWhole = glob.includes('/');
  const pattern = new RegExp(`^${[...(isWhole ? complete(glob) : glob).matchAll(part)].map(source).join('')}$`);
  return (image) => {
    const reference = hasTag ? image : image.replace(/@[^]*$/, '').replace(/:[^:/]*$/, '');
    return pattern.test(isWhole ? complete(reference) : reference.replace(/^[^@]*\//, ''));
  };
}

const part = /\*+|[^*]+/g;

const source = ([text]: RegExpExecArray): string => {
  if (!text.startsWith('*')) return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.length > 1 ? '.*' : '[^/]*';
};

/** `redis` is docker.io/library/redis: the first segment is a registry only where it looks like a host. */
function complete(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  if (rest.length === 0) return `docker.io/library/${reference}`;
  return /[.:*]|^localhost$/.test(first) ? reference : `docker.io/${reference}`;
}
