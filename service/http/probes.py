"""The paths that are called every few seconds to see whether the service is up, with what they are answered."""

# what is answered while the process is up, and while it is ready: by our own paths and by the Open Inference Protocol's
LIVE = {"/livez": b'{"status":"alive"}', "/v2/health/live": b'{"live":true}'}
READY = {"/readyz": b'{"status":"ready"}', "/v2/health/ready": b'{"ready":true}'}
HEALTH_CHECKS = LIVE | READY
PROBES = frozenset([*HEALTH_CHECKS, "/metrics"])
