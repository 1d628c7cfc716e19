"""The forecaster of any series, with the shipped network: its forecasts, its intervals, and what it refuses."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.errors import InvalidRequest, MissingReadings, TooFewReadings, UnsupportedLevel
from service.predictors import load_predictor
from tests.processes import UNIVERSAL

T = np.arange(120)
MONTHS = 100 + 0.3 * T + 12 * np.sin(2 * np.pi * T / 12) + np.random.default_rng(0).normal(size=120)


@pytest.fixture(scope="module")
def universal():
    return load_predictor(bundle.load(UNIVERSAL, backend="onnx"))


def predict(universal, readings, **options):
    """The forecast of one series."""
    return universal.predict([universal.prepare([float(r) for r in readings], **options)])[0]


def test_it_forecasts_a_seasonal_series_far_better_than_its_last_value(universal):
    past, future = MONTHS[:106], MONTHS[106:]
    values = np.array(predict(universal, past, horizon=14).values)
    error = np.abs(values - future).mean()
    assert error < 2.5
    assert error < 0.3 * np.abs(past[-1] - future).mean()


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0), (1e9, 0), (1, 1e4), (250, -3e4)])
def test_the_forecast_does_not_depend_on_the_unit(universal, scale, shift):
    """The same series at another scale and level gets the same forecast at that scale and level."""
    plain = predict(universal, MONTHS, horizon=8, levels=[80], season=12)
    other = predict(universal, scale * MONTHS + shift, horizon=8, levels=[80], season=12)
    spread = np.ptp(MONTHS)
    tolerance = 0.02 if shift else 1e-3  # the network reads the ratio of the level to the changes
    np.testing.assert_allclose((np.array(other.values) - shift) / scale, plain.values, atol=tolerance * spread * 5)


def test_a_forecast_does_not_depend_on_the_batch(universal):
    """A series alone, and among series of other lengths and horizons, gets the same numbers."""
    series = [MONTHS, MONTHS[:30], MONTHS[::-1][:64], np.cumsum(np.sin(T))]
    batch = [universal.prepare(s.tolist(), h, [80]) for s, h in zip(series, (14, 3, 40, 8), strict=True)]
    forecasts = universal.predict(batch)
    for item, forecast in zip(batch, forecasts, strict=True):
        np.testing.assert_allclose(forecast.numbers(), universal.predict([item])[0].numbers(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("count", [4, 5, 11, 13, 37, 120])
def test_intervals_are_nested_contain_the_forecast_and_do_not_narrow(universal, count):
    forecast = predict(universal, MONTHS[:count], horizon=20, levels=[50, 80, 95])
    assert [i.level for i in forecast.intervals] == [50, 80, 95]
    values = np.array(forecast.values)
    inner_width = np.zeros(20)
    for interval in forecast.intervals:
        lower, upper = np.array(interval.lower), np.array(interval.upper)
        assert (lower <= values).all()
        assert (values <= upper).all()
        assert (np.diff(upper - lower) >= -1e-9).all()
        assert (upper - lower >= inner_width - 1e-9).all()
        inner_width = upper - lower


def test_a_constant_series_is_continued_with_a_warning(universal):
    series = universal.prepare([7.0] * 40)
    assert [w.code for w in series.warnings] == ["constant_readings"]
    (forecast,) = universal.predict([series])
    assert forecast.values == pytest.approx([7.0] * 14, abs=1e-3)


def test_missing_readings_change_the_forecast_little(universal):
    readings = MONTHS.tolist()
    gappy = [None if i % 11 == 5 else r for i, r in enumerate(readings)]
    series = universal.prepare(gappy, 6)
    assert [w.code for w in series.warnings] == ["missing_readings"]
    plain = predict(universal, readings, horizon=6)
    assert universal.predict([series])[0].values == pytest.approx(plain.values, abs=4)


def test_skill_is_measured_where_there_are_enough_readings(universal):
    assert predict(universal, MONTHS[:9], horizon=3).skill is None
    assert predict(universal, MONTHS, horizon=14).skill["ratio"] < 0.9


@pytest.mark.parametrize(
    ("readings", "options", "error"),
    [
        ([1.0, 2.0, 3.0], {}, TooFewReadings),
        ([1.0] * 10, {"horizon": 1001}, InvalidRequest),
        ([1.0, None, None, 2.0], {}, MissingReadings),
        ([1.0, 2.0, 3.0, 1e200], {}, InvalidRequest),
        ([1.0, 2.0, 3.0, 4.0], {"levels": [99.9]}, UnsupportedLevel),
    ],
)
def test_what_it_cannot_answer_is_refused(universal, readings, options, error):
    with pytest.raises(error):
        universal.prepare(readings, **options)
