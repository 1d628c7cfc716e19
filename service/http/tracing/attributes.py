"""What the span of a request says, by the names of OpenTelemetry's semantic conventions for HTTP, and by names of our own.

It holds no text, no reading, no key and no query: nothing but facts about the request.
"""

from urllib.parse import urlsplit

from opentelemetry.util.types import AttributeValue
from starlette.types import Scope

from ...log_lines import encodable
from ..request import RequestContext
from .trace import ModelCall, Trace

MAX_PATH = 200  # characters; a path may be anything
MAX_HOST = 260
METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"])
PORTS = {"http": 80, "https": 443}
Attributes = dict[str, AttributeValue]


def span_name(method: str, route: str) -> str:
    """`POST /forecast`: the template of the path, so that there are few names; without one, the method alone."""
    known = method if method in METHODS else "HTTP"
    return f"{known} {route}" if route else known


def server_attributes(context: RequestContext, scope: Scope, trace: Trace, route: str) -> Attributes:
    """What the server's span says."""
    method = scope["method"]
    attributes: Attributes = {
        "http.request.method": method if method in METHODS else "_OTHER",
        "http.response.status_code": context.status,
        "url.scheme": scope["scheme"],
        "url.path": encodable(context.path[:MAX_PATH]),
        "network.protocol.version": scope["http_version"],
        "gatecast.request_id": context.request_id,
        **_server(context.headers.get(b"host", b""), scope),
    }
    known: Attributes = {
        "http.route": route,
        "client.address": context.client,
        "gatecast.model": context.model,
        "gatecast.version": context.version,
        "gatecast.items": context.items,
        "gatecast.model_calls": trace.model_calls,
        "error.type": str(context.status) if context.status >= 500 else "",
    }
    return attributes | {name: value for name, value in known.items() if value}


def model_attributes(call: ModelCall) -> Attributes:
    """What the span of a model call says."""
    named: Attributes = (
        {} if call.model is None else {"gatecast.model": call.model.name, "gatecast.version": call.model.version}
    )
    return named | {"gatecast.batch.items": call.items}


def _server(host: bytes, scope: Scope) -> Attributes:
    """The host and the port that the client asked for; without a usable one, those that it reached."""
    try:
        url = urlsplit(f"//{host[:MAX_HOST].decode('ascii')}")
        address, port = url.hostname, url.port or PORTS.get(scope["scheme"])
    except ValueError:
        address, port = None, None
    if not address:
        address, port = scope.get("server") or (None, None)
    attributes: Attributes = {"server.address": address} if address else {}
    return attributes | ({"server.port": port} if port else {})
