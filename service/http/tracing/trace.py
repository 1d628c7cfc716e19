"""What is noted of a request that has spans, until they are made: its trace, and the model calls that it had part in."""

from typing import NamedTuple

from ...interfaces import Named
from .trace_context import TraceParent

MAX_CALLS = 16  # that have a span of their own; a request of thousands of items takes more


class ModelCall(NamedTuple):
    """A model call. Times are in seconds; `started` is on the clock of `perf_counter`."""

    started: float
    seconds: float
    items: int
    model: Named | None


class Trace:
    """The trace of a request that is sampled. `parent` is the caller's span, if it sent one, and `state` its header `tracestate`;
    `route` is the template of the path, or "" where it is not known yet.

    `asked` is when the first of its items began to wait, on the clock of `perf_counter`.
    """

    __slots__ = ("_calls", "asked", "number", "parent", "route", "state", "trace_id")

    def __init__(self, number: int, route: str, parent: TraceParent | None = None, state: bytes | None = None) -> None:
        self.number = number
        self.route = route
        self.trace_id = f"{number:032x}"
        self.parent = parent
        self.state = state
        self.asked = float("inf")
        self._calls: dict[float, ModelCall] = {}

    def note(self, queue_seconds: float, call: ModelCall) -> None:
        """Note an item's wait, and its model call. Items that shared a call have the same one."""
        self.asked = min(self.asked, call.started - queue_seconds)
        if call.started not in self._calls:
            self._calls[call.started] = call

    @property
    def model_calls(self) -> int:
        """How many model calls the request had part in."""
        return len(self._calls)

    def calls(self) -> list[ModelCall]:
        """The first model calls, in order: MAX_CALLS of them at most."""
        return [self._calls[started] for started in sorted(self._calls)[:MAX_CALLS]]
