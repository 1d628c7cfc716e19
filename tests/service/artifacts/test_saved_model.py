"""A SavedModel: which programs are admitted, and which batch sizes run compiled."""

import ast
import inspect
import re

import numpy as np
import pytest

from service.artifacts import saved_model
from service.artifacts.files import BundleError
from service.artifacts.saved_model import ALLOWED_OPS, BUCKETS, SAVER_OPS, bucketed
from tests import fakes, review_networks
from tests.processes import ROOT


def test_a_batch_is_padded_to_the_next_size_where_that_pays():
    """The compiled function serves the sizes for which it is faster; the answers of the padding are dropped."""
    slow_calls: list[int] = []
    fast_calls: list[int] = []

    def slow(*arrays):
        (batch,) = arrays
        slow_calls.append(len(batch))
        np.linalg.svd(np.ones((60, 60)))
        return {"output": batch[:, -1, :] + 1}

    def fast(*arrays):
        (batch,) = arrays
        fast_calls.append(len(batch))
        return {"output": batch[:, -1, :] + 1}

    run = bucketed(slow, fast, np.zeros((1, 5, 1), np.float32))
    assert set(fast_calls) == set(slow_calls) == set(BUCKETS)
    slow_calls.clear()
    fast_calls.clear()
    batch = np.arange(15, dtype=np.float32).reshape(3, 5, 1)
    assert run(batch)["output"].ravel().tolist() == [5, 10, 15]
    assert run(np.zeros((65, 5, 1), np.float32))["output"].shape == (65, 1)
    assert (fast_calls, slow_calls) == ([4], [65])


def test_a_function_that_cannot_be_compiled_runs_as_it_is():
    def run(*arrays):
        (batch,) = arrays
        return {"output": batch[:, -1, :]}

    def refused(*arrays):
        raise ValueError("no such operation")

    choose = bucketed(run, refused, np.zeros((1, 5, 1), np.float32))
    assert choose(np.ones((2, 5, 1), np.float32))["output"].tolist() == [[1], [1]]


def test_the_operations_are_listed_in_order():
    """So that a new one has one place, and is seen in a review."""
    (words,) = [
        w
        for w in ast.walk(ast.parse(inspect.getsource(saved_model)))
        if isinstance(w, ast.Constant) and "Abs Acos" in str(w.value)
    ]
    listed = words.value.split()
    assert listed == sorted(set(listed))
    assert set(listed) == ALLOWED_OPS
    assert not ALLOWED_OPS & SAVER_OPS


@pytest.mark.slow
def test_no_operation_that_is_admitted_touches_more_than_tensors():
    """By TensorFlow's own registry: only variables, tables and calls of functions have a state."""
    from tensorflow.python.framework import op_def_registry

    stateful = {name for name in ALLOWED_OPS if op_def_registry.get(name).is_stateful}
    kinds = r"Var|AssignVariable|ReadVariable|DisableCopyOnRead|(Mutable)?HashTable|LookupTable|(StatefulPartitionedCall|While|If|Case)$"
    assert all(re.match(kinds, name) for name in stateful), stateful
    assert not any(
        re.search(r"File|Py|Print|Dataset|Summary|Debug|Rpc|Collective|Save|Restore", name) for name in ALLOWED_OPS
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", sorted((ROOT / "models").glob("*/*/saved_model.pb")), ids=lambda file: file.parent.parent.name
)
def test_every_shipped_version_is_admitted(file):
    saved_model.check_program(file)


@pytest.mark.slow
def test_every_network_that_training_can_export_is_admitted(tmp_path):
    from training.export import saved_model as export
    from training.networks import text, tutorial, universal

    networks = {name: build(24, 14) for name, build in tutorial.FORECASTERS.items()}
    for name, network in {**networks, "universal": universal.network(4)}.items():
        export.write_forecaster(tmp_path / name, network)
        network.export(tmp_path / f"{name}-keras", verbose=False)
    text.bilstm(50, 0.2).export(tmp_path / "bilstm", verbose=False)
    words = ["", "[UNK]", *(f"word{number}" for number in range(48))]
    review = review_networks.served(np.random.default_rng(0))
    export.write_classifier(tmp_path / "review", words, review, fakes.sentiment_card())
    programs = sorted(tmp_path.glob("*/saved_model.pb"))
    assert len(programs) == 14
    for program in programs:
        saved_model.check_program(program)


SECRET = "/etc/hostname"


def programs():
    """What a program might do beside computing; each has the operation in its name, up to a dot."""
    import tensorflow as tf

    raw = tf.raw_ops
    checkpoint = {"prefix": "/tmp/x", "tensor_names": ["a"], "shape_and_slices": [""]}
    summary = raw.SummaryWriter

    @tf.function
    def read(_):
        return tf.io.read_file(SECRET)

    return {
        "ReadFile": read,
        "ReadFile.in a function of a function": lambda x: tf.function(lambda: tf.map_fn(read, tf.constant(["a"])))(),
        "ReadFile.in a loop": lambda x: tf.while_loop(
            lambda i, _: i < 2, lambda i, _: (i + 1, read(x)), (0, tf.constant(""))
        ),
        "ReadFile.in a condition": lambda x: tf.cond(tf.reduce_sum(x) > 1e9, lambda: read(x), lambda: tf.constant("")),
        "ReadFile.in a case": lambda x: tf.switch_case(tf.constant(0), [lambda: tf.constant(""), lambda: read(x)]),
        "WriteFile": lambda x: raw.WriteFile(filename="/tmp/x", contents=""),
        "MatchingFiles": lambda x: tf.io.matching_files("/etc/*"),
        "EagerPyFunc": lambda x: tf.py_function(lambda y: y, [x], tf.float32),
        "PyFunc": lambda x: tf.numpy_function(lambda y: y, [x], tf.float32),
        "PrintV2": lambda x: tf.print("x", output_stream="file:///tmp/x"),
        "SaveV2": lambda x: raw.SaveV2(**checkpoint, tensors=[tf.constant(1.0)]),
        "RestoreV2": lambda x: raw.RestoreV2(**checkpoint, dtypes=[tf.float32]),
        "MergeV2Checkpoints": lambda x: raw.MergeV2Checkpoints(checkpoint_prefixes=["a"], destination_prefix="/tmp/x"),
        "TensorDataset": lambda x: tf.data.Dataset.from_tensors(x).reduce(0, lambda n, _: n + 1),
        "TFRecordDataset": lambda x: tf.data.TFRecordDataset(SECRET).reduce(0, lambda n, _: n + 1),
        "DebugIdentityV2": lambda x: raw.DebugIdentityV2(input=x, debug_urls=["file:///tmp/x"]),
        "SummaryWriter": lambda x: raw.CreateSummaryFileWriter(
            writer=summary(shared_name="x"), logdir="/tmp/x", max_queue=1, flush_millis=1, filename_suffix=""
        ),
        "InitializeTableFromTextFileV2": lambda x: raw.InitializeTableFromTextFileV2(
            table_handle=raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64),
            filename=SECRET,
            key_index=-2,
            value_index=-1,
        ),
        "FIFOQueueV2": lambda x: raw.FIFOQueueV2(component_types=[tf.float32]),
    }


@pytest.mark.slow
def test_a_program_that_does_more_than_compute_is_refused_by_the_operation(tmp_path):
    """Also if it is in a branch, a loop's body, or a function of a function."""
    for number, (name, program) in enumerate(programs().items()):
        write_program(tmp_path / str(number), program)
        with pytest.raises(BundleError, match=rf"uses (\w+, )*{name.partition('.')[0]}\b"):
            saved_model.check_program(tmp_path / str(number) / "saved_model.pb")


def write_program(path, also):
    """A SavedModel that computes a forecast, and does something else before it answers."""
    import tensorflow as tf

    def serve(window):
        done = [tensor for tensor in tf.nest.flatten(also(window)) if tensor is not None]
        with tf.control_dependencies(done):
            return {"output": tf.identity(window[:, -1, :])}

    signature = [tf.TensorSpec([None, 5, 1], tf.float32, "window")]
    function = tf.function(serve, input_signature=signature, autograph=False)
    tf.saved_model.save(tf.Module(), str(path), signatures={"serving_default": function.get_concrete_function()})


@pytest.fixture
def program(tmp_path):
    """A SavedModel that computes only, the message that it is made of, and a check of the message when it was changed."""
    from tensorflow.core.protobuf import saved_model_pb2

    write_program(tmp_path, lambda window: window)
    file = tmp_path / "saved_model.pb"
    message = saved_model_pb2.SavedModel()
    message.ParseFromString(file.read_bytes())

    def check():
        file.write_bytes(message.SerializeToString())
        saved_model.check_program(file)

    return message, check


@pytest.mark.slow
def test_a_program_that_was_written_by_hand_is_refused(program):
    """A custom operation, in a function that nothing calls or outside of all functions; and a checkpoint's operation in
    a function with the name of a harmless one.
    """
    message, check = program
    check()
    (meta,) = message.meta_graphs
    library = meta.graph_def.library
    unused = library.function.add()
    unused.signature.name = "unused"
    node = unused.node_def.add(name="a", op="Vendor>Custom")
    with pytest.raises(BundleError, match="uses Vendor>Custom;"):
        check()
    node.op = "NoOp"
    outside = meta.graph_def.node.add(name="b", op="Exit")
    with pytest.raises(BundleError, match="uses Exit;"):
        check()
    outside.op = "NoOp"
    check()
    node.op, unused.signature.name = "SaveV2", "Identity"  # which the forecast calls
    with pytest.raises(BundleError, match="uses SaveV2;"):
        check()


@pytest.mark.slow
def test_a_program_of_tensorflow_1_is_refused(program):
    """It would be loaded in another way, by which more of it runs."""
    message, check = program
    message.meta_graphs.add().CopyFrom(message.meta_graphs[0])
    with pytest.raises(BundleError, match="is not a SavedModel of one graph"):
        check()
    del message.meta_graphs[1]
    message.meta_graphs[0].ClearField("object_graph_def")
    with pytest.raises(BundleError, match="is not a SavedModel of one graph"):
        check()
    del message.meta_graphs[:]
    with pytest.raises(BundleError, match="is not a SavedModel of one graph"):
        check()


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"\xff" * 1000, b"text", b"\x12" * 99])
def test_what_is_no_program_is_refused(tmp_path, content, monkeypatch):
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(BundleError, match="is not a SavedModel"):
        saved_model.check_program(tmp_path / "saved_model.pb")
    monkeypatch.setattr(saved_model, "MAX_PROGRAM_BYTES", 3)
    with pytest.raises(BundleError, match="is larger than 3 bytes"):
        saved_model.check_program(tmp_path / "saved_model.pb")
