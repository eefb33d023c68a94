/** The last segment of an image reference without registry, tag and digest. */
export function baseName(image: string): string {
  return pathOf(image).at(-1) ?? '';
}

/** The tag, or empty. */
export function tagOf(image: string): string {
  const [reference = ''] = image.split('@', 1);
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(colon + 1);
}

/** Publisher and name: the last two segments. One that stands in no folder of a registry, or in Docker's library, has the name alone. */
export function publishedName(image: string): string {
  const path = pathOf(image);
  const [publisher, name] = path.slice(-2);
  return name === undefined ? (publisher ?? '') : publisher === 'library' ? name : `${publisher}/${name}`;
}

/** The segments of the name in small letters, the registry not among them. */
function pathOf(image: string): string[] {
  const [reference = ''] = image.split('@', 1);
  const [name = '', ...folders] = reference.split('/').toReversed();
  const path = [name.split(':', 1)[0] ?? '', ...folders].toReversed().map((segment) => segment.toLowerCase());
  const isRegistry = path.length > 1 && /[.:]|^localhost$/.test(path[0] ?? '');
  return isRegistry ? path.slice(1) : path;
}
