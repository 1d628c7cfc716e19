"""The forecaster of any series: what its network sees, what it answers, and how its intervals behave."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.errors import HorizonTooLong, InvalidRequest, TooFewReadings, UnsupportedLevel
from service.forecast.context_features import HORIZON, context_features
from service.predictors import load_predictor
from tests.processes import ROOT

T = np.arange(120)
MONTHS = 100 + 0.3 * T + 12 * np.sin(2 * np.pi * T / 12) + np.random.default_rng(0).normal(size=120)


@pytest.fixture(scope="module")
def universal():
    return load_predictor(bundle.load(ROOT / "models" / "universal" / "1", backend="onnx"))


def ask(universal, readings, **asked):
    return universal.predict([universal.prepare([float(r) for r in readings], **asked)])[0]


def test_it_forecasts_a_seasonal_series_far_better_than_its_last_value(universal):
    known, future = MONTHS[:106], MONTHS[106:]
    values = np.array(ask(universal, known, horizon=14).values)
    error = np.abs(values - future).mean()
    assert error < 2.5
    assert error < 0.3 * np.abs(known[-1] - future).mean()


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0), (1e9, 0), (1, 1e4), (250, -3e4)])
def test_units_do_not_matter(universal, scale, shift):
    """Another scale and level of the same series gives the same forecast in those units."""
    plain = ask(universal, MONTHS, horizon=8, levels=[80], season=12)
    other = ask(universal, scale * MONTHS + shift, horizon=8, levels=[80], season=12)
    spread = np.ptp(MONTHS)
    tolerance = 0.02 if shift else 1e-3  # the network sees how large the level is beside the changes
    np.testing.assert_allclose((np.array(other.values) - shift) / scale, plain.values, atol=tolerance * spread * 5)


def test_an_answer_does_not_depend_on_its_neighbours(universal):
    """Alone or in a batch of other lengths, horizons and seasons: the same numbers."""
    series = [MONTHS, MONTHS[:30], MONTHS[::-1][:64], np.cumsum(np.sin(T))]
    windows = [universal.prepare(s.tolist(), h, [80]) for s, h in zip(series, (14, 3, 40, 8), strict=True)]
    together = universal.predict(windows)
    for window, found in zip(windows, together, strict=True):
        np.testing.assert_allclose(found.numbers(), universal.predict([window])[0].numbers(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("count", [4, 5, 11, 13, 37, 120])
def test_intervals_nest_hold_the_forecast_and_do_not_narrow(universal, count):
    found = ask(universal, MONTHS[:count], horizon=20, levels=[50, 80, 95])
    assert [i.level for i in found.intervals] == [50, 80, 95]
    values = np.array(found.values)
    before = np.zeros(20)
    for interval in found.intervals:
        lower, upper = np.array(interval.lower), np.array(interval.upper)
        assert (lower <= values).all()
        assert (values <= upper).all()
        assert (np.diff(upper - lower) >= -1e-9).all()
        assert (upper - lower >= before - 1e-9).all()
        before = upper - lower


def test_a_constant_series_is_continued_with_a_warning(universal):
    found = universal.prepare([7.0] * 40)
    assert [w.code for w in found.warnings] == ["constant_readings"]
    answer = universal.predict([found])[0]
    assert answer.values == pytest.approx([7.0] * 14, abs=1e-3)


def test_missing_readings_are_seen_as_missing(universal):
    readings = MONTHS.tolist()
    gappy = [None if i % 11 == 5 else r for i, r in enumerate(readings)]
    window = universal.prepare(gappy, 6)
    assert [w.code for w in window.warnings] == ["missing_readings"]
    plain = ask(universal, readings, horizon=6)
    assert universal.predict([window])[0].values == pytest.approx(plain.values, abs=4)


def test_skill_on_the_callers_own_readings_needs_enough_of_them(universal):
    assert ask(universal, MONTHS[:9], horizon=3).skill is None
    assert ask(universal, MONTHS, horizon=14).skill["ratio"] < 0.9


@pytest.mark.parametrize(
    ("readings", "asked", "refusal"),
    [
        ([1.0, 2.0, 3.0], {}, TooFewReadings),
        ([1.0] * 10, {"horizon": HORIZON + 1}, HorizonTooLong),
        ([1.0, 2.0, 3.0, 1e200], {}, InvalidRequest),
        ([1.0, 2.0, 3.0, 4.0], {"levels": [99.9]}, UnsupportedLevel),
    ],
)
def test_what_it_cannot_answer_is_refused(universal, readings, asked, refusal):
    with pytest.raises(refusal):
        universal.prepare(readings, **asked)


def test_what_the_network_sees_does_not_depend_on_padding():
    """A row beside a longer one is looked at as it is alone."""
    row = MONTHS[:40]
    alone = context_features(row[None], np.array([40]), np.ones((1, 40), bool), 12, 8)
    padded = np.zeros((2, 100))
    padded[0, 60:], padded[1] = row, MONTHS[:100]
    both = context_features(padded, np.array([40, 100]), np.ones((2, 100), bool), 12, 8)
    np.testing.assert_allclose(both.base[0], alone.base[0], rtol=1e-9)
    np.testing.assert_allclose(both.scale[0], alone.scale[0], rtol=1e-9)
    np.testing.assert_allclose(both.steps[0], alone.steps[0], atol=1e-5)
    np.testing.assert_allclose(both.readings[0, 60:], alone.readings[0], atol=1e-5)
    assert not both.readings[0, :60, :6].any()
