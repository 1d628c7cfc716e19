"""Metrics by hand, intervals, and the bootstrap of ratios."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.predictions import without_intervals
from training.evaluation import metrics
from training.evaluation.rolling import Predictions


def with_interval(point, half, level=80.0):
    point = np.asarray(point, dtype=float)
    return Predictions(point, (level,), point[np.newaxis] - half, point[np.newaxis] + half)


def test_metrics_by_hand():
    """Errors +1 and −2 on readings 4 and 8, scale 3; the interval of ±1 covers the first reading only."""
    result = metrics.metrics(metrics.losses(np.array([[4.0, 8.0]]), with_interval([[5.0, 6.0]], 1.0)), scale=3.0)
    assert result["rmse"] == pytest.approx(2.5**0.5)
    assert (result["mae"], result["bias"], result["mase"]) == pytest.approx((1.5, -0.5, 0.5))
    assert result["mape"] == pytest.approx(25)
    assert result["smape"] == pytest.approx(100 * (1 / 9 + 2 / 14))
    assert (result["coverage_80"], result["width_80"]) == (0.5, 2.0)
    assert result["winkler_80"] == pytest.approx(2 + (0 + 1 * 2 / 0.2) / 2)


def test_weighted_quantile_loss_by_hand():
    """Reading 10, median 9, ends 7 and 11: pinball 0.5, 0.3 and 0.1."""
    result = metrics.metrics(metrics.losses(np.array([[10.0]]), with_interval([[9.0]], 2.0)), 0.0)
    assert result["wql"] == pytest.approx(2 * (0.5 + 0.3 + 0.1) / 3 / 10)
    assert "mase" not in result


def test_every_step_has_its_own_figures():
    result = metrics.by_step(metrics.losses(np.zeros((2, 2)), with_interval([[1.0, 2.0], [1.0, -2.0]], 1.5)), 1.0)
    assert (result["rmse"], result["bias"], result["coverage_80"]) == ([1, 2], [1, 0], [1, 0])


def test_a_missing_target_counts_nowhere():
    actual = np.array([[4.0, np.nan], [np.nan, np.nan]])
    forecast = with_interval(np.full((2, 2), 5.0), 0.5)
    result = metrics.metrics(metrics.losses(actual, forecast), 1.0)
    alone = metrics.metrics(metrics.losses(actual[:1, :1], with_interval([[5.0]], 0.5)), 1.0)
    assert result == pytest.approx(alone)


def test_an_interval_of_a_known_width_covers_its_share():
    """±q covers a share q of errors that are uniform on [−1, 1]."""
    errors = np.linspace(-1, 1, 2001)[:, np.newaxis]
    result = metrics.metrics(metrics.losses(errors, with_interval(np.zeros((2001, 1)), 0.8)), 0.0)
    assert result["coverage_80"] == pytest.approx(0.8, abs=1e-3)
    assert result["width_80"] == pytest.approx(1.6)


@given(st.integers(0, 1000), st.integers(1, 40))
def test_equal_methods_have_a_ratio_of_one_without_uncertainty(seed, block):
    losses = np.random.default_rng(seed).random((30, 4)) + 0.1
    result = metrics.ratio(losses, losses, block, draws=50)
    assert (result.value, result.low, result.high) == pytest.approx((1, 1, 1))


def test_a_ratio_is_one_of_means_inside_its_interval_and_the_seed_repeats_it():
    rng = np.random.default_rng(0)
    losses, baseline = rng.random((60, 2)), rng.random((60, 2)) + 0.5
    result = metrics.ratio(losses, baseline, 6, root=True)
    assert result.value == pytest.approx((losses.mean() / baseline.mean()) ** 0.5)
    assert result.low < result.value < result.high
    assert result == metrics.ratio(losses, baseline, 6, root=True)


def test_too_few_origins_give_no_interval():
    result = metrics.ratio(np.ones((4, 1)), np.full((4, 1), 2.0), 2)
    assert (result.value, result.low, result.high) == (0.5, None, None)


def test_a_block_as_long_as_the_backtest_is_shortened():
    """Otherwise every sample would be all origins, and the interval would have no width."""
    result = metrics.ratio(np.random.default_rng(0).random((30, 1)), np.ones((30, 1)), 100)
    assert result.low < result.high
    assert result.blocks == 3


def test_metrics_are_those_of_the_textbook():
    losses = metrics.losses(np.array([[10.0, 20.0]]), without_intervals(np.array([[13.0, 16.0]])))
    result = metrics.metrics(losses, 0.0)
    assert result["rmse"] == pytest.approx(12.5**0.5)
    assert (result["mae"], result["bias"], result["mape"]) == pytest.approx((3.5, -0.5, 25.0))


def test_mape_is_left_out_where_a_reading_is_zero():
    losses = metrics.losses(np.array([[0.0, 1.0]]), without_intervals(np.array([[1.0, 1.0]])))
    assert "mape" not in metrics.metrics(losses, 0.0)


def test_a_ratio_without_any_target_is_no_number():
    result = metrics.ratio(np.full((20, 1), np.nan), np.ones((20, 1)), 2)
    assert np.isnan([result.value, result.low, result.high]).all()


def test_the_scale_of_mase_is_the_mean_seasonal_difference():
    """Readings that grow by one a step differ by four over a season of four; a gap counts nowhere."""
    readings = np.arange(12.0)
    assert metrics.seasonal_scale(readings, 4) == 4.0
    readings[6] = np.nan
    assert metrics.seasonal_scale(readings, 4) == 4.0
    assert metrics.seasonal_scale(readings[:4], 4) == 0.0


@pytest.mark.parametrize(("arguments", "origins"), [((12, 14, 1), 24), ((1, 14, 1), 14), ((12, 14, 5), 5)])
def test_a_block_has_two_seasons_or_the_steps_that_origins_share(arguments, origins):
    assert metrics.block_length(*arguments) == origins


def test_the_deviation_over_seeds_is_that_of_a_sample():
    statistics = metrics.seed_statistics("rmse", "test", [1.0, 3.0], "1-14")
    assert (statistics.mean, statistics.std) == pytest.approx((2.0, 2**0.5))
    assert statistics.steps == "1-14"
    assert metrics.seed_statistics("rmse", "test", [1.0]).std == 0.0


def test_wins_are_the_share_of_samples_with_less_loss():
    """Equal losses win half; too few origins say nothing."""
    from training.evaluation.metrics import wins

    losses = np.ones((20, 2))
    assert wins(losses, 2 * losses, 4) == 1.0
    assert wins(2 * losses, losses, 4) == 0.0
    assert wins(losses, losses, 4) == 0.5
    assert wins(losses[:5], losses[:5], 4) is None
