"""The compiled form of a version: tied to its SavedModel, refused when it was changed, and the same function."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.artifacts import bundle, onnx
from service.artifacts.files import BundleError, sha256
from tests import fakes
from tests.fakes import shaken
from tests.processes import ROOT


@pytest.fixture
def version(tmp_path):
    """A version directory whose SavedModel and compiled form are no networks that could be loaded."""
    original = fakes.forecast_bundle()

    def write(path):
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"program")

    path = bundle.save(tmp_path, original.card, original.golden, write, scaler=original.scaler)
    onnx.write(path, b"network", ["", "[UNK]", "good"])
    return path


def write_manifest(version, **changes):
    """Write a manifest that fits the files, as someone would who changed them on purpose."""
    directory = version / "compiled"
    files = {p.name: sha256(p) for p in directory.iterdir() if p.name != "binding.json"}
    manifest = {"format_version": 1, "saved_model": onnx.fingerprint(version), "files": files} | changes
    (directory / "binding.json").write_text(json.dumps(manifest))


def test_a_compiled_form_does_not_change_its_version(version):
    """The checksums of the SavedModel hold with it, without it, and with another."""
    bundle.verify(version)
    onnx.write(version, b"another network")
    bundle.verify(version)
    shutil.rmtree(version / "compiled")
    bundle.verify(version)


def test_a_write_that_fails_leaves_nothing(version):
    shutil.rmtree(version / "compiled")
    no_bytes: Any = "text"
    with pytest.raises(TypeError):
        onnx.write(version, no_bytes)
    assert not onnx.exists(version)
    assert [p.name for p in version.parent.iterdir()] == ["1"]


def test_a_compiled_form_of_another_saved_model_is_refused(version):
    """The SavedModel was trained again, and the compiled form was not made again."""
    (version / "variables" / "data").write_bytes(b"retrained")
    with pytest.raises(BundleError, match="compiled from another SavedModel; compile it again"):
        onnx.load(version, 1)


def test_a_changed_network_is_refused(version):
    (version / "compiled" / "network.onnx").write_bytes(b"netw0rk")
    with pytest.raises(BundleError, match=r"network\.onnx was changed"):
        onnx.load(version, 1)


def test_missing_and_extra_files_are_refused_by_name(version):
    (version / "compiled" / "more.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"more\.onnx is not listed"):
        onnx.load(version, 1)
    write_manifest(version)
    with pytest.raises(BundleError, match="holds other files than"):
        onnx.load(version, 1)
    (version / "compiled" / "more.onnx").unlink()
    with pytest.raises(BundleError, match=r"more\.onnx is missing"):
        onnx.load(version, 1)


@pytest.mark.parametrize("changes", [{"format_version": 2}, {"files": None}, {"extra": 1}])
def test_a_manifest_of_another_form_is_refused(version, changes):
    write_manifest(version, **changes)
    with pytest.raises(BundleError, match=r"binding\.json is not valid"):
        onnx.load(version, 1)


def test_a_network_that_is_not_onnx_is_refused(version):
    with pytest.raises(BundleError, match=r"network\.onnx cannot be loaded by ONNX Runtime"):
        onnx.load(version, 1)


def test_a_version_without_a_compiled_form_says_how_to_get_one(version):
    shutil.rmtree(version / "compiled")
    with pytest.raises(BundleError, match=r"compiled is missing; `make compile`"):
        bundle.load(version, backend="onnx")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "lstm14", "time_distributed", "gru"])
def test_every_forecaster_compiles_to_the_same_function(name):
    """With random weights and biases, a batch of any size gets what Keras computes, up to rounding."""
    from training.export.onnx_forecaster import compile_forecaster
    from training.networks import tutorial

    model = shaken(tutorial.FORECASTERS[name](15, 14))
    run = onnx.session(Path("x"), compile_forecaster(model), 1)
    windows = np.random.default_rng(1).normal(size=(7, 15, 1)).astype(np.float32)
    assert np.allclose(run(windows)["output"], model(windows), atol=1e-5)
    assert np.allclose(run(windows[:1])["output"], model(windows[:1]), atol=1e-5)


@pytest.mark.slow
def test_a_layer_that_has_no_compiled_form_is_named():
    import keras

    from training.export.onnx_forecaster import compile_forecaster
    from training.export.onnx_graph import CannotCompile

    model = keras.Sequential(
        [keras.Input((5, 1)), keras.layers.Conv1D(2, 3), keras.layers.GRU(2), keras.layers.Dense(1)]
    )
    with pytest.raises(CannotCompile, match="Conv1D"):
        compile_forecaster(model)


@pytest.mark.slow
def test_compiling_a_version_again_writes_the_same_files(tmp_path):
    """`make compile` on a shipped version makes the compiled form that it ships with, and verifies it."""
    from training.compile import main

    shipped = ROOT / "models" / "universal" / "1"
    shutil.copytree(shipped, tmp_path / "universal" / "1", ignore=shutil.ignore_patterns("compiled"))
    assert main(["--models-dir", str(tmp_path)]) == 0
    for name in ("network.onnx", "binding.json"):
        assert (tmp_path / "universal/1/compiled" / name).read_bytes() == (shipped / "compiled" / name).read_bytes()


@pytest.mark.slow
def test_a_compiled_form_with_other_answers_is_removed(tmp_path):
    """A network with other weights is refused at export, and the earlier compiled form is restored."""
    from training.export.versions import compile_verified
    from training.networks import universal as universal_module

    path = tmp_path / "universal" / "1"
    shutil.copytree(ROOT / "models" / "universal" / "1", path)
    with pytest.raises(BundleError, match="golden case 1 differs"):
        compile_verified(path, universal_module.network(), None)
    onnx.load(path, 1)
    assert [p.name for p in path.parent.iterdir()] == ["1"]
