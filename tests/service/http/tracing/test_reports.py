"""What the log says of a collector."""

import logging

import pytest

from service.http.tracing.reports import INTERVAL_SECONDS, Reasons, Reports

EXPORTER = logging.getLogger("opentelemetry.exporter.otlp")


class FakeClock:
    """Seconds that the test moves on."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def reasons():
    taken = Reasons()
    taken.install()
    yield taken
    taken.remove()


def test_a_collector_that_fails_gives_a_line_a_minute_and_one_when_it_is_back(reasons, caplog):
    clock = FakeClock()
    reports = Reports(reasons, clock)
    caplog.set_level("INFO", "gatecast")
    reasons.last = "Connection refused"
    reports.tell(10, False)
    clock.now += INTERVAL_SECONDS / 2
    reports.tell(20, False)
    clock.now += INTERVAL_SECONDS / 2
    reports.tell(30, False)
    reports.tell(30, True)
    reports.tell(30, True)
    assert [record.message for record in caplog.records] == [
        "traces: 10 spans were dropped, the collector did not take them: Connection refused",
        "traces: 20 spans were dropped, the collector did not take them: Connection refused",
        "traces: the collector takes spans again; 30 were dropped so far",
    ]


def test_a_collector_that_never_answered_is_said_to(reasons, caplog):
    Reports(reasons, FakeClock()).tell(5, False)
    assert "the collector did not take them: it does not answer" in caplog.text


def test_spans_without_room_are_told_of(reasons, caplog):
    Reports(reasons, FakeClock()).tell(5, True)
    assert "5 spans were dropped, more came than could be sent" in caplog.text


def test_the_reason_is_that_of_the_error_within(reasons):
    error = OSError("HTTPConnectionPool(host='127.0.0.1'): Max retries exceeded (Caused by refused)")
    EXPORTER.warning("Transient error %s encountered while exporting %s batch, retrying in %.2fs.", error, "spans", 1.0)
    EXPORTER.error("Failed to export %s batch due to timeout, max retries or shutdown.", "spans")
    assert reasons.last == "refused"


def test_lines_of_opentelemetry_do_not_reach_the_log(reasons):
    """What a caller or a collector sent could fill it. They go to loggers above only if each one below hands them on."""
    EXPORTER.error("x" * 1000)
    assert not logging.getLogger("opentelemetry").propagate
    assert len(reasons.last) == 300
