"""One log line per request, and the log of defects."""

import logging
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple, TextIO

log = logging.getLogger("gatecast.requests")
PROBES = frozenset(["/livez", "/readyz", "/metrics"])  # called every few seconds, so their lines are for debugging only


class RequestRecord(NamedTuple):
    """A request that was answered. `route` is its path with the names of parameters; `ended` is in seconds since 1970."""

    method: str
    path: str
    route: str
    status: int
    seconds: float
    request_id: str
    ended: float
    client: str = ""
    key: str = ""
    model: str = ""
    version: str = ""
    items: int = 0
    body_bytes: int = 0
    reply_bytes: int = 0
    queue_seconds: float = 0.0
    compute_seconds: float = 0.0
    trace_id: str = ""


class AccessLog:
    """Writes the lines of many requests at once, in the form of the other log lines.

    `logging` takes longer for a line than a small model for a forecast, so it is asked for the level only, and the lines
    are made here. The level of the logger `gatecast.requests` decides which requests are logged.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._second = 0
        self._stamp = ""

    def write(self, records: Sequence[RequestRecord]) -> None:
        """Write a line for every request whose level is enabled."""
        enabled = {level: log.isEnabledFor(level) for level in (logging.DEBUG, logging.INFO)}
        lines = []
        for record in records:
            level = logging.DEBUG if record.path in PROBES else logging.INFO
            if enabled[level]:
                lines.append(self._line(record, level))
        stream = self._stream or sys.stderr
        stream.write("".join(lines))
        stream.flush()

    def _line(self, record: RequestRecord, level: int) -> str:
        """One line. The path may hold anything that a client can send."""
        if int(record.ended) != self._second:
            self._second = int(record.ended)
            self._stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._second))
        path = record.path
        if not (path.isascii() and path.isprintable()):
            path = path.encode("unicode_escape").decode()
        return (
            f"{self._stamp},{int(record.ended * 1000) % 1000:03d} {logging.getLevelName(level)} {log.name} "
            f"{record.method} {path} {record.status} {record.seconds * 1e3:.1f}ms id={record.request_id}\n"
        )


def log_defect(request_id: str, error: BaseException) -> None:
    """Log the traceback of a 500 under the id that its client was given."""
    logging.getLogger("gatecast").error("defect, id=%s", request_id, exc_info=error)
