/** The other objects of the installation that an object names, as KIND/NAME. */
export function referencesOf({ kind, rules, roleRef, subjects = [], webhooks = [], spec }: any): string[] {
  const found: string[] = subjects.map((subject: any) => `${subject.kind}/${subject.name}`);
  if (roleRef) found.push(`${roleRef.kind}/${roleRef.name}`);
  if (spec?.template) found.push(`ServiceAccount/${spec.template.spec.serviceAccountName}`);
  for (const { clientConfig } of webhooks) found.push(`Service/${clientConfig.service.name}`);
  for (const { resources, resourceNames } of kind === 'ClusterRole' ? rules : []) {
    if (resources.includes('mutatingwebhookconfigurations'))
      found.push(`MutatingWebhookConfiguration/${resourceNames}`);
  }
  return found;
}
