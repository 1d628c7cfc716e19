"""Ratios, their geometric mean, and the bootstrap over series."""

import numpy as np
import pytest

from training.forecast.panel import scores


def test_errors_of_a_series_are_pooled_and_missing_ones_left_out():
    errors = np.array([[3.0, np.nan], [4.0, 4.0], [1.0, 1.0]])
    rmse = scores.rmse_by_series(errors, np.array([0, 0, 1]), 2)
    assert rmse == pytest.approx([(41 / 3) ** 0.5, 1.0])


def test_series_count_alike_whatever_their_units():
    ratios = scores.ratios(np.array([1.0, 2e6]), np.array([2.0, 1e6]))
    assert scores.together(ratios).value == pytest.approx(1.0)


def test_few_series_have_no_interval():
    assert scores.together(np.full(7, 0.5)).low is None
    assert scores.wins(np.full(7, 0.5), np.ones(7)) is None


def test_the_interval_holds_the_mean_and_a_clear_winner_wins():
    rng = np.random.default_rng(1)
    first = np.exp(rng.normal(-0.5, 0.2, 40))
    together = scores.together(first)
    assert together.low < together.value < together.high
    assert scores.wins(first, np.ones(40)) == 1.0
    assert scores.wins(first, first) == 0.5


def test_an_exact_forecast_counts_within_limits():
    assert scores.ratios(np.array([0.0, 1e9]), np.ones(2)).tolist() == [0.01, 100.0]


def test_an_exact_naive_forecast_is_no_measure():
    assert scores.has_naive_error(np.array([0.0, 1e-12, 1.0]), np.array([1.0, 100.0, 1.0])).tolist() == [
        False,
        False,
        True,
    ]


def test_errors_by_step_have_the_mean_of_the_ranking():
    errors = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    by_step = scores.scaled_by_step(errors, np.array([0, 1]), np.array([1.0, 10.0]), 0.7)
    assert np.sqrt(np.mean(np.square(by_step))) == pytest.approx(0.7)
    assert by_step[2] == pytest.approx(3 * by_step[0])
