"""Versions are built again from their own files."""

import json
import shutil

import numpy as np
import pytest

from service.artifacts import bundle, onnx
from service.artifacts.tokenizer import UNKNOWN
from tests.processes import ROOT, UNIVERSAL
from tests.review_networks import spelt

pytestmark = pytest.mark.slow
VERSIONS = [f"{file.parent.parent.name}/{file.parent.name}" for file in sorted(ROOT.glob("models/*/*/SHA256SUMS"))]

LAYER = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}
NETWORK = {"module": "keras", "class_name": "Sequential", "config": {"name": "other", "layers": [LAYER]}}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_shipped_version_is_restored_and_compiled_as_it_was(version):
    """The restored network computes what the compiled form beside it does."""
    from training.export.onnx_review import compile_classifier
    from training.export.restore import restore
    from training.export.versions import to_onnx

    path = ROOT / "models" / version
    card, _, _ = bundle.read(path)
    network, vocabulary = restore(path, card)
    file = path / "compiled" / "network.onnx"
    if card.task == "forecast":
        assert to_onnx(network) == file.read_bytes()
        return
    assert "\n".join(vocabulary).encode() == (path / "compiled" / "vocabulary.txt").read_bytes()
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, len(vocabulary), (3, 40)).astype(np.int32)
    tokens[:, ::9] = UNKNOWN
    inputs = (tokens, np.array([40, 40, 40], np.int32), spelt(rng, tokens), np.array(True))
    shipped, restored = (
        onnx.session(file, content, 1, onnx.TEXT_INPUTS)(*inputs)
        for content in (file.read_bytes(), compile_classifier(network))
    )
    for name, expected in shipped.items():
        np.testing.assert_allclose(restored[name], expected, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("layers", "fault"),
    [
        ("{", "is not a network of this version of training"),
        ("{}", "is not a network, but a dict"),
        (json.dumps(LAYER), "is not a network, but a Dense"),
        (json.dumps(NETWORK), "its weights are not those of the network 'universal' of today"),
    ],
)
def test_a_layers_file_that_does_not_fit_is_named(tmp_path, layers, fault):
    from training.export.onnx_graph import CannotCompile
    from training.export.restore import restore

    path = tmp_path / "universal" / UNIVERSAL.name
    shutil.copytree(UNIVERSAL, path)
    (path / "network.json").write_text(layers)
    with pytest.raises(CannotCompile, match=fault):
        restore(path, bundle.read(path)[0])
