"""The phases of the process: what is ready, what accepts requests, and why it is not ready."""

import pytest

from service.http.lifecycle import Lifecycle, Phase


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
