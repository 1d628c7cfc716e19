"""Who accepts whose connections."""

import pytest

from service.workers.assignments import assign


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ([True, True], [[0], [1]]),
        ([False, True], [[0], [1, 0]]),
        ([True, False], [[0, 1], [1]]),
        ([False, False], [[0], [1]]),
        ([False, True, True], [[0], [1, 0], [2]]),
        ([True, False, False], [[0, 2, 1], [1], [2]]),
        ([True], [[0]]),
    ],
)
def test_a_slot_has_a_second_worker_while_its_own_cannot_accept(able, expected):
    """The next one that can takes it; nobody does where none can."""
    assert [sorted(slots) for slots in assign(able)] == [sorted(slots) for slots in expected]
