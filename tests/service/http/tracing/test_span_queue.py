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


def started(exporter, limits):
    told = []
    return SpanQueue(exporter, limits, lambda dropped, is_taken: told.append((dropped, is_taken))), told


def test_spans_are_sent_when_they_have_waited_for_company():
    exporter = FakeExporter()
    queue, told = started(exporter, SOON)
    queue.on_end("a")
    until(lambda: told)
    assert (exporter.batches, told) == ([["a"]], [(0, True)])
    queue.close(PATIENCE_S)


def test_a_full_batch_is_sent_at_once_and_the_rest_at_the_end():
    exporter = FakeExporter()
    queue, told = started(exporter, FULL)
    for span in "abcde":
        queue.on_end(span)
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
    for span in "abcd":
        queue.on_end(span)
    assert exporter.entered.wait(PATIENCE_S)
    for span in "efghijk":
        queue.on_end(span)
    assert queue.takes(1)
    assert not queue.takes(2)
    queue.on_end("l")
    queue.on_end("m")
    assert queue.dropped == 3
    exporter.gate.set()
    queue.close(PATIENCE_S)


@pytest.mark.parametrize("outcome", [SpanExportResult.FAILURE, RuntimeError("nonsense")])
def test_spans_that_the_collector_does_not_take_are_counted(outcome):
    exporter = FakeExporter(outcome)
    queue, told = started(exporter, FULL)
    for span in "abcd":
        queue.on_end(span)
    until(lambda: told)
    assert told == [(4, False)]
    queue.close(PATIENCE_S)


def test_the_end_does_not_wait_for_an_exporter_that_hangs():
    exporter = FakeExporter(is_open=False)
    queue, told = started(exporter, FULL)
    for span in "abcdef":
        queue.on_end(span)
    assert exporter.entered.wait(PATIENCE_S)
    queue.close(0.01)
    assert exporter.is_shut
    assert told[-1] == (2, False)
    exporter.gate.set()
