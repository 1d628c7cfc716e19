"""The tuned forecasters: what their views may see, and that they train, join, export and compile."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow

MONTHS = np.arange(110)
SERIES = 50 * np.exp(0.002 * MONTHS) + 5 * np.sin(MONTHS * np.pi / 6)
SERIES += np.random.default_rng(3).normal(size=len(SERIES))


@pytest.mark.parametrize("season", [1, 4, 7, 12, 24, 52, 168])
def test_bases_repeat_a_season_that_is_known(season):
    """A series that repeats itself is forecast by the base alone, steps beyond one season too."""
    from training.networks import decomposition

    window, used = decomposition.window_of(season), decomposition.usable(season)
    whole = np.tile(np.random.default_rng(0).normal(size=used), 200)[: window + 14]
    for view in (decomposition.over_profile(window, used, 14, 3, 12), decomposition.over_season(window, used, 14, 12)):
        assert view.base.shape == (window, 14)
        assert whole[:window] @ view.base == pytest.approx(whole[window:])
        assert whole[:window] @ view.inputs == pytest.approx(np.zeros(view.inputs.shape[1]))


def test_steps_13_and_14_look_two_seasons_back():
    """The reading at lag 12 of step 13 is not known: its seasonal reference is at lag 24."""
    from training.networks import decomposition

    base = decomposition.over_season(36, 12, 14, 12).base
    lags = [36 + step - int(np.flatnonzero(base[:, step])[0]) for step in range(14)]
    assert lags == [12] * 12 + [24] * 2


def test_a_base_at_a_position_sees_nothing_after_it():
    from training.networks import decomposition

    view = decomposition.everywhere(36, 12, 14, 3)
    bases = view.base.reshape(36, 36, 14)
    for position in range(36):
        assert not bases[position + 1 :, position].any()
        assert not view.inputs[position + 1 :, position].any()
    assert np.allclose(bases[:, -1], decomposition.over_profile(36, 12, 14, 3, 12).base)


def test_the_mean_of_weights_is_of_every_weight_by_itself():
    import keras

    from training.networks import averaging

    ones, threes = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]) for _ in range(2))
    for network, value in ((ones, 1.0), (threes, 3.0)):
        network.set_weights([np.full(weights.shape, value) for weights in network.get_weights()])
    kernel, bias = averaging.mean_weights([ones, threes])
    np.testing.assert_array_equal(kernel, np.full((2, 3), 2.0))
    np.testing.assert_array_equal(bias, np.full(3, 2.0))
