"""The baselines: the naive ones by hand, the others with a fake statsforecast, and with the real one where it is installed.

`make backtest` makes the environment that has it.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from training.evaluation import baselines, rolling

T = np.arange(60)
SERIES = 100 + T / 2 + 8 * np.sin(T * np.pi / 2) + np.random.default_rng(0).normal(0, 1, 60)  # a season of 4
HISTORIES = [SERIES[:t] for t in (50, 51, 52)]


def test_the_naive_interval_by_hand():
    """Differences of ±2 have a deviation of 2; the second season is √2 times as uncertain."""
    history = np.array([0.0, 2.0, 0.0, 2.0])
    predictions = baselines.naive([history], 2, [95], season_length=1)
    half = 1.959964 * 2 * np.sqrt([1, 2])
    assert predictions.upper[0, 0] == pytest.approx(2 + half)
    assert predictions.lower[0, 0] == pytest.approx(2 - half)


def test_words_stand_for_groups_and_keep_one_order():
    assert baselines.resolve_names(["ets", "naive"]) == ("last_value", "seasonal_naive", "ets")
    assert baselines.resolve_names(["none"]) == ()
    assert baselines.resolve_names(["all"]) == baselines.ALL
    with pytest.raises(ValueError, match="no baseline is named 'prophet'"):
        baselines.resolve_names(["prophet"])


def test_the_mean_is_that_of_points_and_of_both_ends():
    last, seasonal = (baselines.naive([SERIES], 3, [80], season_length=s) for s in (1, 4))
    mean = baselines.mean([last, seasonal])
    assert mean.point == pytest.approx((last.point + seasonal.point) / 2)
    assert mean.lower == pytest.approx((last.lower + seasonal.lower) / 2)


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(baselines.BaselineMissing, match="statsforecast is not installed"):
        baselines.method("ets", 4)(HISTORIES, 3, [80])


@pytest.mark.parametrize("name", [*baselines.THETA, *baselines.FITTED])
def test_a_fitted_baseline_gives_ordered_intervals_of_the_past_alone(name):
    """Other readings after an origin change nothing; the interval of a higher level contains that of a lower one."""
    if name in baselines.FITTED:
        pytest.importorskip("statsforecast")
    method = baselines.method(name, 4)
    predictions = method(HISTORIES[:1], 5, [95, 80])
    assert predictions.levels == (80, 95)
    assert predictions.lower.shape == (2, 1, 5)
    assert (predictions.lower[1] <= predictions.lower[0]).all()
    assert (predictions.lower[0] < predictions.upper[0]).all()
    assert np.abs(predictions.point - SERIES[50:55]).mean() < 8
    changed = np.concatenate([SERIES[:50], np.full(10, 1e6)])
    assert rolling.rolling_backtest(changed, [50], 5, [95, 80], method).predicted.point == pytest.approx(
        predictions.point
    )


def test_a_kept_fit_is_updated_to_each_origin():
    pytest.importorskip("statsforecast")
    kept = baselines.method("ets", 4, refit_every=3)(HISTORIES, 4, [80])
    refitted = baselines.method("ets", 4)(HISTORIES, 4, [80])
    assert kept.point[0] == pytest.approx(refitted.point[0])
    assert kept.point[2] == pytest.approx(refitted.point[2], rel=0.05)


def test_no_logarithm_is_taken_where_a_reading_is_not_positive():
    pytest.importorskip("statsforecast")
    shifted = [SERIES[:50] - 110]
    on_log, raw = (baselines.method(name, 4)(shifted, 4, [80]) for name in ("mstl_log", "mstl"))
    assert (on_log.point == raw.point).all()


class FakeModel:
    """A statsforecast model: every forecast is the last reading, and an interval is as wide as its level says."""

    def __init__(self, calls, **settings):
        self.calls, self.settings = calls, settings

    def __eq__(self, other):
        return isinstance(other, type(self)) and self.settings == other.settings

    def forecast(self, y, h, level):
        return self._answer("forecast", y, h, level)

    def fit(self, y):
        self.calls.append(("fit", len(y)))
        self.fitted = y
        return self

    def predict(self, h, level):
        return self._answer("predict", self.fitted, h, level)

    def forward(self, y, h, level):
        return self._answer("forward", y, h, level)

    def _answer(self, name, y, h, level):
        self.calls.append((name, len(y)))
        answer = {"mean": np.repeat(y[-1], h)}  # the ends are scalars, as some models give them
        for percent in level or ():
            answer |= {f"lo-{percent}": y[-1] - percent / 100, f"hi-{percent}": y[-1] + percent / 100}
        return answer


@pytest.fixture
def statsforecast(monkeypatch):
    """A fake statsforecast; `calls` lists what its models were asked, with the number of readings."""
    package: Any = ModuleType("statsforecast")
    models: Any = ModuleType("statsforecast.models")
    models.calls = []
    for name in ("MSTL", "AutoETS", "AutoARIMA", "AutoCES"):
        model = type(name, (FakeModel,), {"__init__": lambda self, **s: FakeModel.__init__(self, models.calls, **s)})
        setattr(models, name, model)
    package.models = models
    monkeypatch.setitem(sys.modules, "statsforecast", package)
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)
    return models


@pytest.mark.parametrize(
    ("name", "season_length", "readings", "model", "model_season"),
    [
        ("ets", 12, 25, "AutoETS", 12),
        ("ets", 12, 24, "AutoETS", 1),
        ("mstl", 12, 24, "AutoETS", 1),
        ("mstl_log", 12, 24, "AutoETS", 1),
        ("arima", 12, 25, "AutoARIMA", 12),
        ("arima", 12, 24, "AutoARIMA", 1),
        ("ces", 12, 25, "AutoCES", 12),
    ],
)
def test_a_model_has_a_season_where_the_history_has_more_than_two(
    statsforecast, name, season_length, readings, model, model_season
):
    assert baselines._model(name, season_length, readings) == getattr(statsforecast, model)(season_length=model_season)


@pytest.mark.parametrize(("name", "season_length"), [("mstl", 12), ("mstl_log", 12), ("ets", 25)])
def test_a_season_too_long_for_ets_is_adjusted_for(statsforecast, name, season_length):
    adjusted = statsforecast.MSTL(season_length=season_length, trend_forecaster=statsforecast.AutoETS(model="ZZN"))
    assert baselines._model(name, season_length, 200) == adjusted


@pytest.mark.parametrize("name", baselines.FITTED)
def test_a_fit_at_every_origin_gives_its_forecasts_in_the_readings_units(statsforecast, name):
    predictions = baselines.method(name, 4)(HISTORIES, 3, [95, 80])
    assert statsforecast.calls == [("forecast", 50), ("forecast", 51), ("forecast", 52)]
    last = np.array([[history[-1]] * 3 for history in HISTORIES])
    assert predictions.point == pytest.approx(last)
    assert predictions.levels == (80, 95)
    on_logarithm = name in ("mstl_log", "arima")
    upper = last * np.exp(0.95) if on_logarithm else last + 0.95
    lower = last * np.exp(-0.8) if on_logarithm else last - 0.8
    assert predictions.upper[1] == pytest.approx(upper)
    assert predictions.lower[0] == pytest.approx(lower)


def test_origins_between_two_fits_are_forecast_by_the_updated_model(statsforecast):
    predictions = baselines.method("ets", 4, refit_every=2)(HISTORIES, 3, [])
    assert statsforecast.calls == [("fit", 50), ("predict", 50), ("forward", 51), ("forecast", 52)]
    assert predictions.point[:, 0] == pytest.approx([history[-1] for history in HISTORIES])
    assert (predictions.levels, predictions.lower.shape) == ((), (0, 3, 3))


def test_one_reading_that_is_not_positive_leaves_its_group_without_a_logarithm(statsforecast):
    """The groups are (0 and 1) and 2: only the second one's interval is multiplicative."""
    histories = [np.array([*history[:-1], last]) for history, last in zip(HISTORIES, (5.0, -2.0, 5.0), strict=True)]
    predictions = baselines.method("arima", 4, refit_every=2)(histories, 1, [80])
    assert predictions.upper[0, :, 0] == pytest.approx([5.8, -1.2, 5 * np.exp(0.8)])


def test_a_level_with_a_fraction_keeps_it(statsforecast):
    predictions = baselines.method("ces", 4)(HISTORIES, 1, [97.5])
    assert predictions.upper[0, :, 0] - predictions.point[:, 0] == pytest.approx([0.975] * 3)


def test_processes_share_the_groups_and_keep_their_order(statsforecast, monkeypatch):
    monkeypatch.setattr(baselines, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(workers))
    shared = baselines.method("ces", 4, n_jobs=2)(HISTORIES, 3, [80])
    assert shared.point == pytest.approx(baselines.method("ces", 4)(HISTORIES, 3, [80]).point)


def test_the_mean_is_that_of_its_parts(statsforecast):
    mean = baselines.method("mean", 4)(HISTORIES, 2, [80])
    parts = [baselines.method(name, 4)(HISTORIES, 2, [80]) for name in baselines.MEAN_OF]
    assert mean.upper == pytest.approx(np.mean([part.upper for part in parts], axis=0))


def test_naive_methods_have_their_own_season_and_other_names_are_refused():
    assert baselines.method("last_value", 4)(HISTORIES, 1, []).point[0] == SERIES[49]
    assert baselines.method("seasonal_naive", 4)(HISTORIES, 1, []).point[0] == SERIES[46]
    with pytest.raises(ValueError, match="no baseline is named 'prophet'"):
        baselines.method("prophet", 4)
