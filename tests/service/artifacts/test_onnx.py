"""The compiled form of a version: tied to its SavedModel, and refused when it was changed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from service.artifacts import bundle, onnx
from service.artifacts.files import BundleError, sha256
from tests import fakes
from tests.patience import PATIENCE_S
from tests.processes import ROOT, shipped


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


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "flipped", "other protobuf"])
def test_a_damaged_network_is_refused(tmp_path, damage):
    """Whatever ONNX Runtime raises for it."""
    whole = (shipped("simple_rnn") / "compiled" / "network.onnx").read_bytes()
    middle = len(whole) // 2
    network = {
        "truncated": whole[:middle],
        "emptied": b"",
        "overwritten": whole[:100] + b"\xff" * (len(whole) - 100),
        "flipped": bytes(255 - byte for byte in whole),
        "other protobuf": (shipped("simple_rnn") / "saved_model.pb").read_bytes(),
    }[damage]
    with pytest.raises(BundleError, match=r"network\.onnx cannot be loaded by ONNX Runtime"):
        onnx.session(tmp_path / "network.onnx", network, 1)


def network_with_inputs(*names):
    """A network that returns each of its inputs, as bytes."""
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in names]
    outputs = [helper.make_tensor_value_info(f"same {name}", TensorProto.FLOAT, ["n"]) for name in names]
    nodes = [helper.make_node("Identity", [name], [f"same {name}"]) for name in names]
    graph = helper.make_graph(nodes, "same", inputs, outputs)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return model.SerializeToString()


def test_arrays_come_in_the_order_of_the_names(tmp_path):
    """Whatever the order of the network's own inputs."""
    run = onnx.session(tmp_path, network_with_inputs("b", "a"), 1, ("a", "b"))
    outputs = run(np.array([1], np.float32), np.array([2], np.float32))
    assert {name: value.tolist() for name, value in outputs.items()} == {"same a": [1], "same b": [2]}


def test_nothing_is_reported_to_the_maker_of_the_runtime(tmp_path):
    """It would keep an id of the machine, and what it has not sent yet, below the home directory."""
    (tmp_path / "network.onnx").write_bytes(network_with_inputs("a"))
    home = tmp_path / "home"
    home.mkdir()
    variables = {
        name: value for name, value in os.environ.items() if name != "CI" and not name.startswith(("ORT_", "XDG_"))
    }
    code = "import sys, pathlib; from service.artifacts import onnx; file = pathlib.Path(sys.argv[1]); onnx.session(file, file.read_bytes(), 1)"
    command = [sys.executable, "-c", code, tmp_path / "network.onnx"]
    subprocess.run(command, check=True, cwd=ROOT, env=variables | {"HOME": str(home)}, timeout=PATIENCE_S)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("inputs", [("tokens", "lengths"), ("tokens", "lengths", "spellings", "explain", "more")])
def test_a_text_network_of_other_inputs_is_refused(version, inputs):
    """An older version of the compiler made it."""
    onnx.write(version, network_with_inputs(*inputs), ["", "[UNK]", "good"])
    with pytest.raises(BundleError, match=r"network\.onnx takes tokens, lengths.*, not tokens, .*`make compile`"):
        onnx.load(version, 1)


def test_a_text_network_and_its_vocabulary_are_loaded(version):
    onnx.write(version, network_with_inputs(*onnx.TEXT_INPUTS), ["", "[UNK]", "good"])
    network, tokenizer = onnx.load(version, 1)
    assert tokenizer.vocabulary == ("", "[UNK]", "good")
    assert len(network(*[np.zeros(1, np.float32)] * 4)) == 4


def test_a_network_over_the_limit_is_not_read(version, monkeypatch):
    monkeypatch.setattr(onnx, "MAX_NETWORK_BYTES", 3)
    with pytest.raises(BundleError, match=r"network\.onnx is larger than 3 bytes"):
        onnx.load(version, 1)


def test_a_version_that_may_not_be_looked_at_is_refused(version, monkeypatch):
    def denied(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", denied)
    with pytest.raises(BundleError, match="compiled cannot be read: Permission denied"):
        onnx.exists(version)


# ---- the call of a session


class InnerSession:
    """What a session calls in the end: it gives back its input as its output."""

    def run(self, outputs, feed, options):
        assert options is None
        return [feed["window"] for _ in outputs]


class Session:
    """A session as ONNX Runtime has it, whose own `run` is not needed."""

    def __init__(self):
        self._sess = InnerSession()


@pytest.mark.parametrize("session", [Session(), InnerSession()])
def test_a_session_is_called_directly_where_it_can_be(session):
    """A version of ONNX Runtime without the inner session is called by its own `run`."""
    network = onnx._network(session, ["window"], ["output"])
    assert network("readings") == {"output": "readings"}


def test_arrays_that_are_not_as_many_as_the_inputs_are_refused():
    with pytest.raises(ValueError, match="longer"):
        onnx._network(Session(), ["window"], ["output"])("readings", "lengths")


def test_this_version_of_onnx_runtime_has_the_inner_session():
    """Otherwise every call would take longer, and nothing else would tell."""
    runtime = pytest.importorskip("onnxruntime")
    (path,) = (ROOT / "models" / "gru").glob("*/compiled/network.onnx")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert callable(session._sess.run)
