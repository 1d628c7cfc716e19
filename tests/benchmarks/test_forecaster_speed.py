"""The benchmark of forecasters on one core, with a fake network."""

import numpy as np
import pytest

from benchmarks import forecaster_speed
from service.forecast.context_forecaster import ContextForecaster
from tests import fakes


@pytest.fixture
def forecaster():
    return ContextForecaster(fakes.universal_bundle())


def test_all_series_differ():
    assert len({tuple(values) for values in forecaster_speed.series(16, 20)}) == 16


def test_every_version_is_timed_in_every_round(forecaster, monkeypatch):
    monkeypatch.setattr(forecaster_speed, "LONE_CALLS", 1)
    seconds = forecaster_speed.measure({"a/1": forecaster, "a/2": forecaster}, [1, 2], 2)
    assert list(seconds) == ["a/1", "a/2"]
    for cases in seconds.values():
        assert list(cases) == ["lone, ms", "batch of 1, series/s", "batch of 2, series/s"]
        assert all(len(times) == 2 and min(times) > 0 for times in cases.values())


def test_the_table_has_medians_and_the_speed_over_the_first_version():
    """A ratio is one of times in the same round."""
    case = "batch of 4, series/s"
    header, line = forecaster_speed.table({"a/1": {case: [2.0, 1.0, 4.0]}, "a/2": {case: [1.0, 0.5, 2.0]}})
    assert header.split() == ["a/1", "a/2"]
    assert line.split()[-4:] == ["2.0", "(×1.00)", "4.0", "(×2.00)"]
    assert forecaster_speed.figure("lone, ms", [0.002]) == pytest.approx(2)


def test_no_forecaster_is_asked_for_more_steps_than_it_has(forecaster):
    """It would refuse a hundred."""
    forecaster_speed.ask(forecaster, np.arange(40.0).reshape(2, 20).tolist(), 100)


def test_versions_are_found_by_name(tmp_path):
    (tmp_path / "any" / "1").mkdir(parents=True)
    (tmp_path / "any" / "2").mkdir()
    options = forecaster_speed.parse_options(["--models", "any,any/1", "--models-dir", str(tmp_path)])
    assert list(forecaster_speed.find(options)) == ["any/2", "any/1"]
    with pytest.raises(ValueError, match="holds no 'gru'"):
        forecaster_speed.find(forecaster_speed.parse_options(["--models", "gru", "--models-dir", str(tmp_path)]))
