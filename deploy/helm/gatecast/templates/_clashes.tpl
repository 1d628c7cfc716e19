{{- /* Values of the user that stand where the chart has set something itself: one of the two would be lost, unsaid. */ -}}
{{- define "gatecast.checkClashes" -}}
{{- $own := include "gatecast.selectorLabels" . | fromYaml -}}
{{- include "gatecast.checkKeys" (list "podLabels" .Values.podLabels $own) -}}
{{- $annotations := dict "kubectl.kubernetes.io/default-container" "" -}}
{{- if .Values.models.trustedKeys.inline -}}
{{- $_ := set $annotations "checksum/trusted-keys" "" -}}
{{- end -}}
{{- include "gatecast.checkKeys" (list "podAnnotations" .Values.podAnnotations $annotations) -}}
{{- $labels := merge $own (include "gatecast.commonLabels" . | fromYaml) -}}
{{- with .Values.metrics -}}
{{- include "gatecast.checkKeys" (list "metrics.serviceMonitor.labels" .serviceMonitor.labels $labels) -}}
{{- include "gatecast.checkKeys" (list "metrics.rules.labels" .rules.labels $labels) -}}
{{- include "gatecast.checkKeys" (list "metrics.dashboard.labels" .dashboard.labels $labels) -}}
{{- end -}}
{{- include "gatecast.checkVolumes" . -}}
{{- include "gatecast.checkExtraMounts" . -}}
{{- end -}}

{{- /* list "podLabels" VALUES OWN */ -}}
{{- define "gatecast.checkKeys" -}}
{{- $own := index . 2 -}}
{{- range $key, $_ := index . 1 -}}
{{- if hasKey $own $key -}}
{{- $other := ternary ", and use nameOverride for another name" "" (eq $key "app.kubernetes.io/name") -}}
{{- fail (printf "%s: %s is set by the chart; leave it out%s" (index $ 0) $key $other) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.checkVolumes" -}}
{{- $names := dict -}}
{{- range include "gatecast.volumes" . | fromYamlArray -}}
{{- if hasKey $names .name -}}
{{- fail (printf "extraVolumes: the volume %s is there already; give yours another name" .name) -}}
{{- end -}}
{{- $_ := set $names .name true -}}
{{- end -}}
{{- $paths := dict -}}
{{- range include "gatecast.mounts" . | fromYamlArray -}}
{{- $path := clean .mountPath -}}
{{- if hasKey $paths $path -}}
{{- fail (printf "extraVolumeMounts: something is mounted at %s already" .mountPath) -}}
{{- end -}}
{{- if not (hasKey $names .name) -}}
{{- fail (printf "extraVolumeMounts: there is no volume %s; add it to extraVolumes" .name) -}}
{{- end -}}
{{- $_ := set $paths $path true -}}
{{- end -}}
{{- end -}}

{{- /* Nor can anybody make a directory for a mount in the models, which are read-only wherever they come from */ -}}
{{- define "gatecast.checkExtraMounts" -}}
{{- range $models := include "gatecast.modelMounts" . | fromYamlArray -}}
{{- range $.Values.extraVolumeMounts -}}
{{- if hasPrefix (printf "%s/" $models.mountPath) (clean .mountPath) -}}
{{- fail (printf "extraVolumeMounts: %s would be mounted at %s, within the models at %s, which are read-only; mount it elsewhere" .name .mountPath $models.mountPath) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* An image that is mounted within another would need an empty directory in it, which nobody can make there */ -}}
{{- define "gatecast.checkImagePaths" -}}
{{- range $outer := . -}}
{{- $within := ternary "" (printf "%s/" (default "" $outer.path)) (empty $outer.path) -}}
{{- range $inner := $ -}}
{{- if and (ne (default "" $inner.path) (default "" $outer.path)) (hasPrefix $within (default "" $inner.path)) -}}
{{- fail (printf "models.images: %s would be mounted at %q, within %s at %q, which is read-only; give both paths beside each other" $inner.reference $inner.path $outer.reference (default "" $outer.path)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
