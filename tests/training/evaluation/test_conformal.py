"""The order statistics that calibrate intervals."""

import numpy as np

from training.evaluation import conformal
from training.evaluation.conformal import MAX_SCORES, calibrate_intervals


def test_few_scores_are_all_kept_in_order():
    calibration = calibrate_intervals(np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 3.0]]), "readings", "the validation set")
    assert calibration.scores == [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    assert (calibration.unit, calibration.measured_on) == ("readings", "the validation set")


def test_all_steps_keep_as_many_scores_as_the_one_with_the_fewest():
    """The second step has two targets that are known; of four scores the ranks 5/3 and 10/3 are rounded up."""
    scores = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, np.nan], [4.0, np.nan]])
    assert calibrate_intervals(scores, "readings", "").scores == [[2.0, 4.0], [10.0, 20.0]]


def test_many_scores_are_thinned_to_their_percentiles():
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))[:, np.newaxis]
    (kept,) = calibrate_intervals(scores, "forecast", "").scores
    assert len(kept) == MAX_SCORES
    assert kept == [10.0 * rank for rank in range(1, 100)]


def test_scores_are_in_the_readings_unit_where_shares_of_small_forecasts_explode():
    """Forecasts near 0 with errors of one size: as shares of the forecast some intervals would be enormous."""
    rng = np.random.default_rng(0)
    point = np.abs(rng.normal(0, 100, (40, 2))) + 1
    constant = point + rng.choice([-20.0, 20.0], point.shape)
    proportional = point * rng.choice([0.9, 1.1], point.shape)
    assert conformal.narrower_unit([(constant[:20], point[:20]), (constant[20:], point[20:])]) == "readings"
    assert conformal.narrower_unit([(proportional, point)]) == "forecast"


def test_a_score_is_an_error_or_a_share_of_the_forecast():
    """A forecast of 0 gives a number all the same."""
    actual, point = np.array([[12.0, 1.0]]), np.array([[10.0, 0.0]])
    assert conformal.scores("readings", actual, point).tolist() == [[2.0, 1.0]]
    assert conformal.scores("forecast", actual, point).tolist() == [[0.2, 1e12]]
