"""Shipped versions can be built again from their own files, for every later form of them."""

import numpy as np
import pytest

from service.artifacts import bundle, onnx
from tests.processes import ROOT

pytestmark = pytest.mark.slow
VERSIONS = [f"{file.parent.parent.name}/{file.parent.name}" for file in sorted(ROOT.glob("models/*/*/SHA256SUMS"))]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_shipped_version_is_restored_and_compiled_as_it_was(version):
    """Whatever its training run compiled it with; the network computes what the compiled form beside it does."""
    from training.export.onnx_review import compile_classifier
    from training.export.restore import restore
    from training.export.versions import onnx_of

    path = ROOT / "models" / version
    card, _, _ = bundle.read(path)
    network, vocabulary = restore(path, card)
    file = path / "compiled" / "network.onnx"
    if card.task == "forecast":
        assert onnx_of(network) == file.read_bytes()
        return
    assert "\n".join(vocabulary).encode() == (path / "compiled" / "vocabulary.txt").read_bytes()
    tokens = np.random.default_rng(0).integers(0, len(vocabulary), (3, 40)).astype(np.int32)
    lengths = np.array([40, 40, 40], np.int32)
    theirs = onnx.session(file, file.read_bytes(), 1)(tokens, lengths)
    ours = onnx.session(file, compile_classifier(network), 1)(tokens, lengths)
    for name in ("probability", "weights"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5)


def test_how_a_network_was_compiled_for_training_is_not_written():
    """A loss that is a local function, in the network or in one inside it, could not be found again."""
    import keras

    from training.export.versions import without_compilation

    def loss(actual, forecast):
        return keras.ops.mean(actual - forecast)

    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    inner.compile(loss=loss)
    outer = keras.Sequential([keras.Input((2,)), inner])
    outer.compile(loss="mse")
    assert "compile_config" in outer.to_json()
    written = without_compilation(outer.to_json())
    assert "compile_config" not in written
    assert keras.models.model_from_json(written).count_params() == 3
