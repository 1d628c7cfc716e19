"""The shipped networks compute what the theory's cells compute."""

import numpy as np
import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.slow
OUTPUTS = {"simple_rnn": (1, 14), "lstm": (1, 14), "lstm14": (1, 14), "time_distributed": (36, 14), "gru": (1, 14)}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_core_of_a_shipped_forecaster_is_its_cells_in_numpy(name):
    """Keras computes with 32-bit numbers."""
    from training.theory.shipped import read_core

    core = read_core(ROOT / "models", name)
    readings = 80 + 20 * np.sin(np.arange(core.window) * np.pi / 6) + np.random.default_rng(0).normal(size=core.window)
    inputs = core.inputs(readings)
    expected = np.asarray(core.keras_core(inputs[np.newaxis].astype(np.float32))[0])
    found = core.network.forward(inputs)
    assert found.shape == OUTPUTS[name]
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-5)


def test_a_model_of_another_kind_has_no_core():
    from training.theory.shipped import read_core

    with pytest.raises(ValueError, match="no forecaster of a window"):
        read_core(ROOT / "models", "universal")
