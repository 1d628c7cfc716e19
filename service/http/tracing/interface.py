"""What the middleware asks of traces. Without the SDK, which is an extra, there is none that answers."""

from collections.abc import Mapping
from typing import Protocol

from starlette.types import Scope

from ..request import RequestContext
from .trace import Trace


class Tracing(Protocol):
    """Traces of this process. `dropped` counts spans that were lost."""

    @property
    def dropped(self) -> int: ...

    def begin(self, route: str, headers: Mapping[bytes, bytes]) -> Trace | None:
        """Return the trace of a request, if it is sampled. `route` is "" where it is not known yet."""
        ...

    def end(self, context: RequestContext, scope: Scope) -> None:
        """Hand on what is known of a request that has a trace. Its response has been written."""
        ...

    def close(self, seconds: float) -> None:
        """Send what waits, and end within so many seconds. It blocks."""
        ...
