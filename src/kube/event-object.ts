// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { randomBytes } from 'node:crypto';
import { microTime } from './clock.ts';

/** The object that an Event is about; without its uid `kubectl describe` would show the Events of its namesakes too. */
export type Regarding = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
};

/** What happened to an object; `reason` and `action` are words of our own, in CamelCase. */
export type Happening = {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
};

/** Who reports. */
export type Reporter = {
  /** A qualified name, such as `health-injector`. */
  readonly controller: string;
  /** The name of the Pod. */
  readonly instance: string;
};

const noteBytes = 1024;
const nameLength = 253;

/** A new Event as the apiserver takes it: in the object's namespace, or in `default`, under a name of its own. */
export function eventOf({ regarding, type, reason, action, note }: Happening, reporter: Reporter, date: Date) {
  const suffix = randomBytes(8).toString('hex');
  const name = regarding.name.slice(0, nameLength - suffix.length - 1).replace(/[^a-z0-9]+$/, '');
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${suffix}`, namespace: regarding.namespace || 'default' },
    eventTime: microTime(date),
    type,
    reason,
    action,
    note: cutToBytes(note, noteBytes),
    regarding,
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, 128),
  };
}

/** An Event as it is sent. */
export type EventObject = ReturnType<typeof eventOf>;

function cutToBytes(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return text;
  // A decoder that waits for more leaves out a character of which only the start is there.
  return `${new TextDecoder().decode(bytes.subarray(0, limitBytes - 3), { stream: true })}…`;
}
