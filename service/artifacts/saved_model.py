"""A SavedModel as a function: checked, loaded by TensorFlow, compiled by XLA for batches of fixed sizes.

TensorFlow is imported in `load` only: it takes seconds and half a gigabyte, and the slim image does not have it.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from ..interfaces import Network
from .files import BundleError, read_bytes, refuse

# A SavedModel is a program: operations read and write files, run Python, open connections. Only these are admitted. They
# compute, look words up, or keep variables. They are what every version in models/ uses, and what TensorFlow exports of the
# networks in training/networks/ and of Keras' recurrent, dense, convolution, pooling, normalization, attention, embedding
# and text layers, and of its functions of arrays. A network that needs another operation is refused by its name. Before
# you add one, make sure that it touches nothing but tensors: `tensorflow/core/ops/*.cc` says what it does.
ALLOWED_OPS = frozenset(
    """
    Abs Acos Acosh Add AddV2 All Any ArgMax ArgMin AsString Asin Asinh AssignVariableOp Atan Atan2 Atanh AvgPool
    BatchMatMulV2 BatchToSpaceND BiasAdd Bitcast BitwiseAnd BlockLSTM BroadcastArgs BroadcastTo Bucketize Case Cast
    Ceil ConcatV2 Const Conv2D Conv2DBackpropInput Cos Cosh Cumprod Cumsum CumulativeLogsumexp DecodePaddedRaw DenseBincount
    DepthwiseConv2dNative DisableCopyOnRead DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor
    FloorDiv FloorMod GatherNd GatherV2 Greater GreaterEqual HashTableV2 Identity IdentityN If Imag InvertPermutation
    IsFinite IsInf IsNan LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr
    LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 MatMul MatrixBandPart MatrixSetDiagV3 Max MaxPool
    Maximum Mean Min Minimum Mul MutableHashTableV2 Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 PartitionedCall
    Placeholder PlaceholderWithDefault Pow Prod RFFT RaggedBincount RaggedTensorToTensor Range ReadVariableOp Real
    RealDiv Reciprocal ReduceJoin Relu Relu6 Reshape ReverseSequence ReverseV2 Roll Round Rsqrt ScatterNd Select
    SelectV2 Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToBatchND Split Sqrt Square
    SquaredDifference Squeeze StatefulPartitionedCall StatelessCase StatelessIf StatelessRandomGetKeyCounter
    StatelessRandomUniformV2 StatelessWhile StaticRegexFullMatch StaticRegexReplace StopGradient StridedSlice
    StringJoin StringLength StringLower StringNGrams StringSplitV2 StringToHashBucketFast StringToNumber Sub Substr
    Sum Tan Tanh TensorListFromTensor TensorListGetItem TensorListReserve TensorListSetItem TensorListStack
    TensorScatterAdd TensorScatterUpdate Tile TopKV2 Transpose UnicodeDecode UnicodeEncode Unique Unpack UnsortedSegmentMax
    UnsortedSegmentSum VarHandleOp VarIsInitializedOp Where While Xlogy ZerosLike
    """.split()  # noqa: SIM905 - a list would have a line for each
)
# TensorFlow puts functions with these into every SavedModel. They write and read checkpoints, and serving never calls them:
# no function that is offered to callers, or that it calls, may have one.
SAVER_OPS = frozenset(["MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"])
MAX_PROGRAM_BYTES = 512 << 20
BUCKETS = (1, 4, 16, 64)  # batch sizes that XLA compiles for; a batch is padded to the next one
TRIALS = 5  # calls whose time is measured


def load(path: Path, threads: int, *, example: npt.NDArray[Any] | None = None) -> Network:
    """Return the `serving_default` signature of the SavedModel in `path`; its inputs are in the order of their names.

    With an `example` of shape (1, …), XLA compiles each batch size of BUCKETS, and the faster of the compiled function and
    the plain signature serves that size. Without one (a model that reads text), the signature serves: XLA has no strings.
    Raises BundleError for a program that cannot be loaded or uses another operation than ALLOWED_OPS.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(threads))
    try:
        import tensorflow as tf
    except ImportError as error:
        raise BundleError(f"{path} needs TensorFlow, which is not installed here (the slim image?)") from error
    check_program(path / "saved_model.pb")
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


def check_program(file: Path) -> None:
    """Raise BundleError unless `file` is the program of a SavedModel that only computes. Needs TensorFlow."""
    from tensorflow.core.protobuf import saved_model_pb2

    program = saved_model_pb2.SavedModel()
    try:
        program.ParseFromString(read_bytes(file, MAX_PROGRAM_BYTES))
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"{file} is not a SavedModel: {error}") from error
    # any other is loaded as one of TensorFlow 1, which runs the graph outside of its functions too
    if len(program.meta_graphs) != 1 or not program.meta_graphs[0].HasField("object_graph_def"):
        refuse(file, "is not a SavedModel of one graph, as TensorFlow 2 writes it")
    (meta,) = program.meta_graphs
    functions = {function.signature.name: function.node_def for function in meta.graph_def.library.function}
    ops = {node.op for nodes in (meta.graph_def.node, *functions.values()) for node in nodes}
    offered = _reachable(meta.object_graph_def.concrete_functions, functions)
    forbidden = (ops - ALLOWED_OPS - SAVER_OPS) | {
        node.op for name in offered for node in functions[name] if node.op in SAVER_OPS
    }
    if forbidden:
        refuse(file, f"uses {', '.join(sorted(forbidden))}; the operations that are admitted only compute")


def _reachable(names: Iterable[str], functions: Mapping[str, Any]) -> set[str]:
    """The functions that are named, and those that they call in turn. `functions` has their nodes."""
    reachable: set[str] = set()
    waiting = [name for name in names if name in functions]
    while waiting:
        name = waiting.pop()
        if name in reachable:
            continue
        reachable.add(name)
        for node in functions[name]:
            called = [node.op]
            for value in node.attr.values():
                called += [value.func.name, *(function.name for function in value.list.func)]
            waiting += [name for name in called if name in functions]
    return reachable
