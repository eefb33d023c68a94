/** What the series do, and which alerts there are then; one sample is taken each minute. */
export type AlertCase = {
  readonly alert: string;
  readonly that: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** Empty: it is silent. */
  readonly fires: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value?: string }[];
};

const target = 'job="health-injector",instance="a"';
const other = 'job="health-injector",instance="b"';
const leads = { [`health_injector_leading{${target}}`]: '1x120', [`health_injector_leading{${other}}`]: '0x120' };

const name = 'pods.health-injector.example.com';
const apiserver = 'job="apiserver",instance="control-plane"';
const failOpen = `apiserver_admission_webhook_fail_open_count{${apiserver},name="${name}",type="admit"}`;
const apiserverUp = { [`up{${apiserver}}`]: '1x120' };

const internalErrors = `health_injector_reviews_total{${target},result="internal-error"}`;
const unwritten = 'health_injector_quarantine_write_failures_total{act="move"}';
const refusedRepairs = `health_injector_repairs_total{${target},result="refused"}`;
const leaf = `health_injector_certificate_expiry_timestamp_seconds{${target},kind="leaf"}`;
const held = (reason: string, at = target): string => `health_injector_hardware_held_pods{${at},reason="${reason}"}`;

/** Every alert, where it matters and where it does not. */
export const alertCases: readonly AlertCase[] = [
  {
    alert: 'HealthInjectorWebhookDown',
    that: 'fires where no replica is asked any more',
    series: { [`health_injector_requests_in_flight{${target}}`]: '0x10 _x60' },
    at: '30m',
    fires: [{}],
  },
  {
    alert: 'HealthInjectorWebhookDown',
    that: 'is silent while one of two is',
    series: {
      [`health_injector_requests_in_flight{${target}}`]: '0x10 _x60',
      [`health_injector_requests_in_flight{${other}}`]: '0x70',
    },
    at: '30m',
    fires: [],
  },
  {
    alert: 'HealthInjectorFailOpen',
    that: 'fires at the first failure, with which the apiserver makes the series, and at no more than that one',
    series: { ...apiserverUp, [failOpen]: '_x20 1x60' },
    at: '25m',
    fires: [{ labels: { name }, value: '1' }],
  },
  {
    alert: 'HealthInjectorFailOpen',
    that: 'fires at a later failure, whose series is old',
    series: { ...apiserverUp, [failOpen]: '4x40 6x60' },
    at: '45m',
    fires: [{ labels: { name }, value: '2' }],
  },
  {
    alert: 'HealthInjectorFailOpen',
    that: 'ends ten minutes after the first failure',
    series: { ...apiserverUp, [failOpen]: '_x20 1x60' },
    at: '40m',
    fires: [],
  },
  {
    alert: 'HealthInjectorFailOpen',
    that: 'is silent where Prometheus itself is new, and finds failures of long ago',
    series: { [`up{${apiserver}}`]: '_x20 1x60', [failOpen]: '_x20 7x60' },
    at: '25m',
    fires: [],
  },
  {
    alert: 'HealthInjectorFailOpen',
    that: 'is silent about the webhooks of others',
    series: { ...apiserverUp, [failOpen.replace(name, 'pods.example.org')]: '_x20 1x60' },
    at: '25m',
    fires: [],
  },
  {
    alert: 'HealthInjectorInternalErrors',
    that: 'fires at the first error, which the counter was at 0 for',
    series: { [internalErrors]: '0x20 1x60' },
    at: '25m',
    fires: [{ value: '1' }],
  },
  {
    alert: 'HealthInjectorInternalErrors',
    that: 'is silent without one, whatever else is counted',
    series: { [internalErrors]: '0x80', [internalErrors.replace('internal-error', 'injected')]: '0+5x80' },
    at: '60m',
    fires: [],
  },
  {
    alert: 'HealthInjectorCertificateExpires',
    that: 'fires where less than two days are left',
    series: { [leaf]: '172800x60' },
    at: '60m',
    fires: [{ value: '1d 23h 0m 0s' }],
  },
  {
    alert: 'HealthInjectorCertificateExpires',
    that: 'is silent while there is more',
    series: { [leaf]: '604800x60' },
    at: '60m',
    fires: [],
  },
  {
    alert: 'HealthInjectorMissedPods',
    that: 'fires where the leader has found some for half an hour',
    series: { ...leads, [`health_injector_missed_pods{${target}}`]: '2x60' },
    at: '45m',
    fires: [{ value: '2' }],
  },
  {
    alert: 'HealthInjectorMissedPods',
    that: 'is silent about what a replica saw that leads no more',
    series: { ...leads, [`health_injector_missed_pods{${other}}`]: '2x60' },
    at: '45m',
    fires: [],
  },
  {
    alert: 'HealthInjectorRestartsHeld',
    that: 'fires where restarts wait for a minute',
    series: { ...leads, [`health_injector_restarts_held{${target}}`]: '38x60' },
    at: '5m',
    fires: [{ value: '38' }],
  },
  {
    alert: 'HealthInjectorRestartsHeld',
    that: 'is silent about what a replica saw that leads no more',
    series: { ...leads, [`health_injector_restarts_held{${other}}`]: '38x60' },
    at: '5m',
    fires: [],
  },
  {
    alert: 'HealthInjectorPolicyNotAccepted',
    that: 'fires where a policy has a mistake',
    series: { ...leads, [`health_injector_invalid_policies{${target}}`]: '1x60' },
    at: '30m',
    fires: [{ value: '1' }],
  },
  {
    alert: 'HealthInjectorPolicyNotAccepted',
    that: 'is silent once it is mended',
    series: { ...leads, [`health_injector_invalid_policies{${target}}`]: '1x20 0x40' },
    at: '30m',
    fires: [],
  },
  {
    alert: 'HealthInjectorNoLeader',
    that: 'fires where no replica leads',
    series: { [`health_injector_leading{${target}}`]: '0x60' },
    at: '30m',
    fires: [{}],
  },
  { alert: 'HealthInjectorNoLeader', that: 'is silent where one does', series: leads, at: '30m', fires: [] },
  {
    alert: 'HealthInjectorRepairRefused',
    that: 'fires where evictions are refused for an hour, from the first on',
    series: { [refusedRepairs]: '0x10 1+1x120' },
    at: '100m',
    fires: [{ labels: { result: 'refused' } }],
  },
  {
    alert: 'HealthInjectorRepairRefused',
    that: 'is silent where they are let through',
    series: { [refusedRepairs.replace('refused', 'evicted')]: '0+1x120', [refusedRepairs]: '0x120' },
    at: '100m',
    fires: [],
  },
  ...[
    'brake',
    'brake-share',
    'owner-cap',
    'no-other-node',
    'owner-unknown',
    'quarantine-full',
    'quarantine-share',
    'volumes-unknown',
  ].map((reason) => ({
    alert: 'HealthInjectorMovesHeld',
    that: `goes on for as long as Pods are held by ${reason}`,
    series: { ...leads, [held(reason)]: '0x10 3x110' },
    at: '110m',
    fires: [{ labels: { reason }, value: '3' }],
  })),
  {
    alert: 'HealthInjectorMovesHeld',
    that: 'is silent about what passes by itself or is wanted, and about a replica that leads no more',
    series: {
      ...leads,
      [held('dry-run')]: '3x120',
      [held('young')]: '3x120',
      [held('brake')]: '0x120',
      [held('brake', other)]: '3x120',
    },
    at: '110m',
    fires: [],
  },
  {
    alert: 'HealthInjectorQuarantineNotWritten',
    that: 'fires where writes fail for five minutes, from the first on',
    series: { [unwritten]: '0x10 1+1x60' },
    at: '60m',
    fires: [{ labels: { act: 'move' } }],
  },
  {
    alert: 'HealthInjectorQuarantineNotWritten',
    that: 'is silent where none fails any more',
    series: { [unwritten]: '0x10 1x60' },
    at: '60m',
    fires: [],
  },
];
