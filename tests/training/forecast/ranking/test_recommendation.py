"""Which forecaster is recommended, and what is said of it."""

import numpy as np
import pytest

from training.evaluation.rolling import Predictions, RollingBacktest
from training.forecast.measuring import backtests
from training.forecast.measuring.backtests import Measured
from training.forecast.ranking import recommendation

ORIGINS = 20


def backtest(error, *, width=1.0, seed=0):
    """Forecasts of two steps whose errors have this size, with 80 % intervals of this width."""
    rng = np.random.default_rng(seed)
    actual = np.full((ORIGINS, 2), 10.0)
    point = actual + error * rng.choice([-1.0, 1.0], actual.shape)
    bounds = point[None]
    predicted = Predictions(point, (80.0,), bounds - width / 2, bounds + width / 2)
    return RollingBacktest(np.arange(ORIGINS), actual, predicted, ORIGINS + 2)


def measured(name, kind, error, test_error=None):
    return Measured(name, kind, backtest(error), backtest(error if test_error is None else test_error), 1.0)


def rank(*others, barred=None, naive_error=2.0):
    naive = measured("seasonal_naive", "statistic", naive_error)
    return recommendation.rank([naive, *others], "seasonal_naive", barred or {}, 2)


def test_the_least_error_on_the_folds_is_recommended_whatever_the_test_set_says():
    """The test set changes no choice; the reason says that it disagrees."""
    ranking = rank(measured("gru", "network", 1.0, test_error=9.0), measured("universal", "any_series", 1.5))
    assert ranking.recommended.name == "gru"
    assert [row.name for row in ranking.rows] == ["gru", "universal", "seasonal_naive"]
    assert "no better than the baseline there" in ranking.reason
    assert ranking.recommended in ranking.rows
    assert ranking.baseline.ratio.value == pytest.approx(1)


def noisy(name, kind, errors):
    """Forecasts whose errors at the origins alternate between the given ones."""
    actual = np.zeros((ORIGINS, 2))
    point = np.resize(np.array(errors, float), (ORIGINS, 1)) * np.ones((1, 2))
    empty = np.empty((0, *point.shape))
    each = RollingBacktest(np.arange(ORIGINS), actual, Predictions(point, (), empty, empty), ORIGINS + 2)
    return Measured(name, kind, each, each, 1.0)


def test_the_mean_is_preferred_unless_another_is_clearly_and_surely_better():
    """First places on few folds are partly luck, and so is a small gain at every origin."""
    mean = noisy("mean", "statistic", [1.0, 1.4, 1.0, 1.0])
    unsure = rank(noisy("gru", "network", [1.3, 0.9, 1.1, 1.0]), mean)
    assert unsure.rows[0].name == "gru"
    assert unsure.recommended.name == "mean"
    assert "gru has" in unsure.reason
    assert rank(noisy("gru", "network", [0.99, 1.39, 0.99, 0.99]), mean).recommended.name == "mean"
    assert rank(noisy("gru", "network", [0.7, 1.0, 0.8, 0.9]), mean).recommended.name == "gru"
    lucky = [*[0.9] * 18, 9.0, 9.0]
    assert rank(noisy("gru", "network", [1.0]), noisy("mean", "statistic", lucky)).recommended.name == "mean"


def test_of_equals_the_simpler_is_recommended():
    """A statistic before `universal`, and that before a network."""
    equals = [
        measured("gru", "network", 1.0),
        measured("universal", "any_series", 1.0),
        measured("ets", "statistic", 1.0),
    ]
    assert rank(*equals).recommended.name == "ets"
    assert rank(*equals[:2]).recommended.name == "universal"


def test_a_barred_forecaster_is_not_recommended():
    """It keeps its place in the order."""
    ranking = rank(measured("gru", "network", 1.0), measured("ets", "statistic", 1.5), barred={"gru": "too wide"})
    assert ranking.rows[0].name == "gru"
    assert ranking.rows[0].barred == "too wide"
    assert ranking.recommended.name == "ets"


def test_the_naive_forecast_may_win():
    """Then the reason says so."""
    ranking = rank(measured("gru", "network", 3.0))
    assert ranking.recommended.name == "seasonal_naive"
    assert ranking.reason.startswith("Use seasonal_naive, the naive forecast: ")


def test_an_exact_season_prints_no_infinity():
    """Where the baseline makes no error there is no ratio; words stand instead."""
    ranking = rank(measured("gru", "network", 1.0), naive_error=0.0)
    assert ranking.rows[-1].ratio is None
    assert ranking.recommended.name == "seasonal_naive"
    other = rank(measured("gru", "network", 0.0), naive_error=0.0)
    for text in (ranking.reason, other.reason):
        assert "inf" not in text
        assert "nan" not in text


def test_wins_say_how_sure_the_recommendation_is():
    """The recommended one has none, and a forecaster that is always worse loses every sample."""
    ranking = rank(measured("gru", "network", 1.0), measured("ets", "statistic", 1.5))
    wins = {row.name: row.wins for row in ranking.rows}
    assert wins == {"gru": None, "ets": 1.0, "seasonal_naive": 1.0}


def test_an_interval_that_spans_more_than_the_readings_is_named():
    """The step and both widths stand in the reason."""
    readings = np.array([0.0, 4.0, 2.0])
    assert recommendation.too_wide(backtest(1.0, width=3.9), readings) is None
    reason = recommendation.too_wide(backtest(1.0, width=5.0), readings)
    assert reason == "its 80 % interval of step 1 is 5 wide, the readings never spanned more than 4"


def test_the_shares_of_the_mean_follow_the_errors_on_the_folds():
    """Half the error has four times the share, and an exact forecast takes nearly all."""
    parts = [measured("a", "statistic", 1.0), measured("b", "statistic", 2.0)]
    assert backtests.weights(parts) == pytest.approx([0.8, 0.2])
    exact = [measured("a", "statistic", 0.0), measured("b", "statistic", 2.0)]
    assert backtests.weights(exact) == pytest.approx([1.0, 0.0])
    mean = backtests.combine("mean", parts, [0.8, 0.2])
    expected = 0.8 * parts[0].folds.predicted.point + 0.2 * parts[1].folds.predicted.point
    assert mean.folds.predicted.point == pytest.approx(expected)
    assert mean.seconds == 2.0


def test_the_errors_of_all_figures_are_of_origins_with_all_steps():
    """A later origin counts nowhere: pooled and by step agree."""
    each = backtest(1.0)
    shorter = RollingBacktest(each.origins, each.actual, each.predicted, 10)
    assert backtests.squares(shorter).shape == (9, 2)
    by_step = backtests.rmse_by_step(shorter)
    assert np.sqrt(np.mean(np.square(by_step))) == pytest.approx(backtests.pooled_rmse(shorter))
