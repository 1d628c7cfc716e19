"""The decomposition of a window: what a base forecast may use, and the layers that compute it."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("season_length", [1, 4, 7, 12, 24, 52, 168])
def test_a_base_repeats_a_known_season(season_length):
    """A series that repeats itself is forecast by the base alone, also beyond one season."""
    from training.networks import decomposition

    window = decomposition.window_of(season_length)
    used = decomposition.effective_season_length(season_length)
    series = np.tile(np.random.default_rng(0).normal(size=used), 200)[: window + 14]
    parts = decomposition.level_and_profile(window, used, 14, 3, 12)
    assert parts.base.shape == (window, 14)
    assert parts.inputs.shape == (window, 12)
    assert series[:window] @ parts.base == pytest.approx(series[window:])
    assert series[:window] @ parts.inputs == pytest.approx(np.zeros(12))


@pytest.mark.parametrize(
    ("season_length", "window"), [(1, 24), (4, 24), (7, 28), (12, 36), (24, 72), (52, 104), (60, 120), (168, 24)]
)
def test_a_window_holds_two_or_three_seasons(season_length, window):
    from training.networks import decomposition

    assert decomposition.window_of(season_length) == window


def test_a_level_has_no_season():
    """The base is the mean of the last season, at every step; the inputs are the distances from it."""
    from training.networks import decomposition

    parts = decomposition.level_only(24, 4, 3, 5)
    window = np.arange(24.0)
    assert window @ parts.base == pytest.approx([21.5] * 3)
    assert window @ parts.inputs == pytest.approx(window[-5:] - 21.5)


def test_a_profile_is_the_mean_of_as_many_seasons_as_it_is_given():
    from training.networks import decomposition

    last, before = np.array([3.0, -3.0]), np.array([1.0, -1.0])
    window = np.concatenate([before, last])
    assert window @ decomposition.profile(4, 2, 1) == pytest.approx(last)
    assert window @ decomposition.profile(4, 2, 2) == pytest.approx((last + before) / 2)
    assert window @ decomposition.profile(4, 2, 9) == pytest.approx((last + before) / 2)


def test_a_base_at_a_position_uses_nothing_after_it():
    from training.networks import decomposition

    parts = decomposition.at_every_position(36, 12, 14, 3)
    bases = parts.base.reshape(36, 36, 14)
    for position in range(36):
        assert not bases[position + 1 :, position].any()
        assert not parts.inputs[position + 1 :, position].any()
    assert np.allclose(bases[:, -1], decomposition.level_and_profile(36, 12, 14, 3, 12).base)


def test_the_layers_compute_what_they_say_and_are_restored():
    import keras

    from training.networks.decomposition import CEILING, FLOOR, Exp, FixedProjection, Log

    matrix = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 0.5]])
    model = keras.Sequential([keras.Input((2,)), Log(), FixedProjection.of(matrix), Exp()])
    assert model.trainable_weights == []
    values = np.array([[2.0, 3.0], [-1.0, 0.5]])
    expected = np.exp(np.minimum(np.log(np.maximum(values, FLOOR)) @ matrix, CEILING))
    np.testing.assert_allclose(model(values), expected, rtol=1e-5)
    restored = keras.models.model_from_json(model.to_json())
    restored.set_weights(model.get_weights())
    np.testing.assert_allclose(restored(values), expected, rtol=1e-5)


def test_a_fixed_projection_keeps_its_registered_name():
    """Versions on disk name it so."""
    import keras

    from training.networks.decomposition import FixedProjection

    assert keras.saving.get_registered_name(FixedProjection) == "gatecast>Fixed"
