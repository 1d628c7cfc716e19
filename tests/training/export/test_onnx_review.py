"""The ONNX form of the sentiment network."""

from pathlib import Path

import numpy as np
import pytest

from tests import review_networks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network():
    return review_networks.served(np.random.default_rng(0))


@pytest.mark.parametrize("width", [1, 2, 3, 8, 31])
def test_the_compiled_network_gives_the_same_outputs(network, width):
    """Texts of any length up to the width, the empty one too."""
    from service.artifacts import onnx
    from training.export.onnx_review import compile_classifier

    rng = np.random.default_rng(width)
    session = onnx.session(Path("x"), compile_classifier(network), 1)
    lengths = np.array([width, 0, *rng.integers(0, width + 1, 6)], np.int32)
    tokens = review_networks.padded(rng, lengths, width)
    compiled, expected = session(tokens, lengths), network(tokens)
    for name in ("probability", "weights"):
        np.testing.assert_allclose(compiled[name], expected[name], atol=1e-5)
