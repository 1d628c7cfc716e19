"""The paths that are called every few seconds to see whether the service is up, with what they are answered."""

# what is answered while the process is up, and while it is ready: by our own paths and by the Open Inference Protocol's
LIVE = {"/livez": b'{"status":"alive"}', "/v2/health/live": b'{"live":true}'}
READY = {"/readyz": b'{"status":"ready"}', "/v2/health/ready": b'{"ready":true}'}
HEALTH_CHECKS = LIVE | READY
PROBES = frozenset([*HEALTH_CHECKS, "/metrics"])
COMMON = frozenset(["/livez", "/readyz", "/version"])  # answered on both ports


def is_operation(path: str) -> bool:
    """Whether a path is for operators, and so on their port if there is one."""
    return path == "/metrics" or path.startswith("/admin/")
