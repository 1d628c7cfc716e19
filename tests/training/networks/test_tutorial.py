"""The tutorial's forecasters: what each reads and gives."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow

OUTPUTS = {"simple_rnn": (1,), "lstm": (1,), "lstm14": (14,), "time_distributed": (15, 1), "gru": (1,)}


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_network_gives_its_steps_for_each_window(name):
    from training.networks import tutorial

    model = tutorial.FORECASTERS[name](15, 14)
    assert model(np.ones((3, 15, 1), np.float32)).shape == (3, *OUTPUTS[name])


def test_every_network_is_described():
    from training.networks import tutorial

    assert tutorial.FORECASTERS.keys() == tutorial.LAYERS.keys() == OUTPUTS.keys()


def test_no_recurrent_layer_needs_a_gpu():
    """A graph that was traced with cuDNN would not run on a CPU."""
    import keras

    from training.networks import tutorial

    for build in tutorial.FORECASTERS.values():
        recurrent = [layer for layer in build(15, 14).layers if isinstance(layer, keras.layers.LSTM | keras.layers.GRU)]
        assert all(layer.use_cudnn is False for layer in recurrent)
