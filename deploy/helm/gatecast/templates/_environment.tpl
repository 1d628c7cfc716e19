{{- /* The variables of the container. Secrets are files, and only their paths are here. */ -}}
{{- define "gatecast.environment" -}}
{{- $values := dict "GATECAST_HOST" "0.0.0.0" "GATECAST_PORT" "8000" -}}
{{- $_ := set $values "GATECAST_OPERATIONS_PORT" (.Values.metrics.port | toString) -}}
{{- $_ := set $values "GATECAST_WORKERS" (include "gatecast.workers" .) -}}
{{- $_ := set $values "GATECAST_GRACE_S" (.Values.graceSeconds | toString) -}}
{{- $_ := set $values "GATECAST_SHUTDOWN_S" (.Values.shutdownSeconds | toString) -}}
{{- if ne .Values.models.source "baked" -}}
{{- $_ := set $values "GATECAST_MODELS_DIR" "/models" -}}
{{- end -}}
{{- with .Values.models.versions -}}
{{- $_ := set $values "GATECAST_VERSIONS" . -}}
{{- end -}}
{{- with .Values.models.watchSeconds -}}
{{- $_ := set $values "GATECAST_WATCH_S" (. | toString) -}}
{{- end -}}
{{- if include "gatecast.trustedKeys" . -}}
{{- $_ := set $values "GATECAST_TRUSTED_KEYS_FILE" (printf "/run/gatecast/trust/%s" .Values.models.trustedKeys.key) -}}
{{- end -}}
{{- if .Values.apiKeys.existingSecret -}}
{{- $_ := set $values "GATECAST_API_KEYS_FILE" (printf "/run/gatecast/keys/%s" .Values.apiKeys.key) -}}
{{- end -}}
{{- if .Values.adminKey.existingSecret -}}
{{- $_ := set $values "GATECAST_ADMIN_KEY_FILE" (printf "/run/gatecast/admin/%s" .Values.adminKey.key) -}}
{{- end -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $values "GATECAST_TLS_CERT_FILE" "/run/gatecast/tls/tls.crt" -}}
{{- $_ := set $values "GATECAST_TLS_KEY_FILE" "/run/gatecast/tls/tls.key" -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- $text := ternary ($value | toString) (printf "%.0f" $value) (not (and (kindIs "float64" $value) (eq (floor $value) $value))) -}}
{{- $_ := set $values (printf "GATECAST_%s" (upper $name)) $text -}}
{{- end -}}
{{- range $name := keys $values | sortAlpha }}
- name: {{ $name }}
  value: {{ get $values $name | quote }}
{{- end }}
{{- include "gatecast.tracing" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "gatecast.tracing" -}}
{{- with .Values.tracing }}
{{- if .endpoint }}
- name: K8S_POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: K8S_NAMESPACE_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: OTEL_SERVICE_NAME
  value: {{ include "gatecast.fullname" $ | quote }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.pod.name=$(K8S_POD_NAME),k8s.namespace.name=$(K8S_NAMESPACE_NAME)
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: http/protobuf
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .sampleRatio | quote }}
{{- end }}
{{- end }}
{{- end -}}
