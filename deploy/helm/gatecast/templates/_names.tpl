{{- define "gatecast.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* A release may have dots in its name; a Service may not */ -}}
{{- define "gatecast.fullname" -}}
{{- $name := include "gatecast.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name $release -}}
{{- $release | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $release $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* A name with a suffix that is never cut off: list $ "operations" */ -}}
{{- define "gatecast.suffixed" -}}
{{- $suffix := index . 1 -}}
{{- printf "%s-%s" (include "gatecast.fullname" (index . 0) | trunc (int (sub 62 (len $suffix))) | trimSuffix "-") $suffix -}}
{{- end -}}

{{- define "gatecast.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gatecast.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "gatecast.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: gatecast
{{- end -}}

{{- define "gatecast.labels" -}}
{{ include "gatecast.selectorLabels" . }}
{{ include "gatecast.commonLabels" . }}
{{- end -}}

{{- define "gatecast.testLabels" -}}
app.kubernetes.io/name: {{ include "gatecast.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{- end -}}

{{- define "gatecast.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default (printf "%s-slim" $.Chart.AppVersion) .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gatecast.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.scheme" -}}
{{- ternary "https" "http" (ne .Values.tls.existingSecret "") -}}
{{- end -}}

{{- /* The label `job` of its metrics */ -}}
{{- define "gatecast.job" -}}
{{- printf "gatecast/%s/%s" .Release.Namespace (include "gatecast.fullname" .) -}}
{{- end -}}
