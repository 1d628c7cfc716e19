"""The bytes of what protocol.py answers itself, before there is a request: problems of HTTP, and refusals of a full service."""

from collections.abc import Iterable

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..errors import GatecastError
from .load_shedding import NO_TIMING, Refusal

PROBLEM_HEAD = (
    b"%scontent-type: application/problem+json\r\nconnection: close\r\n"
    + NO_TIMING
    + b"%s%sx-request-id: %s\r\ncontent-length: %d\r\n\r\n"
)


def problem(
    error: GatecastError, instance: str, request_id: str, default_headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """A problem, after which the connection is closed."""
    body = to_json(error.problem(instance, request_id))
    extra = b"".join([f"{name.lower()}: {value}\r\n".encode() for name, value in error.headers.items()])
    head = (STATUS_LINE[error.status], _lines(default_headers), extra, request_id.encode(), len(body))
    return PROBLEM_HEAD % head + body


def prepared(
    refusal: Refusal, request_id: str, default_headers: Iterable[tuple[bytes, bytes]], *, keep_alive: bool
) -> bytes:
    """A refusal, most of which is ready."""
    body = refusal.body(request_id)
    return b"%s%sx-request-id: %s\r\ncontent-length: %d\r\n%s\r\n%s" % (
        refusal.head,
        _lines(default_headers),
        request_id.encode(),
        len(body),
        b"" if keep_alive else b"connection: close\r\n",
        body,
    )


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%s: %s\r\n" % header for header in headers])
