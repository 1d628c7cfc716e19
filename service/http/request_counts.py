"""Requests by route, method and status, how long they took, and which were refused.

The names are those that dashboards for FastAPI services know. A request is counted when its response has been written.
"""

from collections.abc import Callable, Iterable

from ..errors import Refusal
from ..measures import OTHER, Measures

MAX_SERIES = 2048  # routes × methods × statuses that occur
METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


# what counts a request, and its time
_Series = tuple[Callable[[], None], Callable[[float, str | None], None]]


class RequestCounts:
    """Counts requests. Unknown routes are one, `other`, and unknown methods are "": clients cannot create labels."""

    def __init__(self, measures: Measures, routes: Iterable[str]) -> None:
        self._routes = frozenset(routes)
        labels = ("handler", "method", "status")
        self._requests = measures.counter("http_requests_total", "requests", labels, MAX_SERIES)
        self._durations = measures.histogram(
            "http_request_duration_seconds",
            "time to answer; refused requests are not in it",
            ("handler", "status"),
            exemplars=True,
        )
        self._refusals = measures.counter(
            "gatecast_refusals_total", "requests refused, by reason", ("handler", "reason")
        )
        self._series: dict[tuple[str, str, int], _Series] = {}

    def count(
        self,
        method: str,
        route: str,
        status: int,
        seconds: float,
        refusal: Refusal | None = None,
        trace_id: str | None = None,
    ) -> None:
        """Count a request. `route` is its path with the names of parameters; `trace_id` is that of a trace that is kept."""
        add, observe = self._series.get((route, method, status)) or self._resolve(route, method, status)
        add()
        if refusal is None:
            observe(seconds, trace_id)
        else:
            self._refusals.labels(route if route in self._routes else OTHER, refusal).add()

    def _resolve(self, route: str, method: str, status: int) -> _Series:
        """The series of a request, which are kept under label values only, and not under what callers sent."""
        if route not in self._routes:
            route, method = OTHER, method if method in ("GET", "POST") else ""
        elif method not in METHODS:
            method = ""
        key = (route, method, status)
        if key not in self._series:
            requests = self._requests.labels(route, method, str(status))
            durations = self._durations.labels(route, f"{status // 100}xx")
            self._series[key] = requests.add, durations.observe
        return self._series[key]
