{{- define "trivium.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* 52 characters, so that names with a suffix, a number or a hash of a controller stay below 63. */}}
{{- define "trivium.fullname" -}}
{{- $name := include "trivium.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "trivium.selectorLabels" -}}
app.kubernetes.io/name: {{ include "trivium.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "trivium.labels" -}}
{{ include "trivium.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "trivium.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "trivium.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "trivium.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "trivium.keysSecret" -}}
{{- if .Values.keys.existingSecret }}
{{- .Values.keys.existingSecret }}
{{- else if .Values.keys.content }}
{{- include "trivium.fullname" . }}-keys
{{- end }}
{{- end }}

{{- /* The settings of the service, with those that follow from other values. */}}
{{- define "trivium.settings" -}}
{{- $settings := dict }}
{{- if .Values.data.enabled }}
{{- $settings = dict "batches_dir" "/data/batches" "documents_dir" "/data/documents" "glossaries_dir" "/data/glossaries" }}
{{- end }}
{{- toToml (merge (deepCopy .Values.settings) $settings) }}
{{- end }}

{{- /* Mistakes that the schema of the values cannot see. */}}
{{- define "trivium.check" -}}
{{- if and .Values.keys.existingSecret .Values.keys.content }}
{{- fail "keys.existingSecret and keys.content exclude each other" }}
{{- end }}
{{- if not (or (include "trivium.keysSecret" .) .Values.allowUnauthenticated) }}
{{- fail "say who may use the service: keys.existingSecret, keys.content (--set-file keys.content=keys.json), or allowUnauthenticated=true" }}
{{- end }}
{{- if and .Values.data.enabled (or .Values.autoscaling.type (gt (int .Values.replicas) 1)) }}
{{- fail "data.enabled is for one replica: batches, documents and glossaries of one replica are unknown to the others" }}
{{- end }}
{{- if and (eq .Values.autoscaling.type "keda") (not .Values.autoscaling.prometheus) }}
{{- fail "autoscaling.prometheus is needed for keda: the address of Prometheus" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.hosts is needed" }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is needed: the gateways of the route" }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor (include "trivium.keysSecret" .) (not .Values.metrics.keySecret.name) }}
{{- fail "metrics.keySecret.name is needed: a secret with a key of the scope metrics, because the service has keys" }}
{{- end }}
{{- end }}
