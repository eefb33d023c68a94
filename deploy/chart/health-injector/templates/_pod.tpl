{{/* Metadata of a Pod template: (list component values root). */}}
{{- define "health-injector.podMetadata" -}}
{{- $values := index . 1 -}}
{{- $labels := dict
  "app.kubernetes.io/component" (index . 0)
  "app.kubernetes.io/name" "health-injector"
  "app.kubernetes.io/part-of" "health-injector"
-}}
labels:
  {{- merge $labels $values.podLabels (index . 2).Values.extraLabels | toYaml | nindent 2 }}
{{- with $values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a Pod runs, and as whom: (list component values root). */}}
{{- define "health-injector.podPlace" -}}
{{- $component := index . 0 -}}
{{- $values := index . 1 -}}
automountServiceAccountToken: false
{{- with (index . 2).Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - maxSkew: {{ .maxSkew }}
    topologyKey: {{ .topologyKey }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        app.kubernetes.io/component: {{ $component }}
        app.kubernetes.io/name: health-injector
  {{- end }}
{{- end }}
{{- end -}}

{{/* What webhook and controller must be told alike. */}}
{{- define "health-injector.sharedEnv" -}}
- name: HEALTH_INJECTOR_AGENT_IMAGE
  value: {{ include "health-injector.image" (list .Values.agentImage .) }}
- name: HEALTH_INJECTOR_RUN_AS_USER
  value: {{ .Values.runAsUser | quote }}
- name: HEALTH_INJECTOR_KUBERNETES_VERSION
  value: {{ .Values.kubernetesVersion | quote }}
- name: HEALTH_INJECTOR_FEATURE_GATES
  value: {{ .Values.featureGates | join "," | quote }}
- name: HEALTH_INJECTOR_ALLOW_IMAGE
  value: {{ .Values.allowImage | quote }}
- name: HEALTH_INJECTOR_ALLOWED_HOST_PATHS
  value: {{ .Values.allowed.hostPaths | join "," | quote }}
- name: HEALTH_INJECTOR_ALLOWED_DEVICES
  value: {{ .Values.allowed.devices | join "," | quote }}
- name: HEALTH_INJECTOR_ALLOWED_DEVICE_RESOURCES
  value: {{ .Values.allowed.deviceResources | join "," | quote }}
- name: HEALTH_INJECTOR_ALLOWED_RESOURCE_CLAIMS
  value: {{ .Values.allowed.resourceClaims | join "," | quote }}
- name: HEALTH_INJECTOR_MAX_PAUSE
  value: {{ .Values.maxPause | quote }}
- name: HEALTH_INJECTOR_RESTART_BUDGET
  value: {{ .Values.restartBudget | quote }}
- name: HEALTH_INJECTOR_EXCLUDED_NAMESPACES
  value: {{ include "health-injector.excludedNamespaces" . | fromJsonArray | join "," }}
- name: HEALTH_INJECTOR_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: HEALTH_INJECTOR_PREFIX
  value: {{ .Values.prefix }}
{{- end -}}

{{- define "health-injector.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The token that the kubelet renews, in place of the one that would be mounted into every container. */}}
{{- define "health-injector.apiAccess" -}}
- name: api-access
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items: [{ key: ca.crt, path: ca.crt }]
{{- end -}}

{{- define "health-injector.apiAccessMount" -}}
- name: api-access
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}
