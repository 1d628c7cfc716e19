"""Preparing and predicting, on fake networks: what must hold for any readings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import GatecastError, ModelFault
from service.forecast.window_forecaster import WindowForecaster
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from tests.fakes import READINGS

numbers = st.floats(allow_nan=False, allow_infinity=False)


def forecaster(**changes):
    return WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(**changes)))


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.none() | numbers, min_size=1, max_size=12), st.integers(1, 12))
def test_any_finite_readings_are_answered_or_refused(readings, horizon):
    """Whatever is posted: a finite forecast of the right length, or an error meant for the caller."""
    model = forecaster()
    try:
        window = model.prepare(readings, horizon)
    except GatecastError as refused:
        assert refused.status == 422
        return
    (forecast,) = model.predict([window])
    assert len(forecast.values) == horizon
    assert np.isfinite(forecast.values).all()


def test_a_batch_of_mixed_horizons_answers_each_as_if_alone():
    """Batch mates change nothing."""
    model = forecaster()
    windows = [model.prepare([r + i for r in READINGS], h) for i, h in enumerate((1, 7, 3))]
    assert model.predict(windows) == [model.predict([window])[0] for window in windows]


def test_a_direct_model_answers_its_steps_at_once_and_feeds_blocks_back():
    """Three outputs a call: seven steps take three calls, and only the surplus is dropped."""
    calls = []

    def three_steps(batch):
        calls.append(len(batch))
        return {"output": batch[:, -1, :] + np.array([[0.1, 0.2, 0.3]], dtype=np.float32)}

    model = WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(steps=3, horizon=3), run=three_steps))
    assert model.predict([model.prepare(READINGS)])[0].values == pytest.approx([60, 70, 80], abs=1e-3)
    assert model.predict([model.prepare(READINGS, 7)])[0].values == pytest.approx(
        [60, 70, 80, 90, 100, 110, 120], abs=1e-3
    )
    assert calls == [1, 1, 1, 1]


def test_a_network_with_an_output_at_every_position_is_served_by_its_last():
    def everywhere(batch):
        return {"output": batch + np.float32(0.1)}

    model = WindowForecaster(fakes.forecast_bundle(run=everywhere))
    assert model.predict([model.prepare(READINGS, 2)])[0].values == pytest.approx([60, 70], abs=1e-3)


def test_only_the_window_is_read():
    """Earlier readings do not change the forecast of a model that is not corrected by its errors on them."""
    model = forecaster()
    longer = [1e6, None, None, None, 2e6, *READINGS]
    ours, theirs = (model.predict([model.prepare(readings)])[0].values for readings in (longer, READINGS))
    assert ours == theirs


def test_a_gap_at_the_windows_edge_is_interpolated_from_before_it():
    model = forecaster()
    window = model.prepare([0.0, None, 20.0, 30.0, 40.0, 50.0])
    assert window.readings[-5:] == [10, 20, 30, 40, 50]
    assert "(index 1)" in window.warnings[0].detail


def test_a_gap_longer_than_a_window_is_not_bridged():
    """A window's first reading is not made up from one that lies far back."""
    with pytest.raises(GatecastError, match="every one of the 5 before it"):
        forecaster().prepare([1e9, *[None] * 300, 20.0, 30.0, 40.0, 50.0])


def test_a_network_of_other_steps_than_its_card_is_a_fault_and_not_an_answer():
    """One output would broadcast silently to three equal steps."""
    model = WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(steps=3, horizon=3)))
    with pytest.raises(ModelFault, match="for 1 windows of 3 steps"):
        model.predict([model.prepare(READINGS)])


def test_a_forecast_that_is_not_a_number_is_a_fault_and_not_an_answer():
    model = WindowForecaster(fakes.forecast_bundle(run=lambda batch: {"output": batch[:, -1, :] * np.nan}))
    with pytest.raises(ModelFault, match="not a number"):
        model.predict([model.prepare(READINGS)])


def test_a_probability_that_is_not_a_number_is_a_fault_and_not_an_answer():
    def broken(batch):
        return fakes.good_words(batch) | {"probability": np.array([[np.nan]])}

    model = SentimentClassifier(fakes.sentiment_bundle(run=broken))
    with pytest.raises(ModelFault, match="not a number"):
        model.predict([model.prepare("good")])


def test_the_card_decides_the_predictor():
    assert isinstance(load_predictor(fakes.forecast_bundle()), WindowForecaster)
    assert isinstance(load_predictor(fakes.sentiment_bundle()), SentimentClassifier)
    with pytest.raises(TypeError):
        WindowForecaster(fakes.sentiment_bundle())
    with pytest.raises(TypeError):
        SentimentClassifier(fakes.forecast_bundle())
