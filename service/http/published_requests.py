"""What is so now of requests, connections and keys, published beside the limits that hold for it."""

from .. import logs
from ..measures import Measures
from ..settings import Settings
from .access import Access
from .connections import Connections
from .lifecycle import Lifecycle


class PublishedRequests:
    """Sets the gauges and counters that nobody writes as things happen."""

    def __init__(
        self, settings: Settings, measures: Measures, lifecycle: Lifecycle, connections: Connections, access: Access
    ) -> None:
        self._lifecycle = lifecycle
        self._connections = connections
        gauge, counter = measures.gauge, measures.counter
        self._ready = gauge(
            "gatecast_ready", "1 while models are proven and the service is not ending", merge="min"
        ).labels()
        self._in_flight = gauge("gatecast_requests_in_flight", "requests being answered, whose body is there").labels()
        self._reading = gauge("gatecast_requests_reading", "requests whose body is still arriving").labels()
        self._open = gauge("gatecast_connections", "open connections").labels()
        self._buffered = gauge("gatecast_buffered_bytes", "bytes of large bodies in memory").labels()
        self._workers = gauge("gatecast_workers", "processes that serve").labels()
        wrong = counter("gatecast_wrong_keys_total", "requests with a wrong key")
        throttled = counter("gatecast_throttled_keys_total", "requests refused after too many wrong keys")
        access.count_by(wrong.labels().add, throttled.labels().add)  # as they happen: a worker may be killed
        self._dropped = counter("gatecast_log_lines_dropped_total", "log lines that nobody read in time").labels()
        self._set_limits(settings, measures)

    def _set_limits(self, settings: Settings, measures: Measures) -> None:
        """Set the gauges of limits. Those of the host are the same in all processes; that of buffered bytes is a share."""
        for name, meaning, limit in (
            ("gatecast_requests_in_flight_limit", "GATECAST_MAX_IN_FLIGHT", settings.max_in_flight),
            ("gatecast_connections_limit", "GATECAST_MAX_CONNECTIONS", settings.max_connections),
        ):
            measures.gauge(name, meaning, merge="max").labels().set(limit)
        share = measures.gauge("gatecast_buffered_bytes_limit", "GATECAST_MAX_BUFFERED_BYTES")
        share.labels().set(self._connections.max_buffered_bytes)
        wanted = measures.gauge("gatecast_workers_wanted", "processes that should serve", merge="max")
        wanted.labels().set(1 if settings.workers == "auto" else settings.workers)

    def publish(self) -> None:
        """Set them."""
        lifecycle, connections = self._lifecycle, self._connections
        self._ready.set(lifecycle.is_ready)
        self._workers.set(lifecycle.accepts)
        self._in_flight.set(lifecycle.in_flight - lifecycle.reading)
        self._reading.set(lifecycle.reading)
        self._open.set(connections.open)
        self._buffered.set(connections.buffered_bytes)
        self._dropped.set_total(logs.writer().dropped)
