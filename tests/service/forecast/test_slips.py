"""What a slip makes of a reading."""

import pytest

from service.forecast.slips import Others, is_slip

FAR = Others(800, 1200, 1000)
NEAR = Others(1, 1200, 400)
LOSSES = Others(-1200, -800, -1000)


@pytest.mark.parametrize(
    ("reading", "others", "expected"),
    [
        (0, FAR, True),
        (0, NEAR, False),
        (0, LOSSES, True),
        (-1000, FAR, True),
        (1000, LOSSES, True),
        (-5, FAR, False),
        (999999, FAR, True),
        (-9999, FAR, True),
        (999, FAR, False),  # it lies among the others
        (100_000, FAR, True),
        (1_050_000, FAR, True),
        (10, FAR, True),
        (10_000, FAR, True),
        (3000, FAR, False),
    ],
)
def test_a_slip_explains_a_reading(reading, others, expected):
    """A thousand was to be expected, or its negative."""
    assert is_slip(reading, others.median, 40, others, is_only=True) is expected


def test_ten_times_as_much_is_a_slip_only_once():
    assert is_slip(10_000, 1000, 40, FAR, is_only=True)
    assert not is_slip(10_000, 1000, 40, FAR, is_only=False)


def test_nothing_is_a_slip_of_a_reading_that_is_lost_in_noise():
    assert not is_slip(100, 1, 1, Others(-3, 3, 0), is_only=True)


def test_how_far_a_reading_lies_beyond_others():
    assert (FAR.beyond(1300), FAR.beyond(500), FAR.beyond(900)) == (100, 300, 0)
    assert (FAR.range, LOSSES.largest) == (400, 1200)
