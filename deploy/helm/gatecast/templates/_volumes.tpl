{{- /* Whether versions must be signed, and what has the keys */ -}}
{{- define "gatecast.trustedKeys" -}}
{{- with .Values.models.trustedKeys -}}
{{- if or .existingSecret .existingConfigMap -}}
{{- default .existingConfigMap .existingSecret -}}
{{- else if .inline -}}
{{- include "gatecast.suffixed" (list $ "trust") -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ include "gatecast.quantity" .Values.tmpSizeLimit }}}
{{- include "gatecast.modelVolumes" . }}
{{- with include "gatecast.trustedKeys" . }}
- name: trust
{{- if $.Values.models.trustedKeys.existingSecret }}
  secret: {secretName: {{ . | quote }}, defaultMode: 0440}
{{- else }}
  configMap: {name: {{ . | quote }}, defaultMode: 0444}
{{- end }}
{{- end }}
{{- range $name, $values := dict "keys" .Values.apiKeys "admin" .Values.adminKey "tls" .Values.tls }}
{{- if $values.existingSecret }}
- name: {{ $name }}
  secret: {secretName: {{ $values.existingSecret | quote }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "gatecast.modelVolumes" -}}
{{- with .Values.models }}
{{- if eq .source "image" }}
{{- range $index, $image := .images }}
- name: models-{{ $index }}
  image:
    reference: {{ $image.reference | quote }}
    pullPolicy: {{ default "IfNotPresent" $image.pullPolicy }}
{{- end }}
{{- else if eq .source "pvc" }}
- name: models
  persistentVolumeClaim: {claimName: {{ .pvc.claimName | quote }}, readOnly: true}
{{- else if eq .source "init" }}
- name: models
  emptyDir: {sizeLimit: {{ include "gatecast.quantity" .init.sizeLimit }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "gatecast.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- include "gatecast.modelMounts" . }}
{{- if include "gatecast.trustedKeys" . }}
- {name: trust, mountPath: /run/gatecast/trust, readOnly: true}
{{- end }}
{{- range $name, $values := dict "keys" .Values.apiKeys "admin" .Values.adminKey "tls" .Values.tls }}
{{- if $values.existingSecret }}
- {name: {{ $name }}, mountPath: /run/gatecast/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "gatecast.modelMounts" -}}
{{- with .Values.models }}
{{- if eq .source "image" }}
{{- range $index, $image := .images }}
- name: models-{{ $index }}
  mountPath: {{ printf "/models/%s" (default "" $image.path) | trimSuffix "/" }}
  readOnly: true
{{- with $image.subPath }}
  subPath: {{ . | quote }}
{{- end }}
{{- end }}
{{- else if eq .source "pvc" }}
- name: models
  mountPath: /models
  readOnly: true
{{- with .pvc.subPath }}
  subPath: {{ . | quote }}
{{- end }}
{{- else if eq .source "init" }}
- {name: models, mountPath: /models, readOnly: true}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The container that copies models from an image, for models.source init */ -}}
{{- define "gatecast.initContainers" -}}
{{- with .Values.models.init }}
initContainers:
  - name: models
    image: {{ .image | quote }}
    imagePullPolicy: {{ .pullPolicy }}
    command: [cp, -R, {{ printf "%s/." (trimSuffix "/" .path) | quote }}, /to/]
    securityContext: {{- toYaml $.Values.securityContext | nindent 6 }}
    resources: {{- toYaml .resources | nindent 6 }}
    # beside what is copied: a volume over it would hide it
    volumeMounts:
      - {name: models, mountPath: /to}
{{- end }}
{{- end -}}
