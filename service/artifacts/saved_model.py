"""A SavedModel as a function: checked, loaded by TensorFlow, compiled by XLA for batches of fixed sizes.

TensorFlow is imported in `load` only: it takes seconds and half a gigabyte, and the slim image does not have it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from service.artifacts.files import BundleError, refuse
from service.interfaces import Network

# A SavedModel is a program, so it should come from somebody whose code one would run. No network of ours needs these
# operations: they use files or Python, or run only on a GPU. A SavedModel that has one is refused.
FORBIDDEN_OPS = frozenset(
    [
        "EagerPyFunc",
        "PyFunc",
        "PyFuncStateless",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PrintV2",
        "Print",
        "ReaderReadV2",
        "WholeFileReaderV2",
        "FixedLengthRecordReaderV2",
        "TextLineReaderV2",
        "TFRecordReaderV2",
        "TextLineDataset",
        "TFRecordDataset",
        "FixedLengthRecordDatasetV2",
        "GeneratorDataset",
        "SaveDatasetV2",
        "LoadDataset",
        "LoadDatasetV2",
        "MatchingFilesDataset",
        "SqlDataset",
        "SnapshotDataset",
        "SnapshotDatasetV2",
        "CreateSummaryFileWriter",
        "InitializeTableFromTextFile",
        "CudnnRNN",
        "CudnnRNNV2",
        "CudnnRNNV3",
    ]
)
BUCKETS = (1, 4, 16, 64)  # batch sizes that XLA compiles for; a batch is padded to the next one
TRIALS = 5  # calls whose time is measured


def load(path: Path, threads: int, *, example: npt.NDArray[Any] | None = None) -> Network:
    """Return the `serving_default` signature of the SavedModel in `path`; its inputs are in the order of their names.

    With an `example` of shape (1, …), XLA compiles each batch size of BUCKETS, and the faster of the compiled function and
    the plain signature serves that size. Without one (a model that reads text), the signature serves: XLA has no strings.
    Raises BundleError for a program that cannot be loaded or uses one of FORBIDDEN_OPS.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(threads))
    try:
        import tensorflow as tf
    except ImportError as error:
        raise BundleError(f"{path} needs TensorFlow, which is not installed here (the slim image?)") from error
    _check_program(path / "saved_model.pb")
    try:
        model = tf.saved_model.load(str(path))
        serve = model.signatures["serving_default"]
        ((_, arguments),) = [serve.structured_input_signature]
        names = sorted(arguments)
    except Exception as error:
        raise BundleError(f"{path} cannot be loaded as a SavedModel: {error}") from error

    def run(*arrays: npt.NDArray[Any], _keep_alive: object = model) -> dict[str, npt.NDArray[Any]]:
        outputs = serve(**{name: tf.constant(array) for name, array in zip(names, arrays, strict=True)})
        return {name: np.asarray(value) for name, value in outputs.items()}

    if example is None:
        return run
    (argument,) = names
    compiled = tf.function(lambda batch: serve(**{argument: batch}), jit_compile=True, autograph=False)

    def fast(*arrays: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        return {name: np.asarray(value) for name, value in compiled(*map(tf.constant, arrays)).items()}

    return bucketed(run, fast, example)


def bucketed(run: Network, fast: Network, example: npt.NDArray[Any]) -> Network:
    """Return a network that calls `fast` for those batch sizes of BUCKETS where it is faster than `run`.

    Both are called with every size here, so nothing is compiled later, during requests. A batch over the largest size, or
    of a size where `fast` is slower, goes to `run` without padding.
    """
    fast_sizes = [size for size in BUCKETS if _seconds(fast, example, size) < _seconds(run, example, size)]

    def choose(*arrays: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        (batch,) = arrays
        size = next((size for size in BUCKETS if size >= len(batch)), None)
        if size not in fast_sizes:
            return run(batch)
        padding = [(0, size - len(batch))] + [(0, 0)] * (batch.ndim - 1)
        return {name: value[: len(batch)] for name, value in fast(np.pad(batch, padding)).items()}

    return choose


def _seconds(run: Network, example: npt.NDArray[Any], size: int) -> float:
    """The least seconds of a few calls with a batch of `size`; infinite if it cannot be called."""
    batch = np.repeat(example, size, axis=0)
    try:
        run(batch)
        times = []
        for _ in range(TRIALS):
            started = perf_counter()
            run(batch)
            times.append(perf_counter() - started)
    except Exception:  # whatever XLA may find that it cannot compile
        return float("inf")
    return min(times)


def _check_program(file: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    program = saved_model_pb2.SavedModel()
    try:
        program.ParseFromString(file.read_bytes())
    except Exception as error:
        raise BundleError(f"{file} is not a SavedModel: {error}") from error
    for graph in (meta.graph_def for meta in program.meta_graphs):
        nodes = [graph.node, *(function.node_def for function in graph.library.function)]
        forbidden = {node.op for group in nodes for node in group} & FORBIDDEN_OPS
        if forbidden:
            refuse(file, f"uses {', '.join(sorted(forbidden))}")
