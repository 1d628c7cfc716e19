"""What the middleware answers itself: a route that predicts, its limits, and its reply.

A route of ours has a model for its body, and replies with JSON. A route that speaks another protocol may read the bytes of
the body itself, may have parameters in its path, takes a larger body, and may reply in its own content type.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pydantic import BaseModel

from ..settings import Settings
from .body import BodyLimits
from .encoding import CODINGS
from .error_forms import JSON
from .request import RequestContext


class Reply(NamedTuple):
    """A reply of status 200 in another content type, or with headers of its own."""

    body: bytes
    content_type: bytes = JSON
    headers: dict[str, str] | None = None


Handler = Callable[[Any, RequestContext], Awaitable[bytes | Reply]]


class PredictRoute(NamedTuple):
    """A route that predicts: the models of its body and its response, and the function that answers.

    `is_raw`: the handler gets the bytes of the body, inflated; no Content-Type is asked for, and `body` documents them only.
    `is_frame`: the body may be a whole data frame, and the reply may take as long as any.
    `check`: what is checked before the body is read; it raises a GatecastError.
    """

    body: type[BaseModel]
    response: Any
    handler: Handler
    is_raw: bool = False
    is_frame: bool = False
    codings: tuple[bytes, ...] = CODINGS
    check: Callable[[RequestContext], None] | None = None


def plain_limits(settings: Settings) -> BodyLimits:
    """The limits of a request of one or many items."""
    return BodyLimits(settings.max_body_bytes, settings.body_timeout_ms, settings.timeout_ms)


def frame_limits(settings: Settings) -> BodyLimits:
    """The limits of a request that may hold a data frame. More than all bodies together may have would never get room."""
    most = max(settings.max_body_bytes, min(settings.max_frame_bytes, settings.max_buffered_bytes))
    return BodyLimits(most, settings.max_timeout_ms, settings.max_timeout_ms)
