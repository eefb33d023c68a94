import fc from 'fast-check';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { type Step, after, isWritten, step, wish, withAnnotations } from '../support/edits.ts';
import { doings } from '../support/other-webhook.ts';
import { doingsKey } from '../support/other-webhook-server.ts';
import { testContext } from '../support/webhook.ts';
import { candidateWith, plainAnnotations } from './pods.ts';

/** The versions and images of the agent between which a sequence may go: a webhook for each. */
export const builds = ['registry.example/health-probe:test', 'other:9', 'other'].flatMap((agentImage) =>
  ['0.0.0', '9.9.9'].map((version) => ({ agentImage, version })),
);

/** Where the other webhook is registered: it is asked before ours, and after it. */
export const places = ['/before', '/after'] as const;

/** A webhook that takes away what it does not know cannot be waited for: it is asked again whenever we have mended it. */
const harmless = Object.keys(doings).filter((name) => !name.startsWith('forgets'));

/** What happens between two calls: an edit, or the other webhook begins to do one thing more. */
export type Event =
  | Exclude<Step, { readonly kind: 'upgrade' }>
  | { readonly kind: 'build'; readonly build: number }
  | { readonly kind: 'doing'; readonly doing: string; readonly place: (typeof places)[number] };

export type Sequence = {
  readonly pod: Pod;
  /** In namespaces with a LimitRange, which gives defaults to every container. */
  readonly isBounded: boolean;
  readonly events: readonly Event[];
};

/** A container that comes later comes last: which one stood first in the first call is no longer seen in the Pod. */
function toEvent(each: Step): Event {
  if (each.kind === 'container') return { ...each, isFirst: false };
  if (each.kind !== 'upgrade') return each;
  const { version, agentImage } = each;
  return { kind: 'build', build: builds.findIndex((one) => one.version === version && one.agentImage === agentImage) };
}

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: plainAnnotations.map((annotations): Event => ({ kind: 'edit', annotations })) },
  {
    weight: 3,
    arbitrary: step.map(toEvent),
  },
  { weight: 1, arbitrary: fc.nat(builds.length - 1).map((build): Event => ({ kind: 'build', build })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('doing' as const),
      doing: fc.constantFrom(...harmless),
      place: fc.constantFrom(...places),
    }),
  },
);

/** A Pod that nothing was done to yet, and what happens to it. */
export const sequence: fc.Arbitrary<Sequence> = fc.record({
  pod: candidateWith(fc.oneof(wish, plainAnnotations)).map((pod) => withAnnotations(pod, withoutWritten)),
  isBounded: fc.boolean(),
  events: fc.array(event, { minLength: 1, maxLength: 6 }),
});

const withoutWritten = (annotations: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => !isWritten(key)));

/** The Pod after one event; of the other webhook only what it is to do is written. */
export function afterEvent(pod: Pod, each: Event): Pod {
  switch (each.kind) {
    case 'build':
      return pod;
    case 'doing':
      return withAnnotations(pod, (before) => {
        const key = doingsKey(each.place);
        const names: readonly string[] = JSON.parse(before[key] ?? '[]');
        return { ...before, [key]: JSON.stringify([...new Set([...names, each.doing])]) };
      });
    default:
      // Whoever drops annotations of ours goes on using the other webhook.
      return withAnnotations(after(pod, each), (left) => ({ ...doingsOf(pod), ...left }));
  }
}

const doingsOf = ({ metadata }: Pod): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.startsWith(doingsKey('/'))));

/** True where the other webhook does something to the Pod. */
export const isShared = (pod: Pod): boolean => Object.keys(doingsOf(pod)).length > 0;

/** True where an earlier call left word of the container that it chose. */
export const isInjected = ({ metadata }: Pod): boolean => {
  const status = metadata?.annotations?.[`${testContext.prefix}status`];
  return status !== undefined && JSON.parse(status).patterns?.length > 0;
};
