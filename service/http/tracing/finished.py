"""What the event loop hands on of a request that has been answered: all that its spans will say, and nothing that holds more."""

from typing import NamedTuple

from .trace_context import TraceParent

MAX_PATH = 200  # characters; a path may be anything
MAX_HOST = 260


class FinishedCall(NamedTuple):
    """A model call that had a request's items among its `items`. Times are in seconds, on the clock of `perf_counter`."""

    started: float
    seconds: float
    items: int
    model: str
    version: str


class FinishedRequest(NamedTuple):
    """A request with spans. What is "" or 0 is not known, or the request had none.

    Times are in seconds on the clock of `perf_counter`, whose zero is `epoch`, in nanoseconds since 1970. `asked` is when the
    first item began to wait. `host` is the header, `server` what the client reached. There are `model_calls`, the first of which
    are `calls`.
    """

    number: int
    parent: TraceParent | None
    state: bytes | None
    method: str
    route: str
    path: str
    scheme: str
    http_version: str
    host: bytes
    server: tuple[str, int | None] | None
    client: str
    request_id: str
    status: int
    model: str
    version: str
    items: int
    started: float
    read_seconds: float
    asked: float
    ended: float
    epoch: int
    model_calls: int
    calls: tuple[FinishedCall, ...]

    @property
    def spans(self) -> int:
        """How many spans it has: the server's, and those of reading, of waiting, and of the model calls."""
        return 1 + bool(self.read_seconds) + (1 + len(self.calls) if self.calls else 0)
