"""What the span of a request says, by the names of OpenTelemetry's semantic conventions for HTTP, and by names of our own.

It holds no text, no reading, no key and no query: nothing but facts about the request.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from opentelemetry.util.types import AttributeValue

from ...log_lines import encodable
from .finished import FinishedCall, FinishedRequest

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"])
PORTS = {"http": 80, "https": 443}
MAX_HOSTS = 64  # whose parts are kept
Attributes = dict[str, AttributeValue]


def span_name(method: str, route: str) -> str:
    """`POST /forecast`: the template of the path, so that there are few names; without one, the method alone."""
    known = method if method in METHODS else "HTTP"
    return f"{known} {route}" if route else known


def server_attributes(request: FinishedRequest) -> Attributes:
    """What the server's span says."""
    attributes: Attributes = {
        "http.request.method": request.method if request.method in METHODS else "_OTHER",
        "http.response.status_code": request.status,
        "url.scheme": request.scheme,
        "url.path": encodable(request.path),
        "network.protocol.version": request.http_version,
        "gatecast.request_id": request.request_id,
    }
    address, port = _host(request.host, request.scheme)
    if not address:
        address, port = request.server or (None, None)
    known: Attributes = {
        "server.address": address or "",
        "server.port": port or 0,
        "http.route": request.route,
        "client.address": request.client,
        "gatecast.model": request.model,
        "gatecast.version": request.version,
        "gatecast.items": request.items,
        "gatecast.model_calls": request.model_calls,
        "error.type": str(request.status) if request.status >= 500 else "",
    }
    return attributes | {name: value for name, value in known.items() if value}


def model_attributes(call: FinishedCall) -> Attributes:
    """What the span of a model call says."""
    named: Attributes = {"gatecast.model": call.model, "gatecast.version": call.version} if call.model else {}
    return named | {"gatecast.batch.items": call.items}


@lru_cache(MAX_HOSTS)
def _host(host: bytes, scheme: str) -> tuple[str | None, int | None]:
    """The host and the port that the client asked for, if its header has usable ones."""
    try:
        url = urlsplit(f"//{host.decode('ascii')}")
        return url.hostname, url.port or PORTS.get(scheme)
    except ValueError:
        return None, None
