"""The universal network: its shapes, its first forecast, and its loss."""

import numpy as np
import pytest

from service.forecast.features.context_features import QUANTILES, READING_FEATURES, SIMPLE_FORECASTS, STEP_FEATURES

pytestmark = pytest.mark.slow


def test_any_number_of_readings_and_steps_gives_nine_quantiles_of_each_step():
    """The last layer starts at zero, so an untrained network forecasts the base."""
    from training.networks.universal import network

    model = network(units=4)
    for blocks, steps in ((5, 3), (12, 1)):
        output = model([np.ones((2, blocks, READING_FEATURES)), np.ones((2, steps, STEP_FEATURES))])
        np.testing.assert_array_equal(output, np.zeros((2, steps, len(QUANTILES))))


def test_the_pinball_loss_of_equal_quantiles_is_the_absolute_error():
    """The levels lie evenly around 0.5, so their mean loss is that of the median; the median's is the absolute error."""
    from training.networks.universal import pinball

    target = np.array([[3.0, -1.0]], np.float32)
    np.testing.assert_allclose(pinball(target, np.zeros((1, 2, 9), np.float32)), [[3.0, 1.0]], rtol=1e-5)


def test_the_pinball_loss_is_least_at_the_quantiles():
    from training.networks.universal import pinball

    target = np.random.default_rng(0).normal(size=(1, 4000)).astype(np.float32)
    quantiles = np.quantile(target, QUANTILES).astype(np.float32)
    losses = [float(np.mean(pinball(target, np.tile(quantiles + shift, (1, 4000, 1))))) for shift in (-0.1, 0.0, 0.1)]
    assert losses[1] < min(losses[0], losses[2])


def test_the_head_adds_up_simple_forecasts_and_its_own_quantiles():
    """Gates weigh the sines of the first features; the width scales the network's own quantiles."""
    from training.networks.universal import Combination

    steps = np.zeros((1, 1, STEP_FEATURES), np.float32)
    steps[0, 0, :3] = np.arcsinh([10.0, -4.0, 2.0])
    gates = np.zeros((1, 1, SIMPLE_FORECASTS), np.float32)
    gates[0, 0, :2] = 0.5, 0.25
    own = np.arange(9, dtype=np.float32)[None, None]
    output = Combination()([steps, gates, np.full((1, 1, 1), np.log(2), np.float32), own])
    np.testing.assert_allclose(output, 4.0 + 2 * own, rtol=1e-5)


def test_the_head_is_finite_for_forecasts_far_away():
    from training.networks.universal import Combination

    steps, gates = np.full((1, 1, STEP_FEATURES), 1e3, np.float32), np.ones((1, 1, SIMPLE_FORECASTS), np.float32)
    output = Combination()([steps, gates, np.full((1, 1, 1), 1e3, np.float32), np.ones((1, 1, 9), np.float32)])
    assert np.isfinite(output).all()
