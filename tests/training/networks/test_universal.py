"""The universal network: its shapes, its first forecast, and its loss."""

import numpy as np
import pytest

from service.forecast.context_features import QUANTILES, READING_FEATURES, STEP_FEATURES

pytestmark = pytest.mark.slow


def test_any_number_of_readings_and_steps_gives_nine_quantiles_of_each_step():
    """The last layer starts at zero, so an untrained network forecasts the base."""
    from training.networks.universal import network

    model = network(units=4)
    for time, steps in ((5, 3), (12, 1)):
        output = model([np.ones((2, time, READING_FEATURES)), np.ones((2, steps, STEP_FEATURES))])
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
