"""How many spans were lost, published with the other measures."""

from collections.abc import Callable

from ..measures import Measures
from .tracing.interface import Tracing


class PublishedTraces:
    """Sets the counter of spans that were dropped. `tracing` returns None where there are no traces."""

    def __init__(self, measures: Measures, tracing: Callable[[], Tracing | None]) -> None:
        meaning = "spans that found no room, or that the collector did not take"
        self._dropped = measures.counter("gatecast_traces_dropped_total", meaning).labels()
        self._tracing = tracing

    def publish(self) -> None:
        """Set it."""
        tracing = self._tracing()
        if tracing is not None:
            self._dropped.set_total(tracing.dropped)
