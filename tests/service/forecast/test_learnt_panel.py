"""Which of many learnt series readings continue."""

import numpy as np
import pytest

from service.artifacts.card import NamedSeries
from service.forecast import learnt_panel
from service.forecast.learnt_panel import LearntPanel

SERIES = np.random.default_rng(0).gamma(2, 50, (300, 80)) * np.geomspace(1e-3, 1e6, 300)[:, None]
LEARNT = 60  # readings of each series


def panel(series, count=24):
    return LearntPanel(
        [
            NamedSeries(id=f"store_{number}", last_readings=each[LEARNT - count : LEARNT].tolist())
            for number, each in enumerate(series)
        ]
    )


PANEL = panel(SERIES)


@pytest.mark.parametrize(("start", "end"), [(0, LEARNT), (0, 80), (LEARNT - 12, LEARNT), (LEARNT - 12, 80), (40, 61)])
def test_each_series_is_found_by_its_last_readings(start, end):
    """Whatever comes before and after them; twelve are enough."""
    assert [PANEL.find(each[start:end]) for each in SERIES] == [f"store_{number}" for number in range(300)]


@pytest.mark.parametrize(("start", "end"), [(0, LEARNT - 1), (LEARNT - 11, LEARNT), (LEARNT - 11, 80), (LEARNT, 80)])
def test_readings_without_the_last_ones_continue_nothing(start, end):
    """Eleven of them are too few."""
    assert {PANEL.find(each[start:end]) for each in SERIES} == {None}


def test_readings_may_be_rounded():
    """To within a two-thousandth of the range, whatever the units."""
    for number, each in enumerate(SERIES):
        step = 9e-4 * np.ptp(each[LEARNT - 24 : LEARNT])
        assert PANEL.find(np.round(each / step) * step) == f"store_{number}"
        off = each.copy()
        off[LEARNT - 5] += 1e-3 * np.ptp(each[:LEARNT])
        assert PANEL.find(off) is None


def test_readings_before_the_last_twelve_may_be_missing():
    """Of the last twelve, none."""
    readings = SERIES[7].copy()
    readings[LEARNT - 20] = readings[LEARNT + 3] = np.nan
    assert PANEL.find(readings) == "store_7"
    readings[LEARNT - 3] = np.nan
    assert PANEL.find(readings) is None
    assert PANEL.find(np.full(80, np.nan)) is None


def test_another_series_of_the_same_last_twelve_readings_is_not_taken_for_it():
    """All readings that can be compared must be equal."""
    twin = SERIES[7].copy()
    twin[LEARNT - 13] *= 1.5
    assert PANEL.find(twin) is None
    assert PANEL.find(twin[LEARNT - 12 :]) == "store_7"


def test_a_series_of_few_different_readings_is_never_found():
    """A run of a few whole numbers proves nothing."""
    few = np.tile([0.0, 1.0, 2.0, 3.0, 4.0], (3, 16))
    assert panel(few).find(few[0]) is None
    assert panel(SERIES[:3], count=11).find(SERIES[0]) is None
    assert LearntPanel([]).find(SERIES[0]) is None


def test_the_work_of_a_request_is_bounded(monkeypatch):
    """Of many places and series of one key only so many are compared, the latest places first."""
    monkeypatch.setattr(learnt_panel, "MAX_COMPARED", 50)
    cycle = np.tile(np.arange(12.0), 30)
    same = panel([cycle[: LEARNT + 20]] * 40)
    assert same.find(cycle[:LEARNT]) == "store_0"
    assert same.find(np.concatenate([cycle[:LEARNT], cycle[: LEARNT - 1]])) == "store_0"


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e140])
def test_readings_of_any_size_are_compared(scale):
    """Without overflow."""
    assert panel(SERIES[:9] * scale).find(SERIES[4] * scale) == "store_4"
