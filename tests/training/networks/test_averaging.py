"""The mean of several networks' weights."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_each_weight_is_averaged_by_itself():
    import keras

    from training.networks import averaging

    ones, threes = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]) for _ in range(2))
    for network, value in ((ones, 1.0), (threes, 3.0)):
        network.set_weights([np.full(weights.shape, value) for weights in network.get_weights()])
    kernel, bias = averaging.mean_weights([ones, threes])
    np.testing.assert_array_equal(kernel, np.full((2, 3), 2.0))
    np.testing.assert_array_equal(bias, np.full(3, 2.0))
    averaged = averaging.average([ones, threes])
    np.testing.assert_array_equal(averaged(np.ones((1, 2))), np.full((1, 3), 6.0))
    np.testing.assert_array_equal(ones(np.ones((1, 2))), np.full((1, 3), 3.0))
