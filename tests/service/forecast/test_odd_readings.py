"""Readings as real callers send them, with the shipped network: what is done to a series changes its forecast accordingly."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.forecast.bounds import Bounds
from service.forecast.forecaster import SeriesFacts
from service.predictors import load_predictor
from tests.processes import ROOT
from tests.service.forecast.series import autoregression, noise, random_walk, seasonal, wave

LEVELS = [50.0, 80.0, 95.0]
T = np.arange(140)
SERIES = {
    "hours": 100 + 10 * wave(0, 140, 24),
    "weeks": 100 + 10 * seasonal(1, 140, 7),
    "trend": 50 + 0.5 * T + noise(2, 140),
    "walk": 200 + random_walk(3, 140),
    "AR(1)": 30 + autoregression(4, 140, 0.7),
    "demand": np.random.default_rng(5).poisson(0.3, 140) * 1.0,
    "steps": np.where(T < 90, 10.0, 40.0) + noise(6, 140),
}
ODD = {
    "zeros": np.zeros(50),
    "equal": np.full(50, 3.7),
    "exact week": np.resize([10.0, 10, 10, 10, 10, 0, 0], 84),
    "one demand": np.where(T == 70, 1.0, 0.0),
    "demand": SERIES["demand"],
    "tiny": 1e-9 * SERIES["hours"],
    "vanishing": 1e-300 * SERIES["hours"],
    "large": 1e12 * SERIES["hours"],
    "huge": 1e140 * SERIES["walk"],
    "level shift": SERIES["steps"],
    "late level shift": np.where(T < 136, 10.0, 500.0) + noise(0, 140),
    "far from zero": 1e9 + noise(0, 140),
    "two values": np.where(random_walk(0, 140) > 0, 1.0, 0.0),
    "alternating": np.where(T % 2, -1.0, 1.0),
    "placeholder": np.where((T > 50) & (T < 60), -999999.0, SERIES["hours"]),
    "growth": np.exp(T / 4.0),
    "four": np.array([1.0, 5.0, 2.0, 4.0]),
}


@pytest.fixture(scope="module")
def universal():
    (version,) = (ROOT / "models" / "universal").iterdir()
    return load_predictor(bundle.load(version, backend="onnx"))


def predict(universal, readings, horizon=14, season=None, **facts):
    """The forecast of one series; `season` is that of its frequency."""
    sent = [None if r is None else float(r) for r in readings]
    return universal.predict([universal.read(sent, horizon, tuple(LEVELS), season, SeriesFacts(**facts))])[0]


def values(universal, readings, **options):
    return np.array(predict(universal, readings, **options).values)


def difference(first, second, readings):
    """The greatest difference of two forecasts, in standard deviations of the readings' changes."""
    return float(np.abs(np.asarray(first) - np.asarray(second)).max() / np.diff(readings).std())


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("horizon", [1, 14, 200])
def test_odd_series_have_finite_forecasts_with_nested_intervals(universal, kind, horizon):
    forecast = predict(universal, ODD[kind], horizon)
    before = [(np.array(forecast.values), np.array(forecast.values))]
    for interval in forecast.intervals:
        lower, upper = np.array(interval.lower), np.array(interval.upper)
        assert np.isfinite([lower, upper]).all()
        assert (lower <= before[-1][0]).all()
        assert (upper >= before[-1][1]).all()
        before.append((lower, upper))
    ratio = forecast.skill["ratio"] if forecast.skill else None
    assert ratio is None or 0 <= ratio < 1e6


@pytest.mark.parametrize("kind", ["zeros", "equal", "exact week", "alternating"])
def test_exact_repetition_is_continued_exactly(universal, kind):
    readings = ODD[kind]
    period = next(p for p in (1, 2, 7) if np.array_equal(readings[p:], readings[:-p]))
    forecast = predict(universal, readings, 10)
    assert forecast.values == np.resize(readings[-period:], 10).tolist()
    assert forecast.skill is not None
    assert forecast.skill["ratio"] is None


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize("unit", [1e-6, 1e6, 1e-300, 1e130])
def test_a_forecast_has_the_unit_of_its_readings(universal, kind, unit):
    readings = SERIES[kind]
    plain, other = (predict(universal, scale * readings, 100).numbers() for scale in (1.0, unit))
    assert difference(np.array(other) / unit, plain, readings) < 0.05


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize("shift", [-1000.0, 500.0])
def test_a_shift_of_the_readings_shifts_the_forecast(universal, kind, shift):
    """Not exactly: the network also reads how large the level is beside the changes."""
    readings = SERIES[kind]
    plain, other = values(universal, readings), values(universal, readings + shift) - shift
    assert difference(other, plain, readings) < 2


@pytest.mark.parametrize("kind", SERIES)
def test_another_sign_of_the_readings_is_another_sign_of_the_forecast(universal, kind):
    """Not exactly: most series that the network learnt from are positive."""
    readings = SERIES[kind]
    assert difference(-values(universal, -readings), values(universal, readings), readings) < 2


@pytest.mark.parametrize("kind", ["hours", "weeks", "trend", "AR(1)", "demand"])
def test_older_readings_make_a_forecast_little_worse(universal, kind):
    """The error on what follows, with all the readings and with the last third of them."""
    readings, truth = SERIES[kind][:126], SERIES[kind][126:]
    few, many = (np.abs(values(universal, past) - truth).mean() for past in (readings[-42:], readings))
    assert many < few + 0.5 * np.diff(readings).std()


@pytest.mark.parametrize(("kind", "season"), [("hours", 24), ("weeks", 7), ("trend", 12), ("walk", 7), ("AR(1)", 52)])
@pytest.mark.parametrize("count", [40, 126])
def test_to_tell_the_frequency_makes_a_forecast_little_worse(universal, kind, season, count):
    readings, truth = SERIES[kind][126 - count : 126], SERIES[kind][126:]
    untold, told = (np.abs(values(universal, readings, season=each) - truth).mean() for each in (None, season))
    assert told < untold + 0.8 * np.diff(readings).std()


@pytest.mark.parametrize("kind", ["hours", "weeks", "trend", "walk", "AR(1)"])
@pytest.mark.parametrize("index", [70, 139])
@pytest.mark.parametrize("typed", [lambda reading: 1000 * reading, lambda _: 999999.0])
def test_one_absurd_reading_changes_a_forecast_little(universal, kind, index, typed):
    readings = SERIES[kind]
    odd = readings.copy()
    odd[index] = typed(readings[index])
    spread = np.diff(readings).std()
    assert np.abs(values(universal, odd) - values(universal, readings)).mean() < 1.5 * spread


def test_a_new_level_is_followed(universal):
    """Four readings on it are no typing error."""
    assert values(universal, ODD["late level shift"], horizon=3) == pytest.approx([500] * 3, abs=150)


@pytest.mark.parametrize("kind", ["hours", "weeks"])
def test_a_long_gap_changes_a_seasonal_forecast_little(universal, kind):
    readings = SERIES[kind]
    gappy = [None if 60 <= i < 110 else r for i, r in enumerate(readings)]
    assert difference(values(universal, gappy), values(universal, readings), readings) < 1.5


def test_forecasts_and_intervals_of_counts_stay_within_their_bounds(universal):
    falling = np.array([1000.0, 900, 800, 700, 600, 500, 400, 300, 200])
    assert min(predict(universal, falling, 100).numbers()) < 0
    assert min(predict(universal, falling, 100, bounds=Bounds(0)).numbers()) == 0
    assert max(predict(universal, -falling, 100, bounds=Bounds(maximum=-50)).numbers()) == -50


@pytest.mark.parametrize("kind", ["hours", "walk", "trend", "demand"])
@pytest.mark.parametrize("count", [9, 140])
def test_a_horizon_of_a_thousand_has_intervals_that_never_narrow(universal, kind, count):
    readings = SERIES[kind][-count:]
    forecast = predict(universal, readings, 1000)
    assert len(forecast.values) == 1000
    for interval in forecast.intervals:
        width = np.array(interval.upper) - np.array(interval.lower)
        assert (np.diff(width) >= -1e-9 * width[-1]).all()
        assert width[-1] >= 1.1 * width[63]


def test_the_season_is_kept_beyond_the_steps_of_the_network(universal):
    forecast = values(universal, SERIES["hours"], horizon=400, season=24)
    late = forecast[-96:].reshape(4, 24)
    assert np.ptp(late.mean(axis=0)) > 20  # that of the readings is 30
    assert np.abs(np.diff(late, axis=0)).max() < 5


def test_long_horizons_share_calls_without_a_change(universal):
    """A forecast does not depend on the batch."""
    items = [universal.prepare(SERIES[kind].tolist()[-n:], 150, [80]) for kind in ("hours", "walk") for n in (100, 140)]
    for item, forecast in zip(items, universal.predict(items), strict=True):
        np.testing.assert_allclose(forecast.numbers(), universal.predict([item])[0].numbers(), rtol=1e-4, atol=1e-3)


def test_a_season_of_one_is_compared_with_the_last_value(universal):
    assert predict(universal, SERIES["walk"], season=1).skill["baseline"] == "last_value"
    assert predict(universal, SERIES["weeks"], season=7).skill["baseline"] == "seasonal_naive"


def test_the_cost_of_an_item_covers_the_blocks_that_are_fed_back(universal):
    costs = [universal.prepare(SERIES["walk"].tolist(), horizon).cost for horizon in (14, 64, 65, 1000)]
    assert costs[0] == costs[1]
    assert costs[2] > costs[1]
    assert costs[3] >= costs[2] + 14 * 40  # 40 blocks hold 128 readings
