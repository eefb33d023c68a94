/**
 * The kind of a reason is the label of that name on the metrics, and the row is the place to look a reason up: its
 * sentence ends that of an Event or a log line. `isEvent`: an Event reports it when it begins.
 */
type Row = {
  readonly kind: 'move' | 'hold' | 'refuse' | 'soften' | 'withdraw' | 'notice' | 'release';
  readonly isEvent: boolean;
  readonly sentence: string;
};

const silent = (sentence: string) => ({ kind: 'hold', isEvent: false, sentence }) as const;
const held = (sentence: string) => ({ kind: 'hold', isEvent: true, sentence }) as const;
const refused = (sentence: string) => ({ kind: 'refuse', isEvent: true, sentence }) as const;
/** An Event reports a release once it is done. */
const released = (sentence: string) => ({ kind: 'release', isEvent: false, sentence }) as const;

/** Every reason that a decision may have. */
export const reasons = {
  failed: { kind: 'move', isEvent: true, sentence: 'its hardware fails' },
  /** The NodeQuarantine has the move already, and the Pod is still there. */
  resumed: { kind: 'move', isEvent: false, sentence: 'its hardware fails, and its move was begun' },

  /** Its application has said so, and so it is moved whatever its sensor says by now. */
  ready: { kind: 'move', isEvent: false, sentence: 'its hardware failed, and its application is ready' },

  unstable: silent('it has not failed for long enough yet'),
  young: silent('it is younger than a Pod has to be'),
  /** The Event is that of the window. */
  'move-window': silent('its application has time to save its work'),
  'under-way': silent('it is being moved'),
  'backing-off': silent('its last eviction did not go through, and is tried again after a while'),
  'node-not-ready': held(
    'its node is not ready, so what is known of the Pod may be old; the cluster takes Pods off such a node by itself',
  ),
  'node-disrupted': held('others take Pods off its node already, and are given ten minutes for it'),
  'released-by-hand': held(
    'a person deleted the NodeQuarantine of its node after it had failed: it has to be ready once, or to fail for much longer',
  ),
  passes: held('its sidecar says that nothing fails by now, and is asked again after a while'),
  'no-other-node': held('no other node is left for its owner: each is not ready, cordoned or quarantined'),
  brake: held('as many nodes as may be were quarantined in the last minutes'),
  'brake-share': held(
    'the nodes that were quarantined for its namespace in the last minutes are its share, and the rest is kept for others',
  ),
  'owner-cap': held('as many Pods of its owner as may be were moved lately: they may fail wherever they run'),
  'gang-would-hang': held(
    'the controller of its gang would create this Pod alone anew, and the others would wait for it',
  ),
  'gang-would-end': held('its gang would fail for good'),
  'pinned-by-kueue': held(
    'Kueue has placed it on its node by name, and places it elsewhere only where the node has a taint: --hardware-scope is owner',
  ),
  'gang-too-large': held('its gang starts anew as a whole, and the other nodes could not hold all of it'),
  /** The Events are those of the Pod that is moved. */
  'gang-restarts': silent('a Pod of its gang is moved, and the gang starts anew as a whole'),
  'device-unsure': held(
    'its kubelet alone says that a device fails, and may take it for that of another Pod (kubernetes#140323)',
  ),
  'volumes-unknown': held(
    'whether it has a volume that is on its node alone is not known, and is asked again after a while',
  ),
  'owner-unknown': held('whether its owner exists is not known, and is asked again after a while'),
  'quarantine-full': held('the NodeQuarantine of its node can list no more owners or moves'),
  'quarantine-share': held(
    'the NodeQuarantine of its node lists as much of its namespace as its share is, and the rest is kept for others',
  ),
  'dry-run': held('health-injector only says what it would do: --hardware is dry-run'),

  /** The decision needs a fact, and the Pod stays until the controller has it. */
  'reading-unasked': silent('what fails by now is being asked'),
  'owner-unasked': silent('whether its owner exists is being asked'),
  'volumes-unasked': silent('whether it has a volume that is on its node alone is being asked'),

  report: refused('its annotation on-failure is report'),
  bare: refused('it has no owner that makes it anew elsewhere'),
  'no-such-owner': refused('its owner does not exist under that uid, or makes no Pods anew'),
  'static-pod': refused('it is a static Pod, which belongs to its node'),
  'daemon-set': refused('it is of a DaemonSet, which makes it anew on the same node'),
  pinned: refused('its node selector names its node, so it could run nowhere else'),
  'local-data': refused('it writes to a hostPath volume, whose data it would leave behind'),
  'local-volume': refused('it has a volume that is on its node alone'),

  /** A Pod waits for a node, and one would take it that it is kept off. An Event reports it once it is done. */
  unschedulable: { kind: 'soften', isEvent: false, sentence: 'it finds no node' },
  /** The application was told that its Pod is to be moved, and is not any more. An Event reports it once it is done. */
  recovered: { kind: 'withdraw', isEvent: false, sentence: 'its hardware has recovered' },
  'called-off': { kind: 'withdraw', isEvent: false, sentence: 'its move is called off' },

  /** A Pod was created on the node that its owner is kept off. */
  'came-back': { kind: 'notice', isEvent: true, sentence: 'it came back to the node' },

  expired: released('its time is over'),
  rebooted: released('it was booted anew'),
  'node-gone': released('it is gone'),
} as const satisfies Readonly<Record<string, Row>>;

export type Reason = keyof typeof reasons;
export type ReasonKind = Row['kind'];
export type ReasonOf<K extends ReasonKind> = {
  [R in Reason]: (typeof reasons)[R]['kind'] extends K ? R : never;
}[Reason];
export type IneligibleReason = ReasonOf<'refuse'>;

/** The reasons of a kind. */
export const reasonsOf = (kind: ReasonKind): Reason[] =>
  (Object.keys(reasons) as Reason[]).filter((reason) => reasons[reason].kind === kind);

/** The reason of a decision as the end of a sentence. */
export const sentenceOf = ({ reason, detail }: { readonly reason: Reason; readonly detail?: string }): string =>
  detail === undefined ? reasons[reason].sentence : `${reasons[reason].sentence}: ${detail}`;
