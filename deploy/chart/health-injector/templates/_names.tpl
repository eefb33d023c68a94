{{/* The name of every object. */}}
{{- define "health-injector.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "health-injector" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-health-injector" (.Release.Name | trunc 24 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* Labels and annotations of every object: (list root), or (list root more-labels). */}}
{{- define "health-injector.metadata" -}}
{{- $root := index . 0 -}}
{{- $more := len . | eq 2 | ternary (last .) dict -}}
{{- $labels := dict
  "app.kubernetes.io/name" "health-injector"
  "app.kubernetes.io/part-of" "health-injector"
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version)
-}}
labels:
  {{- merge $labels $more $root.Values.extraLabels | toYaml | nindent 2 }}
{{- with $root.Values.extraAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An image by digest, else by tag, else by the version of the program: (list image root). */}}
{{- define "health-injector.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default (index . 1).Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The folder of a certificate from files; fails in a sentence where there is none. */}}
{{- define "health-injector.certificateDirectory" -}}
{{- with .Values.certificate -}}
{{- if and (eq .source "files") (not .directory) -}}
{{- fail "certificate.source is files, but certificate.directory does not say where: mount them with webhook.extraVolumes and webhook.extraVolumeMounts." -}}
{{- end -}}
{{- .directory -}}
{{- end -}}
{{- end -}}

{{/* The namespaces that are never asked about, as JSON. */}}
{{- define "health-injector.excludedNamespaces" -}}
{{- append .Values.excludedNamespaces .Release.Namespace | uniq | toJson -}}
{{- end -}}

{{/* Fails in a sentence where the cluster has no kind of Prometheus Operator: (list kind value root). */}}
{{- define "health-injector.needsOperator" -}}
{{- if not ((index . 2).Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" (index . 0))) -}}
{{- fail (printf "monitoring.%s.enabled is true, but the cluster has no %s: install Prometheus Operator first, or say --api-versions monitoring.coreos.com/v1/%s where there is no cluster to ask." (index . 1) (index . 0) (index . 0)) -}}
{{- end -}}
{{- end -}}
