"""Finished requests on their way to the collector as spans: a queue of bounded length, and a thread that sends what is in it.

The SDK's own BatchSpanProcessor counts dropped spans only in metrics of its own, and ends within 30 s, not within the time
of our stop.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..access_log import log_defect
from .finished import FinishedRequest

LAST_SECONDS = 0.1  # for the thread to notice the end


class QueueLimits(NamedTuple):
    """How many spans may wait and are sent at once, and for how many seconds a span waits for company."""

    max_spans: int = 2048
    batch_spans: int = 512
    delay_s: float = 5.0


class SpanQueue:
    """Takes finished requests from one thread, the event loop's, and never makes it wait. `make` makes their spans, in the thread
    that sends them.

    `dropped` counts spans that found no room, and those that the collector did not take. `tell` gets it after each try, and
    whether that was taken.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        make: Callable[[FinishedRequest], Sequence[ReadableSpan]],
        limits: QueueLimits,
        tell: Callable[[int, bool], None],
    ) -> None:
        self._exporter = exporter
        self._make = make
        self._limits = limits
        self._tell = tell
        self._requests: deque[FinishedRequest] = deque()
        self._made: deque[ReadableSpan] = deque()
        self._put = self._taken = 0  # spans, by the loop's count and by the thread's
        self._unplaced = self._refused = 0  # likewise
        self._awake = threading.Event()
        self._deadline: float | None = None  # of the end, as soon as it is near
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._unplaced + self._refused

    @property
    def _waiting(self) -> int:
        return self._put - self._taken

    def put(self, request: FinishedRequest) -> None:
        """Take a request whose spans are to be sent. If there is no room for all of them, they are counted as dropped."""
        spans = request.spans
        waiting = self._waiting + spans
        if waiting > self._limits.max_spans:
            self._unplaced += spans
            return
        self._put += spans
        self._requests.append(request)
        if waiting >= self._limits.batch_spans and not self._awake.is_set():
            self._awake.set()

    def close(self, seconds: float) -> None:
        """Send what is left, and end within so many seconds. What could not be sent counts as dropped."""
        self._deadline = time.monotonic() + seconds
        self._awake.set()
        self._thread.join(seconds)
        if self._thread.is_alive() or self._waiting:  # the thread may have ended just when the time had
            self._unplaced += self._waiting
            self._tell(self.dropped, False)
        with contextlib.suppress(Exception):  # ends a wait between two tries
            self._exporter.shutdown()
        self._thread.join(LAST_SECONDS)

    def _run(self) -> None:
        while self._deadline is None:
            is_full = self._awake.wait(self._limits.delay_s)
            self._awake.clear()
            self._send(self._limits.batch_spans if is_full else 1)
        self._send(1)

    def _send(self, least: int) -> None:
        """Send batches while so many spans wait."""
        while self._waiting >= least and (self._deadline is None or time.monotonic() < self._deadline):
            batch = self._next_batch()
            if not batch:  # the spans could not be made: that says nothing of the collector
                continue
            is_taken = self._export(batch)
            if not is_taken:
                self._refused += len(batch)
            self._tell(self.dropped, is_taken)

    def _next_batch(self) -> list[ReadableSpan]:
        """The next spans: as many as are sent at once, if there are. None, where none could be made."""
        size = self._limits.batch_spans
        while len(self._made) < size and self._requests:
            self._made.extend(self._spans(self._requests.popleft()))
        batch = [self._made.popleft() for _ in range(min(len(self._made), size))]
        self._taken += len(batch)
        return batch

    def _spans(self, request: FinishedRequest) -> Sequence[ReadableSpan]:
        """The spans of a request; a defect of theirs loses them, and no others."""
        try:
            return self._make(request)
        except Exception as error:
            log_defect(request.request_id, error)
            self._taken += request.spans
            self._refused += request.spans
            return []

    def _export(self, batch: list[ReadableSpan]) -> bool:
        try:
            return self._exporter.export(batch) is SpanExportResult.SUCCESS
        except Exception:
            return False
