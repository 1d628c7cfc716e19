"""What the log says of a collector: a line when it fails, one a minute while it does, and one when it is back."""

import logging
import time
from collections.abc import Callable

from ... import log_lines

INTERVAL_SECONDS = 60.0
MAX_REASON = 300  # characters
NO_ANSWER = "it does not answer"
EXPORTERS = "opentelemetry.exporter"  # others say what callers sent
TRANSIENT, GIVEN_UP = "Transient error %s", "Failed to export %s batch due to timeout"  # messages of the exporter

log = logging.getLogger("gatecast")


class Reasons(logging.Handler):
    """Takes what OpenTelemetry's modules log, so that it does not go to our log, and keeps the last of it as a reason."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        self._logger = logging.getLogger("opentelemetry")

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(EXPORTERS):
            return
        if record.msg.startswith(TRANSIENT) and isinstance(record.args, tuple):
            self._keep(str(record.args[0]))
        elif GIVEN_UP not in record.msg:  # it follows the line with the reason
            self._keep(record.getMessage())

    def _keep(self, reason: str) -> None:
        """Keep a reason; of an error that wraps another one, the inner one says it."""
        self.last = log_lines.cut(reason.rpartition("(Caused by ")[2].removesuffix(")"), MAX_REASON)

    def install(self) -> None:
        """Take the records from now on."""
        self._logger.addHandler(self)
        self._logger.propagate = False

    def remove(self) -> None:
        """Take no more records."""
        self._logger.removeHandler(self)
        self._logger.propagate = True


class Reports:
    """Tells of spans that were dropped, seldom. `clock` is in seconds."""

    def __init__(self, reasons: Reasons, clock: Callable[[], float] = time.monotonic) -> None:
        self._reasons = reasons
        self._clock = clock
        self._last = -INTERVAL_SECONDS
        self._is_failing = False
        self._dropped = 0  # of which the log has been told

    def tell(self, dropped: int, is_taken: bool) -> None:
        """Tell of a try to send spans: how many were dropped since the start, and whether the collector took these."""
        if is_taken and self._is_failing:
            self._is_failing = False
            log.info("traces: the collector takes spans again; %d were dropped so far", dropped)
            self._dropped = dropped
        if dropped > self._dropped and self._clock() - self._last >= INTERVAL_SECONDS:
            self._last = self._clock()
            new, self._dropped = dropped - self._dropped, dropped
            if is_taken:
                log.warning(
                    "traces: %d spans were dropped, more came than could be sent; sample fewer (OTEL_TRACES_SAMPLER)",
                    new,
                )
            else:
                log.warning(
                    "traces: %d spans were dropped, the collector did not take them: %s",
                    new,
                    self._reasons.last or NO_ANSWER,
                )
        self._is_failing = self._is_failing or not is_taken
