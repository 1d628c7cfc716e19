"""What the OpenAPI schema says of all routes: descriptions, headers, and how keys are sent."""

from typing import Any

Json = dict[str, Any]

DESCRIPTION = """\
Every `GET` route answers `HEAD` too. Bodies are JSON, plain or compressed (`Content-Encoding: gzip` or `zstd`); long
replies are compressed for a client that sends `Accept-Encoding`. Errors are problem details (RFC 9457): `type` names the
kind, `detail` says what would be right, `errors` lists every fault with a JSON Pointer. What depends on the loaded models
(how many readings they need, how far they forecast) cannot be told by a schema: it is refused with a type of its own.
"""
TAGS = {
    "forecast": "What the next readings of a series will be, and how sure that is.",
    "anomalies": "Which of the last readings of a series were not to be expected.",
    "sentiment": "Whether a text is positive, neutral or negative, how sure that is, and why.",
    "nixtla": "What the Nixtla client asks for: give it this address and `/nixtla` as its `base_url`.",
    "inference": "The Open Inference Protocol, version 2, for the clients of Triton and KServe. Tensors may also come and go in "
    "binary form, after the JSON, as these clients send them.",
    "models": "What is loaded, and what is known of it.",
    "operations": "Probes, metrics and versions, for those who run the service.",
    "admin": "Changes to the running service.",
}
ALWAYS = ("X-Request-ID", "Server-Timing")
CODING = ("Content-Encoding", "Vary")
REQUEST_ID = "0f6c5d0b7f7a4f0c9a1d2e3f4a5b6c7d"

SECURITY_SCHEMES: Json = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": "a key, as `Authorization: Bearer …`"},
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "the same key, in a header of its own",
    },
}
HEADERS: Json = {
    "X-Request-ID": {
        "description": "names this request in the log: the caller's own id if that is sane, otherwise a new one",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:\\-]{1,128}$"},
        "example": REQUEST_ID,
    },
    "Server-Timing": {
        "description": "milliseconds in the queue, in the model, and in all",
        "required": True,
        "schema": {"type": "string"},
        "example": "queue;dur=0.21, model;dur=1.37, total;dur=2.04",
    },
    "Retry-After": {
        "description": "seconds after which another try may succeed",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "WWW-Authenticate": {
        "description": "how to send a key",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="gatecast"',
    },
    "Allow": {
        "description": "the methods that the path answers",
        "required": True,
        "schema": {"type": "string"},
        "example": "POST",
    },
    "Accept-Encoding": {
        "description": "how a body may be compressed, if that was at fault",
        "schema": {"type": "string"},
        "example": "gzip, zstd",
    },
    "Content-Encoding": {
        "description": "how a long reply is compressed, if the client's Accept-Encoding allows it",
        "schema": {"enum": ["gzip", "zstd"]},
    },
    "Vary": {
        "description": "of a long reply: it depends on this header of the request",
        "schema": {"type": "string"},
        "example": "Accept-Encoding",
    },
    "RateLimit": {
        "description": "where limits are set: what is left of each, and the seconds until it is whole",
        "schema": {"type": "string"},
        "example": '"requests";r=97;t=1',
    },
    "RateLimit-Policy": {
        "description": "where limits are set: how much each allows, and in how many seconds",
        "schema": {"type": "string"},
        "example": '"requests";q=100;w=10',
    },
}
