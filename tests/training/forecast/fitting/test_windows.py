"""Windows of a series and their targets."""

import numpy as np
import pytest

from training.forecast.fitting import windows

SERIES = np.arange(30, dtype=float)


def test_next_steps_have_a_different_target_for_every_output():
    """A (n, 1) target against 14 outputs would broadcast silently: every column is another reading."""
    x, y = windows.next_steps(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((2, 15, 1), (2, 14))
    assert y[0].tolist() == list(range(15, 29))
    assert x[1, :, 0].tolist() == list(range(1, 16))


def test_padded_windows_reach_the_end_of_the_series():
    """The last windows are included; targets after the end of the series are NaN."""
    x, y = windows.next_steps_padded(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((15, 15, 1), (15, 14))
    assert y[-1, 0] == 29
    assert np.isnan(y[-1, 1:]).all()
    assert not np.isnan(y[:2]).any()


def test_shifted_targets_are_the_window_one_reading_later():
    x, y = windows.shifted(SERIES, 15)
    assert x.shape == y.shape == (15, 15, 1)
    assert (y - x == 1).all()
    assert y[-1, -1, 0] == 29


@pytest.mark.parametrize(
    "make",
    [
        lambda series: windows.next_steps(series, 15, 1),
        lambda series: windows.next_steps_padded(series, 15, 14),
        lambda series: windows.shifted(series, 15),
    ],
)
def test_a_series_shorter_than_a_window_is_refused(make):
    with pytest.raises(ValueError, match="hold no window"):
        make(SERIES[:15])
