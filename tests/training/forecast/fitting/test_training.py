"""The training of the tuned networks: they learn, and give the same result again."""

from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.slow

MONTHS = np.arange(110)
SERIES = 50 * np.exp(0.002 * MONTHS) + 5 * np.sin(MONTHS * np.pi / 6)
SERIES += np.random.default_rng(3).normal(size=len(SERIES))


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
@pytest.mark.parametrize("offset", [0, 60])
def test_a_fit_learns_and_is_repeatable(name, offset):
    """Both with positive readings and with readings that have no logarithm."""
    from training.forecast.fitting import recipes, training

    config = replace(recipes.TUNED[name], updates=40)
    fits = [training.fit(config, SERIES - offset, 12, 14, seed=1) for _ in range(2)]
    assert len(fits[0].losses) == training.EPOCHS
    assert fits[0].losses[-1] < fits[0].losses[0]
    assert fits[0].losses == fits[1].losses
    assert (fits[0].scaler.minimum == 0) == (offset == 0)


def test_trend_jitter_takes_the_common_trend_out_of_the_windows():
    """With a jitter of 1, windows of a growing series have a mean trend of 0; with a jitter of 0, their own."""
    from training.forecast.fitting import recipes, training, windows

    line = 0.01 * np.arange(80.0)
    x, y = windows.next_steps(line, 24, 14)
    config = replace(recipes.TUNED["gru"], updates=200, trend_jitter=1.0)
    drawn, targets = training.bootstrap_windows(config, x, y, 0.01, seed=0)
    assert np.diff(drawn, axis=1).mean() == pytest.approx(0, abs=1e-3)
    assert (targets[:, 0] - drawn[:, -1]) == pytest.approx(np.diff(drawn, axis=1)[:, 0])
    unchanged, _ = training.bootstrap_windows(replace(config, trend_jitter=0.0), x, y, 0.01, seed=0)
    assert np.diff(unchanged, axis=1).mean() == pytest.approx(0.01)


def test_the_loss_leaves_out_targets_that_are_not_known():
    """It is close to the absolute error, in units of the scale."""
    from training.forecast.fitting import training

    loss = training.pseudo_huber(scale=2.0)
    actual, forecast = np.array([[40.0, np.nan]], np.float32), np.array([[0.0, 7.0]], np.float32)
    assert float(loss(actual, forecast)) == pytest.approx(20 - training.HUBER_DELTA, rel=1e-3)
    assert float(loss(actual[:, 1:], forecast[:, 1:])) == 0


@pytest.mark.parametrize(
    ("readings", "positive"), [([1.0, 2.0], True), ([0.0, 2.0], False), ([0.001, 2.0], False), ([-2.0, -1.0], False)]
)
def test_only_readings_far_enough_from_zero_have_logarithms(readings, positive):
    from training.forecast.fitting import training

    assert training.is_positive(np.array(readings)) is positive
