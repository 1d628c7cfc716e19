"""The phases of the process: what is ready, what accepts requests, and why it is not ready."""

import pytest

from service.http.host import OwnCount, SharedCount
from service.http.lifecycle import Lifecycle, Phase, SharedLifecycle


@pytest.mark.parametrize(
    ("phase", "is_ready", "accepts"),
    [
        (Phase.STARTING, False, False),
        (Phase.READY, True, True),
        (Phase.ENDING, False, True),
        (Phase.CLOSED, False, True),
        (Phase.ENDED, False, False),
    ],
)
def test_each_phase_says_whether_it_is_ready_and_accepts_requests(phase, is_ready, accepts):
    """An ending service accepts requests until those who route to it have noticed."""
    lifecycle = Lifecycle()
    lifecycle.enter(phase)
    assert (lifecycle.is_ready, lifecycle.accepts) == (is_ready, accepts)


def test_a_process_begins_by_starting():
    lifecycle = Lifecycle()
    assert (lifecycle.phase, lifecycle.in_flight, lifecycle.reading) == (Phase.STARTING, 0, 0)


def test_every_phase_has_a_reason_of_its_own():
    lifecycle = Lifecycle()
    reasons = set()
    for phase in Phase:
        lifecycle.enter(phase)
        reasons.add(lifecycle.reason)
    assert len(reasons) == len(Phase)


def test_requests_in_flight_of_all_workers_are_counted_together():
    """Those whose body has not arrived are left out."""
    cells = memoryview(bytearray(24)).cast("q")
    first, second = (SharedLifecycle(SharedCount(cells, number)) for number in range(2))
    first.in_flight += 3
    second.in_flight += 2
    second.reading += 1
    assert (first.counted, second.counted, first.in_flight, second.reading) == (4, 4, 3, 1)
    second.reading -= 1
    first.in_flight -= 3
    assert (first.counted, second.counted) == (2, 2)


def test_a_process_that_is_alone_counts_its_own():
    lifecycle, count = Lifecycle(), OwnCount()
    lifecycle.in_flight, lifecycle.reading = 5, 2
    count.set(3)
    assert lifecycle.counted == count.total() == 3


def test_a_worker_that_is_replaced_is_ready_and_keeps_no_connection():
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.RETIRING)
    assert (lifecycle.is_ready, lifecycle.accepts, lifecycle.keeps_connections) == (True, True, False)
