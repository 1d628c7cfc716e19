"""The forecaster of one series, with fake networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.artifacts.card import IntervalCalibration
from service.errors import GatecastError, ModelFault
from service.forecast.bounds import Bounds
from service.forecast.forecaster import NO_FACTS, SeriesFacts
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from tests.fakes import READINGS

numbers = st.floats(allow_nan=False, allow_infinity=False)


def forecaster(**changes):
    return WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(**changes)))


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.none() | numbers, min_size=1, max_size=12), st.integers(1, 12))
def test_any_finite_readings_are_answered_or_refused(readings, horizon):
    """Any readings get a finite forecast of the right length, or an error that is meant for the client."""
    model = forecaster()
    try:
        series = model.prepare(readings, horizon)
    except GatecastError as refusal:
        assert refusal.status == 422
        return
    (forecast,) = model.predict([series])
    assert len(forecast.values) == horizon
    assert np.isfinite(forecast.values).all()


def test_a_batch_of_mixed_horizons_answers_each_as_if_alone():
    """Other series of the batch change nothing."""
    model = forecaster()
    batch = [model.prepare([r + i for r in READINGS], h) for i, h in enumerate((1, 7, 3))]
    assert model.predict(batch) == [model.predict([series])[0] for series in batch]


@pytest.mark.parametrize("unit", ["readings", "forecast"])
def test_series_of_one_window_are_answered_together_as_if_alone(unit):
    """Whatever their levels, horizons and bounds are; also beside one that has more readings than the window."""
    scores = np.sort(np.random.default_rng(0).random((4, 39)), axis=1).tolist()
    model = forecaster(calibration=IntervalCalibration(scores=scores, unit=unit, measured_on="validation"))
    facts = SeriesFacts(bounds=Bounds(0.0, 55.0))
    options = [(1, None, NO_FACTS), (7, [80], NO_FACTS), (3, [], facts), (7, [50, 80], facts), (7, [80], NO_FACTS)]
    batch = [model.prepare([r + i for r in READINGS], *each[:2], None, each[2]) for i, each in enumerate(options)]
    alone = [model.predict([series])[0] for series in batch]
    longer = model.prepare([*READINGS, *READINGS], 2)
    assert model.predict(batch) == alone
    assert model.predict([*batch, longer])[:-1] == alone
    assert [len(forecast.intervals) for forecast in alone] == [len(series.levels) for series in batch]


def test_a_model_of_several_steps_is_fed_its_own_blocks():
    """With three steps a call, seven steps take three calls; the surplus is dropped."""
    calls = []

    def three_steps(*arrays):
        (batch,) = arrays
        calls.append(len(batch))
        return {"output": batch[:, -1, :] + np.array([[0.1, 0.2, 0.3]], dtype=np.float32)}

    model = WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(steps=3, horizon=3), run=three_steps))
    assert model.predict([model.prepare(READINGS)])[0].values == pytest.approx([60, 70, 80], abs=1e-3)
    assert model.predict([model.prepare(READINGS, 7)])[0].values == pytest.approx(
        [60, 70, 80, 90, 100, 110, 120], abs=1e-3
    )
    assert calls == [1, 1, 1, 1]


def test_of_outputs_at_every_position_the_last_is_the_forecast():
    def everywhere(*arrays):
        (batch,) = arrays
        return {"output": batch + np.float32(0.1)}

    model = WindowForecaster(fakes.forecast_bundle(run=everywhere))
    assert model.predict([model.prepare(READINGS, 2)])[0].values == pytest.approx([60, 70], abs=1e-3)


def test_only_the_window_is_read():
    """Earlier readings do not change the forecast of a model that is not corrected by its errors on them."""
    model = forecaster()
    longer = [1e6, None, None, None, 2e6, *READINGS]
    of_longer, of_window = (model.predict([model.prepare(readings)])[0].values for readings in (longer, READINGS))
    assert of_longer == of_window


def test_a_gap_at_the_windows_edge_is_interpolated_from_before_it():
    model = forecaster()
    series = model.prepare([0.0, None, 20.0, 30.0, 40.0, 50.0])
    assert series.readings[-5:] == [10, 20, 30, 40, 50]
    assert "(index 1)" in series.warnings[0].detail


def test_a_gap_longer_than_a_window_is_not_bridged():
    """The first reading of a window is not interpolated from one that lies far back."""
    with pytest.raises(GatecastError, match="every one of the 5 before it"):
        forecaster().prepare([1e9, *[None] * 300, 20.0, 30.0, 40.0, 50.0])


def test_a_network_of_other_steps_than_its_card_is_a_model_fault():
    """One output would broadcast silently to three equal steps."""
    model = WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(steps=3, horizon=3)))
    with pytest.raises(ModelFault, match="for 1 windows of 3 steps"):
        model.predict([model.prepare(READINGS)])


def test_a_forecast_that_is_not_a_number_is_a_model_fault():
    def broken(*arrays):
        return {"output": fakes.last_plus_ten(*arrays)["output"] * np.nan}

    model = WindowForecaster(fakes.forecast_bundle(run=broken))
    with pytest.raises(ModelFault, match="not a number"):
        model.predict([model.prepare(READINGS)])


def test_a_card_of_another_task_is_refused():
    with pytest.raises(TypeError):
        WindowForecaster(fakes.sentiment_bundle())


def test_readings_too_large_for_float32_are_refused_by_index():
    """The indices are those of the readings that were sent, not of the window."""
    with pytest.raises(GatecastError) as refusal:
        forecaster().prepare([1.0] * 60 + [1e300] * 5)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/readings/{i}" for i in range(60, 65)]


def test_an_absurd_reading_is_interpolated_with_a_warning():
    model = forecaster()
    readings = [*np.random.default_rng(0).normal(50, 2, 40), 5000.0, 52.0, 48.0]
    series = model.prepare(readings)
    assert series.warnings[0].code == "outlier_readings"
    assert 40 < series.readings[40] < 60
    assert series.observed_mask == [True] * 40 + [False, True, True]


def test_series_of_equal_cost_share_a_model_call():
    """The cheapest come first. Backtests and long horizons cost more rows."""
    model = forecaster()
    batch = [model.prepare(READINGS, 7), model.prepare(READINGS), model.prepare(READINGS * 2), model.prepare(READINGS)]
    assert [series.cost for series in batch] == [7, 1, 6, 1]
    assert model.make_batches(batch) == [[1, 3], [2], [0]]


def test_more_readings_than_a_window_measure_the_skill_on_them():
    """Ten origins before the last window; the series itself is what the fake network predicts."""
    model = forecaster(max_horizon=3)
    (forecast,) = model.predict([model.prepare([10.0 * i for i in range(15)], 1)])
    assert forecast.skill is not None
    assert (forecast.skill["measured_on"], forecast.skill["origins"]) == ("readings", 10)
    assert forecast.skill["ratio"] == pytest.approx(0, abs=1e-4)


def test_a_corrected_model_shifts_its_forecast_by_recent_errors():
    """The fake network predicts ten more than the last reading. The series stays constant, so the shift is negative."""
    readings = [50.0] * 40
    plain, corrected = (
        model.predict([model.prepare(readings)])[0].values[0] for model in (forecaster(), forecaster(corrected=True))
    )
    assert plain == pytest.approx(60, abs=1e-3)
    assert 50 < corrected < 53
