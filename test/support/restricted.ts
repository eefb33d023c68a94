// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import assert from 'node:assert/strict';
import type { V1Container, V1Volume } from '@kubernetes/client-node';

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** A container passes Pod Security `restricted` by itself, whatever the Pod says. */
export function assertRestricted({ name, securityContext, ports, ...rest }: V1Container): void {
  const { capabilities, seccompProfile, ...own } = securityContext ?? {};
  assert.deepEqual(capabilities, { drop: ['ALL'] }, name);
  assert.deepEqual(seccompProfile, { type: 'RuntimeDefault' }, name);
  assert.equal(own.allowPrivilegeEscalation, false);
  assert.equal(own.runAsNonRoot, true);
  assert.notEqual(own.runAsUser, 0);
  assert.notEqual(own.privileged, true);
  assert.equal(own.procMount ?? 'Default', 'Default');
  for (const port of ports ?? []) assert.equal(port.hostPort, undefined);
  for (const probe of [rest.livenessProbe, rest.readinessProbe, rest.startupProbe])
    assert.equal(probe?.httpGet?.host, undefined);
  // A CPU limit is only for a Pod of class Guaranteed, and for a namespace that wants one.
  assert.deepEqual(Object.keys(rest.resources?.requests ?? {}), ['cpu', 'memory']);
  assert(rest.resources?.limits?.['memory'] !== undefined);
}

/** A volume is of a type that Pod Security `restricted` allows. */
export function assertRestrictedVolume({ name, ...source }: V1Volume): void {
  const [type, ...others] = Object.keys(source);
  assert(type !== undefined && others.length === 0 && allowedVolumes.includes(type), `${name} is ${type}`);
}
