{{- /* What the schema cannot see: values that do not go together. Included by the Deployment. */ -}}
{{- define "gatecast.checks" -}}
{{- if kindIs "invalid" .Values.resources -}}
{{- fail "resources is null; to have no requests and limits, set resources={requests: null, limits: null}" -}}
{{- end -}}
{{- include "gatecast.checkModels" . -}}
{{- include "gatecast.checkSizes" . -}}
{{- include "gatecast.checkAutoscaling" . -}}
{{- include "gatecast.checkClashes" . -}}
{{- if and .Values.apiKeys.existingSecret .Values.metrics.serviceMonitor.enabled (not .Values.metrics.serviceMonitor.apiKeySecret.name) -}}
{{- fail "metrics.serviceMonitor.apiKeySecret.name must be set: with apiKeys, /metrics asks for a key with the scope metrics (gatecast keys prometheus --scopes metrics)" -}}
{{- end -}}
{{- if eq (int .Values.metrics.port) 8000 -}}
{{- fail "metrics.port must not be 8000: requests have that port" -}}
{{- end -}}
{{- if eq (trimSuffix "%" (toString .Values.rollout.maxSurge) | int) 0 -}}
{{- fail "rollout.maxSurge must not be 0: no pod goes before a new one is ready, so without one more nothing could be replaced" -}}
{{- end -}}
{{- if regexMatch "^[0-9]" (include "gatecast.fullname" .) -}}
{{- fail (printf "the name %s begins with a digit, which the name of a Service must not: set fullnameOverride to one that begins with a letter" (include "gatecast.fullname" .)) -}}
{{- end -}}
{{- $given := include "gatecast.tracing" . | fromYamlArray -}}
{{- range .Values.extraEnv -}}
{{- $name := .name -}}
{{- range $given -}}
{{- if eq .name $name -}}
{{- fail (printf "extraEnv: %s stands there twice, or the chart sets it by tracing; leave it out, or leave tracing.endpoint empty and give all OTEL_ variables there" $name) -}}
{{- end -}}
{{- end -}}
{{- $given = append $given . -}}
{{- if hasPrefix "GATECAST_" .name -}}
{{- fail (printf "extraEnv: %s is a setting of the service: give it as settings.%s, or by the value of the chart that decides it" .name (trimPrefix "GATECAST_" .name | lower)) -}}
{{- end -}}
{{- end -}}
{{- $keys := .Values.models.trustedKeys -}}
{{- if contains "PRIVATE KEY" $keys.inline -}}
{{- fail "models.trustedKeys.inline has a private key: only public keys belong here, and that one should be replaced" -}}
{{- end -}}
{{- if gt (len (compact (list $keys.inline $keys.existingConfigMap $keys.existingSecret))) 1 -}}
{{- fail "models.trustedKeys: only one of inline, existingConfigMap and existingSecret may be set" -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.checkModels" -}}
{{- with .Values.models -}}
{{- if and (eq .source "image") (not .images) -}}
{{- fail "models.images must name at least one image where models.source is image: [{reference: registry.example.com/models/universal:3, path: universal/3}]" -}}
{{- end -}}
{{- if and (eq .source "pvc") (not .pvc.claimName) -}}
{{- fail "models.pvc.claimName must name a PersistentVolumeClaim where models.source is pvc" -}}
{{- end -}}
{{- if and (eq .source "init") (not .init.image) -}}
{{- fail "models.init.image must name an image with the models and cp where models.source is init" -}}
{{- end -}}
{{- $from := clean .init.path -}}
{{- if and (eq .source "init") (or (eq $from "/") (eq $from "/to") (hasPrefix "/to/" $from)) -}}
{{- fail (printf "models.init.path is %s; it must be a directory of the image other than / and /to, where the volume is that it is copied to" .init.path) -}}
{{- end -}}
{{- if eq .source "image" -}}
{{- $paths := dict -}}
{{- range .images -}}
{{- $path := default "" .path -}}
{{- if hasKey $paths $path -}}
{{- fail (printf "models.images: %s and %s have the same path %q; each needs a path of its own" (get $paths $path) .reference $path) -}}
{{- end -}}
{{- $_ := set $paths $path .reference -}}
{{- end -}}
{{- include "gatecast.checkImagePaths" .images -}}
{{- end -}}
{{- range splitList "," (default "" .versions) -}}
{{- $entry := trim . -}}
{{- if and $entry (not (contains "=" $entry)) -}}
{{- fail (printf "models.versions: %s is no MODEL=VERSION; write gru=2, gru=newest or sentiment=5+6:5%%, with commas between models" $entry) -}}
{{- end -}}
{{- end -}}
{{- if and (ne .source "pvc") .watchSeconds -}}
{{- fail (printf "models.watchSeconds is for models.source pvc: the files of %s never change in a running pod" .source) -}}
{{- end -}}
{{- if eq .source "image" -}}
{{- $version := $.Capabilities.KubeVersion.Version -}}
{{- if semverCompare "<1.33.0-0" $version -}}
{{- fail (printf "models.source image needs Kubernetes 1.35 (or 1.33 with the gate ImageVolume), this is %s; use pvc or init" $version) -}}
{{- end -}}
{{- if and (semverCompare "<1.35.0-0" $version) (not .imageVolumeGate) -}}
{{- fail (printf "models.source image: Kubernetes %s has image volumes switched off; if the gate ImageVolume is on in this cluster, say so with models.imageVolumeGate=true; otherwise use pvc or init" $version) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.checkSizes" -}}
{{- $workers := include "gatecast.workers" . -}}
{{- if and (eq $workers "auto") (not (dig "limits" "cpu" "" .Values.resources)) -}}
{{- fail "workers auto needs resources.limits.cpu: without it, it is every core of the node; set a number, or leave workers empty for the whole cores of resources.requests.cpu" -}}
{{- end -}}
{{- $count := ternary (include "gatecast.cores" .) $workers (eq $workers "auto") | int -}}
{{- $each := ternary 960 160 (eq (get .Values.settings "engine" | toString) "tensorflow") -}}
{{- $least := add 128 (mul $each $count) -}}
{{- with dig "limits" "memory" "" .Values.resources -}}
{{- if lt (include "gatecast.mebibytes" . | int) (int $least) -}}
{{- fail (printf "resources.limits.memory is %s, and %d workers need at least %dMi: 128Mi and %dMi for each worker" (include "gatecast.quantity" .) $count $least $each) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gatecast.checkAutoscaling" -}}
{{- with .Values.autoscaling -}}
{{- if and (ne .kind "none") (lt (int .maxReplicas) (int .minReplicas)) -}}
{{- fail (printf "autoscaling.maxReplicas is %d; it must be at least autoscaling.minReplicas, which is %d" (int .maxReplicas) (int .minReplicas)) -}}
{{- end -}}
{{- if and (ne .kind "none") (not (dig "requests" "cpu" "" $.Values.resources)) -}}
{{- fail "resources.requests.cpu must be set: autoscaling.cpuPercent is a share of it" -}}
{{- end -}}
{{- if and (eq .kind "queue") (not .queue.serverAddress) -}}
{{- fail "autoscaling.queue.serverAddress must be the address of Prometheus where autoscaling.kind is queue" -}}
{{- end -}}
{{- end -}}
{{- end -}}
