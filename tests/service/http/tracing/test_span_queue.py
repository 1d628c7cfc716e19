"""The queue of spans: never a wait for who fills it, a bounded end, and every lost span counted."""

import threading

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from service.http.tracing.span_queue import QueueLimits, SpanQueue
from tests.connections import until
from tests.patience import PATIENCE_S

SOON = QueueLimits(max_spans=8, batch_spans=4, delay_s=0.001)
FULL = QueueLimits(max_spans=8, batch_spans=4, delay_s=600)  # only a full batch is sent


class FakeExporter(SpanExporter):
    """Takes spans when it is let, and answers as it is told."""

    def __init__(self, outcome=SpanExportResult.SUCCESS, is_open=True):
        self.outcome = outcome
        self.batches = []
        self.is_shut = False
        self.gate = threading.Event()
        self.entered = threading.Event()
        if is_open:
            self.gate.set()

    def export(self, spans):
        self.entered.set()
        assert self.gate.wait(PATIENCE_S)
        self.batches.append(list(spans))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def shutdown(self):
        self.is_shut = True


class FakeRequest(str):
    """A request that has a span for each of its letters."""

    @property
    def spans(self):
        return len(self)

    request_id = "a-request"


def make(request):
    if request == "bad":
        raise ValueError("a defect")
    return list(request)


def started(exporter, limits):
    told = []
    return SpanQueue(exporter, make, limits, lambda dropped, is_taken: told.append((dropped, is_taken))), told


def put(queue, *requests):
    for request in requests:
        queue.put(FakeRequest(request))


def test_spans_are_sent_when_they_have_waited_for_company():
    exporter = FakeExporter()
    queue, told = started(exporter, SOON)
    put(queue, "a")
    until(lambda: told)
    assert (exporter.batches, told) == ([["a"]], [(0, True)])
    queue.close(PATIENCE_S)


def test_a_full_batch_is_sent_at_once_and_the_rest_at_the_end():
    exporter = FakeExporter()
    queue, told = started(exporter, FULL)
    put(queue, *"abcde")
    until(lambda: told)
    assert exporter.batches == [["a", "b", "c", "d"]]
    queue.close(PATIENCE_S)
    assert exporter.batches == [["a", "b", "c", "d"], ["e"]]
    assert exporter.is_shut
    assert queue.dropped == 0


def test_spans_without_room_are_counted_and_nobody_waits():
    """The exporter hangs; a request's spans find room together or not at all."""
    exporter = FakeExporter(is_open=False)
    queue, _ = started(exporter, FULL)
    put(queue, *"abcd")
    assert exporter.entered.wait(PATIENCE_S)
    put(queue, *"efghijk")
    put(queue, "lm")
    assert queue.dropped == 2
    put(queue, "l", "m")
    assert queue.dropped == 3
    exporter.gate.set()
    queue.close(PATIENCE_S)


@pytest.mark.parametrize("outcome", [SpanExportResult.FAILURE, RuntimeError("nonsense")])
def test_spans_that_the_collector_does_not_take_are_counted(outcome):
    exporter = FakeExporter(outcome)
    queue, told = started(exporter, FULL)
    put(queue, *"abcd")
    until(lambda: told)
    assert told == [(4, False)]
    queue.close(PATIENCE_S)


def test_the_end_does_not_wait_for_an_exporter_that_hangs():
    exporter = FakeExporter(is_open=False)
    queue, told = started(exporter, FULL)
    put(queue, *"abcdef")
    assert exporter.entered.wait(PATIENCE_S)
    queue.close(0.01)
    assert exporter.is_shut
    assert told[-1] == (2, False)
    exporter.gate.set()


@pytest.mark.parametrize("lives", [True, False])
def test_spans_that_are_left_at_the_end_are_counted_whether_or_not_the_thread_lives(lives):
    """An export may end just when the time does: then the thread ends by itself, and sends no more."""
    exporter = FakeExporter(is_open=False)
    queue, told = started(exporter, FULL)
    put(queue, *"abcdef")
    assert exporter.entered.wait(PATIENCE_S)
    queue._deadline = 0.0  # it is over
    if not lives:
        exporter.gate.set()
        queue._thread.join(PATIENCE_S)
    assert queue._thread.is_alive() is lives
    queue.close(0.0)
    assert (queue.dropped, told[-1]) == (2, (2, False))
    exporter.gate.set()


def test_spans_that_cannot_be_made_say_nothing_of_the_collector():
    """It is not said to take spans again."""
    exporter = FakeExporter(SpanExportResult.FAILURE)
    queue, told = started(exporter, SOON)
    put(queue, "a")
    until(lambda: told)
    put(queue, "bad")
    until(lambda: queue.dropped == 4)
    put(queue, "b")
    until(lambda: queue.dropped == 5)
    queue.close(PATIENCE_S)
    assert told == [(1, False), (5, False)]


def test_a_request_of_many_spans_is_sent_in_batches_that_are_no_larger():
    exporter = FakeExporter()
    queue, _ = started(exporter, FULL)
    put(queue, "abc", "defg", "h")
    queue.close(PATIENCE_S)
    assert exporter.batches == [["a", "b", "c", "d"], ["e", "f", "g", "h"]]
    assert queue.dropped == 0


def test_a_request_whose_spans_cannot_be_made_loses_them_and_no_others(caplog):
    """It is logged as a defect, and its room is free again."""
    exporter = FakeExporter()
    queue, told = started(exporter, FULL)
    put(queue, "bad", "x")
    until(lambda: told)
    assert exporter.batches == [["x"]]
    assert queue.dropped == 3
    assert "defect, id=a-request" in caplog.text
    put(queue, "bad", "bad")
    queue.close(PATIENCE_S)
    assert (exporter.batches, queue.dropped) == ([["x"]], 9)
