"""Spans on their way to the collector: a queue of bounded length, and a thread that sends what is in it.

The SDK's own BatchSpanProcessor counts dropped spans only in metrics of its own, and ends within 30 s, not within the time
of our stop.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

LAST_SECONDS = 0.1  # for the thread to notice the end


class QueueLimits(NamedTuple):
    """How many spans may wait and are sent at once, and for how many seconds a span waits for company."""

    max_spans: int = 2048
    batch_spans: int = 512
    delay_s: float = 5.0


class SpanQueue(SpanProcessor):
    """Takes finished spans from one thread, the event loop's, and never makes it wait.

    `dropped` counts spans that found no room, and those that the collector did not take. `tell` gets it after each try, and
    whether that was taken.
    """

    def __init__(self, exporter: SpanExporter, limits: QueueLimits, tell: Callable[[int, bool], None]) -> None:
        self._exporter = exporter
        self._limits = limits
        self._tell = tell
        self._spans: deque[ReadableSpan] = deque()
        self._unplaced = self._refused = 0  # the loop's count, and the thread's
        self._awake = threading.Event()
        self._deadline: float | None = None  # of the end, as soon as it is near
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._unplaced + self._refused

    def takes(self, count: int) -> bool:
        """Whether there is room for so many spans; if not, they are counted as dropped, and need not be made."""
        has_room = len(self._spans) + count <= self._limits.max_spans
        if not has_room:
            self._unplaced += count
        return has_room

    def on_end(self, span: ReadableSpan) -> None:
        if len(self._spans) >= self._limits.max_spans:
            self._unplaced += 1
            return
        self._spans.append(span)
        if len(self._spans) >= self._limits.batch_spans and not self._awake.is_set():
            self._awake.set()

    def close(self, seconds: float) -> None:
        """Send what is left, and end within so many seconds. What could not be sent counts as dropped."""
        self._deadline = time.monotonic() + seconds
        self._awake.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._unplaced += len(self._spans)
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
        while len(self._spans) >= least and (self._deadline is None or time.monotonic() < self._deadline):
            batch = [self._spans.popleft() for _ in range(min(len(self._spans), self._limits.batch_spans))]
            is_taken = self._export(batch)
            if not is_taken:
                self._refused += len(batch)
            self._tell(self.dropped, is_taken)

    def _export(self, batch: list[ReadableSpan]) -> bool:
        try:
            return self._exporter.export(batch) is SpanExportResult.SUCCESS
        except Exception:
            return False
