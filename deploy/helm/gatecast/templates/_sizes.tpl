{{- /* Thousandths of a core: 1500m and 1.5 → 1500; nothing → 0 */ -}}
{{- define "gatecast.milli" -}}
{{- $cpu := toString (default "0" .) -}}
{{- if hasSuffix "m" $cpu -}}
{{- trimSuffix "m" $cpu | int -}}
{{- else -}}
{{- mulf (float64 $cpu) 1000 | int -}}
{{- end -}}
{{- end -}}

{{- /* A quantity as it was written: a number of a file is a float, which toString would write with an exponent */ -}}
{{- define "gatecast.quantity" -}}
{{- if kindIs "float64" . -}}{{- printf "%.0f" . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{- /* MiB of a quantity of memory, rounded down */ -}}
{{- define "gatecast.mebibytes" -}}
{{- $memory := include "gatecast.quantity" . -}}
{{- $number := regexFind "^[0-9.]+" $memory | float64 -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $memory "" -}}
{{- $bytes := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- divf (mulf $number (get $bytes $unit)) 1048576 | int -}}
{{- end -}}

{{- /* Whole cores of the limit, or else of the request, at least one */ -}}
{{- define "gatecast.cores" -}}
{{- $limit := dig "limits" "cpu" "" .Values.resources -}}
{{- $request := dig "requests" "cpu" "" .Values.resources -}}
{{- max 1 (div (include "gatecast.milli" (default $request $limit) | int) 1000) -}}
{{- end -}}

{{- /* GATECAST_WORKERS */ -}}
{{- define "gatecast.workers" -}}
{{- if eq (toString .Values.workers) "" -}}
{{- include "gatecast.cores" . -}}
{{- else -}}
{{- .Values.workers -}}
{{- end -}}
{{- end -}}

{{- /* Seconds from SIGTERM to SIGKILL: grace, shutdown, and what the service takes to close */ -}}
{{- define "gatecast.terminationSeconds" -}}
{{- add (ceil .Values.graceSeconds | int) (ceil .Values.shutdownSeconds | int) 5 -}}
{{- end -}}
