// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { randomBytes } from 'node:crypto';
import { microTime } from './clock.ts';

/** The object that an Event is about; without its uid `kubectl describe` would show the Events of its namesakes too. */
export type ObjectReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
};

/** What happened to an object; `reason` and `action` are CamelCase words of the caller. */
export type EventInput = {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** The namespace of which an Event about a shared object, such as a Node, tells; else it is that of the object. */
  readonly onBehalfOf?: string;
};

/** A Pod as an Event is about it. */
export const podReference = ({
  namespace,
  name,
  uid,
}: Pick<ObjectReference, 'name' | 'uid'> & { readonly namespace: string }): ObjectReference => ({
  apiVersion: 'v1',
  kind: 'Pod',
  namespace,
  name,
  uid,
});

/** The uid alone is no key: it may come from an ownerReference, into which a Pod's author may write that of another object. */
export const keyOfObject = ({ kind, namespace = '', name, uid }: ObjectReference): string =>
  JSON.stringify([kind, namespace, name, uid]);

const maxNoteBytes = 1024;
const maxNameLength = 253;
const maxInstanceLength = 128;

/** A name ends in a letter or a digit, also where it is cut. */
function endingInAlphanumeric(name: string): string {
  let end = name.length;
  while (end > 0 && !/[a-z0-9]/.test(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

/** Who records an Event, and when; `suffix` ends its name, which is random where there is none. */
type Recording = {
  readonly controller: string;
  readonly instance: string;
  readonly date: Date;
  readonly suffix?: string;
};

/** An Event as the apiserver takes it: in the namespace of its object, or in `default`. */
export function newEvent(
  { regarding, type, reason, action, note }: EventInput,
  { controller, instance, date, suffix = randomBytes(8).toString('hex') }: Recording,
) {
  const name = endingInAlphanumeric(regarding.name.slice(0, maxNameLength - suffix.length - 1));
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${suffix}`, namespace: regarding.namespace || 'default' },
    eventTime: microTime(date),
    type,
    reason,
    action,
    note: cutToBytes(note, maxNoteBytes),
    regarding,
    reportingController: controller,
    reportingInstance: instance.slice(0, maxInstanceLength),
  };
}

export type NewEvent = ReturnType<typeof newEvent>;

function cutToBytes(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return text;
  // A streaming decoder leaves out a character of which only the first bytes are there.
  return `${new TextDecoder().decode(bytes.subarray(0, limitBytes - 3), { stream: true })}…`;
}
