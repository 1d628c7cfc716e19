"""The compiled form: bound to its SavedModel, and refused when anything about it is off."""

import json
import shutil

import numpy as np
import pytest

from service.artifacts import bundle, onnx
from service.artifacts.files import BundleError, sha256
from service.artifacts.saved_model import BUCKETS, bucketed
from tests import fakes


@pytest.fixture
def version(tmp_path):
    """A version directory whose SavedModel and compiled form hold no network that could be loaded."""
    whole = fakes.forecast_bundle()

    def write(path):
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"program")

    path = bundle.save(tmp_path, whole.card, whole.golden, write, scaler=whole.scaler)
    onnx.write(path, b"network", ["", "[UNK]", "good"])
    return path


def rebind(version, **changes):
    """Write a binding that states what is there, as one who tampers well would."""
    directory = version / "compiled"
    files = {p.name: sha256(p) for p in directory.iterdir() if p.name != "binding.json"}
    stated = {"format_version": 1, "saved_model": onnx.fingerprint(version), "files": files} | changes
    (directory / "binding.json").write_text(json.dumps(stated))


def test_a_compiled_form_does_not_change_its_version(version):
    """The SavedModel's checksums hold with it, without it, and with another."""
    bundle.verify(version)
    onnx.write(version, b"another network")
    bundle.verify(version)
    shutil.rmtree(version / "compiled")
    bundle.verify(version)


def test_a_write_that_fails_leaves_nothing(version):
    shutil.rmtree(version / "compiled")
    with pytest.raises(TypeError):
        onnx.write(version, "no bytes")
    assert not onnx.exists(version)
    assert [p.name for p in version.parent.iterdir()] == ["1"]


def test_one_of_another_saved_model_is_refused(version):
    """Stale: the SavedModel was trained again and the compiled form was not."""
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
    rebind(version)
    with pytest.raises(BundleError, match="holds other files than"):
        onnx.load(version, 1)
    (version / "compiled" / "more.onnx").unlink()
    with pytest.raises(BundleError, match=r"more\.onnx is missing"):
        onnx.load(version, 1)


@pytest.mark.parametrize("changes", [{"format_version": 2}, {"files": None}, {"extra": 1}])
def test_a_binding_of_another_form_is_refused(version, changes):
    rebind(version, **changes)
    with pytest.raises(BundleError, match=r"binding\.json is not valid"):
        onnx.load(version, 1)


def test_a_network_that_is_no_onnx_is_refused(version):
    with pytest.raises(BundleError, match=r"network\.onnx cannot be loaded by ONNX Runtime"):
        onnx.load(version, 1)


def test_a_version_without_a_compiled_form_says_how_to_get_one(version):
    shutil.rmtree(version / "compiled")
    with pytest.raises(BundleError, match=r"compiled is missing; `make compile`"):
        bundle.load(version, backend="onnx")


def test_a_batch_is_padded_to_the_next_size_where_that_pays():
    """What was compiled for a size serves it; the answers of the padding are dropped."""
    slow_calls, fast_calls = [], []

    def slow(batch):
        slow_calls.append(len(batch))
        np.linalg.svd(np.ones((60, 60)))
        return {"output": batch[:, -1, :] + 1}

    def fast(batch):
        fast_calls.append(len(batch))
        return {"output": batch[:, -1, :] + 1}

    run = bucketed(slow, fast, np.zeros((1, 5, 1), np.float32))
    assert set(fast_calls) == set(slow_calls) == set(BUCKETS)
    slow_calls.clear(), fast_calls.clear()
    batch = np.arange(15, dtype=np.float32).reshape(3, 5, 1)
    assert run(batch)["output"].ravel().tolist() == [5, 10, 15]
    assert run(np.zeros((65, 5, 1), np.float32))["output"].shape == (65, 1)
    assert (fast_calls, slow_calls) == ([4], [65])


def test_what_cannot_be_compiled_is_run_as_it_is():
    def run(batch):
        return {"output": batch[:, -1, :]}

    def refused(batch):
        raise ValueError("no such operation")

    choose = bucketed(run, refused, np.zeros((1, 5, 1), np.float32))
    assert choose(np.ones((2, 5, 1), np.float32))["output"].tolist() == [[1], [1]]
