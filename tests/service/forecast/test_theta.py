"""The theta method, compared with recorded forecasts of statsforecast (theta_reference.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from service.forecast import decomposition, theta
from service.forecast.theta import Parameters

REFERENCE = json.loads(Path(__file__).with_name("theta_reference.json").read_text())
MODELS = ("STM", "OTM", "DSTM", "DOTM")
CASES = [(name, model) for name in REFERENCE for model in MODELS]


def adjusted(name):
    """The readings of a recorded series, and without its season."""
    readings = np.array(REFERENCE[name]["readings"])
    season = decomposition.decompose(readings, REFERENCE[name]["season_length"])
    return readings, season, readings if season is None else season.adjust(readings)


def recorded(name, model):
    """What was recorded, and its parameters."""
    record = REFERENCE[name]["models"][model]
    return record, Parameters(record["level"], record["alpha"], 1 - 1 / record["theta"], model.startswith("D"))


@pytest.mark.parametrize(("name", "model"), CASES)
def test_with_the_same_parameters_the_forecasts_are_the_same(name, model):
    record, parameters = recorded(name, model)
    _, season, values = adjusted(name)
    steps = len(record["forecast"])
    forecast = theta.project(values, parameters, steps).values
    forecast = forecast if season is None else season.restore(forecast)
    np.testing.assert_allclose(forecast, record["forecast"], rtol=1e-9)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_loss_is_that_of_the_errors_and_none_is_less(name, model):
    """At the recorded parameters it is the recorded one; the fitted parameters have no greater loss."""
    record, parameters = recorded(name, model)
    _, _, values = adjusted(name)
    recorded_loss = record["mse"] * np.abs(values).mean()
    assert np.sum(np.square(theta.errors(values, parameters)[3:])) == pytest.approx(recorded_loss, rel=1e-9)
    fit = theta.fit(values, model)
    assert fit.loss <= recorded_loss * (1 + 1e-7)
    assert np.sum(np.square(theta.errors(values, fit.parameters)[3:])) == pytest.approx(fit.loss, rel=1e-6)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_fitted_forecast_is_close_to_the_recorded_one(name, model):
    """The recorded search stops early, so the optimised models differ a little."""
    record, _ = recorded(name, model)
    readings, _, _ = adjusted(name)
    forecast = theta.forecast(readings, len(record["forecast"]), REFERENCE[name]["season_length"], (model,))
    tolerance = 0.002 if model.endswith("STM") else 0.02
    np.testing.assert_allclose(forecast.values, record["forecast"], atol=tolerance * np.abs(readings).max())


@pytest.mark.parametrize("name", REFERENCE)
def test_a_season_is_found_where_it_was(name):
    _, season, _ = adjusted(name)
    kind = REFERENCE[name]["models"]["STM"]["season"]
    assert (season is None) == (kind is None)
    assert season is None or season.is_multiplicative == (kind == "multiplicative")


def test_parameters_are_found_again():
    """Readings that the standard model explains without error give its forecast, whatever the season says."""
    t = np.arange(60.0)
    fit = theta.fit(3 + 2 * t, "OTM")
    assert fit.loss == pytest.approx(0, abs=1e-9)
    assert theta.forecast(3 + 2 * t, 3).values == pytest.approx([123, 125, 127])


def test_the_model_of_the_least_loss_is_taken():
    readings = np.array(REFERENCE["walk"]["readings"])
    losses = {model: theta.fit(readings, model).loss for model in MODELS}
    assert losses["OTM"] <= losses["STM"]
    assert losses["DOTM"] <= losses["DSTM"]
    best = min(MODELS, key=losses.__getitem__)
    assert theta.forecast(readings, 5).values.tolist() == theta.forecast(readings, 5, 1, (best,)).values.tolist()


@pytest.mark.parametrize("readings", [[5.0] * 30, [7.0], [0.0] * 12, [1.0, 4.0, 2.0]])
def test_readings_without_change_or_too_few_are_continued_by_the_last(readings):
    forecast = theta.forecast(np.array(readings), 4, 4)
    assert forecast.values.tolist() == [readings[-1]] * 4
    assert np.isfinite(forecast.deviation).all()


def test_a_season_that_explains_everything_is_repeated():
    readings = np.tile([1.0, 3.0, 2.0, 6.0], 8)
    np.testing.assert_allclose(theta.forecast(readings, 6, 4).values, [1, 3, 2, 6, 1, 3])


@pytest.mark.parametrize("factor", [1e140, 1e-140])
def test_units_do_not_matter(factor):
    readings = np.array(REFERENCE["air_passengers"]["readings"])
    expected, found = theta.forecast(readings, 8, 12), theta.forecast(readings * factor, 8, 12)
    np.testing.assert_allclose(found.values, expected.values * factor, rtol=1e-6)
    np.testing.assert_allclose(found.deviation, expected.deviation * factor, rtol=1e-6)


def test_the_deviation_grows_with_the_step():
    """It is that of exponential smoothing: the spread of the errors of one step, times √(1 + α² (h - 1))."""
    readings = np.array(REFERENCE["walk"]["readings"])
    parameters = Parameters(200.0, 0.5, 0.5, False)
    deviation = theta.project(readings, parameters, 3).deviation
    spread = np.std(theta.errors(readings, parameters)[3:], ddof=1)
    assert deviation == pytest.approx(spread * np.sqrt([1, 1.25, 1.5]))


def test_theta_is_that_of_the_share():
    assert Parameters(0.0, 0.5, 0.5, False).theta == 2
    assert Parameters(0.0, 0.5, 0.0, False).theta == 1
