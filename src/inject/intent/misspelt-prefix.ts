import { suggest } from '../../wording/suggest.ts';
import { shownKey } from '../model/problems.ts';
import { keys } from './annotations.ts';

/** The domain of the examples in the docs, which people copy into a cluster that has another one. */
const documentedDomain = 'health.example.com';

/** `org` for `com` is three; the domain of somebody else may be near, too. */
const mostEdits = 3;

/**
 * Says which annotation has a key of ours behind a prefix that is nearly ours; undefined where none has. It looks at no more
 * than the names of annotations: most Pods have none of ours, and they cost next to nothing.
 */
export function misspeltPrefix(
  annotations: Readonly<Record<string, string>> | undefined,
  prefix: string,
): string | undefined {
  const domain = prefix.slice(0, -1);
  for (const annotation in annotations) {
    const slash = annotation.indexOf('/');
    if (slash < 1 || annotation.startsWith(prefix)) continue;
    const [key = ''] = annotation.slice(slash + 1).split('.', 1);
    if (!Object.hasOwn(keys, key)) continue;
    const written = annotation.slice(0, slash);
    if (written === documentedDomain || suggest(written, [domain], mostEdits) !== undefined) {
      return `${shownKey(annotation)} counts for nothing: the prefix of health-injector is ${prefix} here.`;
    }
  }
  return undefined;
}
