"""One log line per request, and the log of defects."""

import asyncio
import logging
import sys
import time
from typing import TextIO

log = logging.getLogger("gatecast.requests")
PROBES = frozenset(["/livez", "/readyz", "/metrics"])  # asked every few seconds, forever
FLUSH_SECONDS = 0.2
MAX_LINES = 2_000


class AccessLog:
    """Writes the lines of many requests at once, in the form of the other log lines.

    `logging` takes longer for a line than a small model for a forecast, so lines are put together here and handed
    over a few times a second. Which are wanted is still said by the level of the logger `gatecast.requests`.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._second = 0
        self._stamp = ""
        self._due: asyncio.TimerHandle | None = None

    def note(self, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
        """Add a request's line. `path` may hold anything that a caller can send."""
        level = logging.DEBUG if path in PROBES else logging.INFO
        if not log.isEnabledFor(level):
            return
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._second))
        if not (path.isascii() and path.isprintable()):
            path = path.encode("unicode_escape").decode()
        self._lines.append(
            f"{self._stamp},{int(now * 1000) % 1000:03d} {logging.getLevelName(level)} {log.name} "
            f"{method} {path} {status} {seconds * 1e3:.1f}ms id={request_id}\n"
        )
        if len(self._lines) >= MAX_LINES:
            self.flush()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what there is."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        lines, self._lines = self._lines, []
        stream = self._stream or sys.stderr
        stream.write("".join(lines))
        stream.flush()


def log_defect(request_id: str, error: BaseException) -> None:
    """The traceback of a 500, under the id that its caller was given."""
    logging.getLogger("gatecast").error("defect, id=%s", request_id, exc_info=error)
