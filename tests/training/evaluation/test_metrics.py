"""Metrics by hand, intervals, and the bootstrap of ratios."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation import metrics, rolling
from training.evaluation.rolling import Predictions

SERIES = np.arange(60, dtype=float)


def banded(point, half, level=80.0):
    point = np.asarray(point, dtype=float)
    return Predictions(point, (level,), point[np.newaxis] - half, point[np.newaxis] + half)


def test_metrics_by_hand():
    """Errors +1 and −2 on readings 4 and 8, scale 3; the band of ±1 holds the first reading only."""
    found = metrics.metrics(metrics.losses(np.array([[4.0, 8.0]]), banded([[5.0, 6.0]], 1.0)), scale=3.0)
    assert found["rmse"] == pytest.approx(2.5**0.5)
    assert (found["mae"], found["bias"], found["mase"]) == pytest.approx((1.5, -0.5, 0.5))
    assert found["mape"] == pytest.approx(25)
    assert found["smape"] == pytest.approx(100 * (1 / 9 + 2 / 14))
    assert (found["coverage_80"], found["width_80"]) == (0.5, 2.0)
    assert found["winkler_80"] == pytest.approx(2 + (0 + 1 * 2 / 0.2) / 2)


def test_weighted_quantile_loss_by_hand():
    """Reading 10, median 9, ends 7 and 11: pinball 0.5, 0.3 and 0.1."""
    found = metrics.metrics(metrics.losses(np.array([[10.0]]), banded([[9.0]], 2.0)), 0.0)
    assert found["wql"] == pytest.approx(2 * (0.5 + 0.3 + 0.1) / 3 / 10)
    assert "mase" not in found


def test_every_step_has_its_own_figures():
    found = metrics.each(metrics.losses(np.zeros((2, 2)), banded([[1.0, 2.0], [1.0, -2.0]], 1.5)), 1.0)
    assert (found["rmse"], found["bias"], found["coverage_80"]) == ([1, 2], [1, 0], [1, 0])


def test_a_missing_target_counts_nowhere():
    actual = np.array([[4.0, np.nan], [np.nan, np.nan]])
    forecast = banded(np.full((2, 2), 5.0), 0.5)
    found = metrics.metrics(metrics.losses(actual, forecast), 1.0)
    alone = metrics.metrics(metrics.losses(actual[:1, :1], banded([[5.0]], 0.5)), 1.0)
    assert found == pytest.approx(alone)


def test_a_band_of_a_known_width_covers_its_share():
    """±q of uniform errors on [−1, 1] holds a share q."""
    errors = np.linspace(-1, 1, 2001)[:, np.newaxis]
    found = metrics.metrics(metrics.losses(errors, banded(np.zeros((2001, 1)), 0.8)), 0.0)
    assert found["coverage_80"] == pytest.approx(0.8, abs=1e-3)
    assert found["width_80"] == pytest.approx(1.6)


def test_targets_after_the_end_are_missing_and_left_out_of_the_whole_path():
    naive = lambda histories, steps, levels: rolling.without_intervals(rolling.last_value(histories, steps))  # noqa: E731
    walk = rolling.rolling_backtest(SERIES, range(55, 60), 3, (), naive)
    assert np.isnan(walk.actual).sum() == 3
    assert len(walk.part(1).origins) == 5
    assert walk.part(3).origins.tolist() == [55, 56, 57]
    assert (walk.part(3).actual - walk.part(3).predicted.point == [1, 2, 3]).all()


def test_a_method_sees_nothing_after_its_origin_and_cannot_change_the_series():
    seen = []

    def spy(histories, steps, levels):
        seen.extend(histories)
        for history in histories:
            history[:] = -1
        return rolling.without_intervals(np.zeros((len(histories), steps)))

    walk = rolling.rolling_backtest(SERIES, [50, 52], 3, (), spy)
    assert [len(history) for history in seen] == [50, 52]
    assert walk.actual[0].tolist() == [50, 51, 52]
    assert SERIES[0] == 0


def test_forecasts_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="not a finite number"):
        rolling.rolling_backtest(SERIES, [50], 1, (), lambda h, s, v: rolling.without_intervals(np.array([[np.nan]])))


@given(st.integers(0, 1000), st.integers(1, 40))
def test_equal_methods_have_a_ratio_of_one_for_sure(seed, block):
    losses = np.random.default_rng(seed).random((30, 4)) + 0.1
    found = metrics.ratio(losses, losses, block, draws=50)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_a_ratio_is_of_means_its_interval_holds_it_and_the_seed_repeats_it():
    rng = np.random.default_rng(0)
    ours, theirs = rng.random((60, 2)), rng.random((60, 2)) + 0.5
    found = metrics.ratio(ours, theirs, 6, root=True)
    assert found.value == pytest.approx((ours.mean() / theirs.mean()) ** 0.5)
    assert found.low < found.value < found.high
    assert found == metrics.ratio(ours, theirs, 6, root=True)


def test_too_few_origins_give_no_interval():
    found = metrics.ratio(np.ones((4, 1)), np.full((4, 1), 2.0), 2)
    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_a_block_as_long_as_the_walk_is_shortened():
    """One block would be every origin, each time: an interval of no width."""
    found = metrics.ratio(np.random.default_rng(0).random((30, 1)), np.ones((30, 1)), 100)
    assert found.low < found.high
    assert found.blocks == 3
