import { parseCheck } from '../check/parse.ts';
import { type Store, readNamespace } from '../policy/store.ts';
import type { EvaluationContext } from './evaluate.ts';

/** What manifests are evaluated by: settings, and the policies and namespaces of a store at the time of each question. */
export const evaluationContext = (
  settings: Omit<EvaluationContext, 'parseCheck' | 'scopeFor'>,
  store: Store,
  now: () => number,
): EvaluationContext => ({
  ...settings,
  parseCheck,
  scopeFor(name) {
    const { namespace = readNamespace({ name }, settings.prefix), ...rest } = store.scopeFor(name, now());
    return { ...rest, namespace };
  },
});
