"""The served sentiment network as ONNX: weights stay bytes until a text needs them, and the LSTM is one node.

What each word adds is in a branch of the graph, since it is seldom asked for.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from onnx import TensorProto, helper

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN
from training.export.onnx_graph import Graph, bidirectional, finish, number, weights_of
from training.networks.attribution import BASELINE_STEPS, LAST_END, SMOOTHING
from training.networks.ngram_hash import CHARACTER_BUCKETS, CHARACTER_ORDERS, MULTIPLIERS, ORDERS
from training.networks.registry import STRIDE, WIDTH
from training.networks.word_vectors import BEGIN, END

BELOW = -2.0  # below every output of an LSTM
LAST = np.iinfo(np.int64).max


class Steps(NamedTuple):
    """Names of what the maximum over the steps gives.

    `shares` (steps, batch, features) of each step in each maximum, `excess` (1, batch, features) over the expected maximum,
    `present` (steps, batch) as 0 or 1, `even` (batch, 1), the effect of the length on each step, per unit of weight.
    """

    shares: str
    excess: str
    present: str
    even: str


def compile_classifier(network: keras.Model) -> bytes:
    """Return a served network (`review.quantize`) as the bytes of an ONNX model.

    Inputs: `tokens` int32 (batch, time), right-padded; `lengths` int32 (batch,); `spellings` uint8 (unknown words,
    SPELLING_BYTES); `explain` bool (). Outputs: `probability` (batch, classes), `evidence` (batch, 2) and `weights` (batch,
    time, classes), which is (batch, 0, classes) without `explain`.
    """
    graph = Graph()
    reader = network.get_layer("reader")
    count = graph.add("Div", graph.add("Add", "lengths", _int32(graph, STRIDE - 1)), _int32(graph, STRIDE))
    steps, logits = _maximum(graph, reader, _states(graph, network, reader, count), count)
    ngrams = _ngram_weights(graph, network.get_layer("ngrams"))
    total = graph.add("ReduceSum", graph.add("Sum", *ngrams), _int64(graph, 1), keepdims=0)
    graph.add("Softmax", graph.add("Add", logits, total), output="probability", axis=1)
    kernel = np.asarray(reader.get_layer("evidence").kernel)
    slopes = np.asarray(reader.get_layer("evidence").length_slope) @ kernel
    _evidence(graph, network.get_layer("sentences").poles, steps, kernel, slopes, ngrams)
    _explained(graph, steps, kernel, slopes, ngrams)
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT32, ["batch", "time"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
        helper.make_tensor_value_info("spellings", TensorProto.UINT8, ["unknown", SPELLING_BYTES]),
        helper.make_tensor_value_info("explain", TensorProto.BOOL, []),
    ]
    classes = kernel.shape[1]
    outputs = [
        helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["batch", classes]),
        helper.make_tensor_value_info("evidence", TensorProto.FLOAT, ["batch", 2]),
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["batch", "explained", classes]),
    ]
    return finish(graph, inputs, outputs)


def _states(graph: Graph, network: keras.Model, reader: keras.Model, count: str) -> str:
    """States (steps, batch, features). The vector of padding is zero, so the vectors need no mask."""
    layer = network.get_layer("vectors")
    vectors = _rows(graph, graph.constant(np.asarray(layer.codes)), graph.constant(np.asarray(layer.scale)), "tokens")
    vectors = _with_spellings(graph, layer, vectors)
    kernel, bias = weights_of(reader.get_layer("pairs"))
    channels_first = graph.add("Transpose", vectors, perm=(0, 2, 1))
    pairs = graph.add(
        "Conv",
        channels_first,
        graph.constant(kernel.transpose(2, 1, 0)),
        graph.constant(bias),
        strides=(STRIDE,),
        pads=(0, WIDTH - 1),
    )
    hidden = graph.add("Transpose", pairs, perm=(2, 0, 1))
    return bidirectional(graph, reader.get_layer("states"), hidden, count)


def _with_spellings(graph: Graph, layer: Any, vectors: str) -> str:
    """The word vectors, with those of the spellings added where a word is unknown. Most texts have none: a branch."""
    spelt, known = Graph("spelt_"), Graph("known_")
    is_unknown = spelt.add("Equal", "tokens", _int32(spelt, UNKNOWN, shape=()))
    places = spelt.add("Transpose", spelt.add("NonZero", is_unknown), perm=(1, 0))
    spelt.add("ScatterND", vectors, places, _spelled(spelt, layer), output="spelt_vectors", reduction="add")
    known.add("Identity", vectors, output="known_vectors")
    count = graph.add("Squeeze", graph.add("Shape", "spellings", start=0, end=1), _int64(graph, 0))
    has_unknown = graph.add("Greater", count, _int64(graph, 0, shape=()))
    return _branch(graph, has_unknown, (spelt, "spelt_vectors"), (known, "known_vectors"))


def _branch(
    graph: Graph, condition: str, then: tuple[Graph, str], otherwise: tuple[Graph, str], output: str | None = None
) -> str:
    """Add a condition with two branches, each with the name of its output."""
    branches = [
        helper.make_graph(
            branch.nodes, name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)], branch.weights
        )
        for branch, name in (then, otherwise)
    ]
    return graph.add("If", condition, output=output, then_branch=branches[0], else_branch=branches[1])


def _rows(graph: Graph, codes: str, scale: str, rows: str) -> str:
    """Rows of a table of codes, multiplied by their scales."""
    values = graph.add("Cast", graph.add("Gather", codes, rows), to=TensorProto.FLOAT)
    return graph.add("Mul", values, graph.add("Gather", scale, rows))


def _spelled(graph: Graph, layer: Any) -> str:
    """The vectors (words, size) of the spellings: see `word_vectors.character_ngrams`."""
    codes = graph.add("Cast", "spellings", to=TensorProto.INT64)
    codes = graph.add("Pad", codes, _int64(graph, 0, 1, 0, 1), _int64(graph, 0, shape=()))
    first = np.zeros((1, SPELLING_BYTES + 2), np.int64)
    first[0, 0] = BEGIN
    is_after = graph.constant(np.arange(SPELLING_BYTES + 2)[None] > 1)
    before = graph.add("Pad", codes, _int64(graph, 0, 1, 0, -1), _int64(graph, 0, shape=()))
    zero = _int64(graph, 0)
    is_end = graph.add("And", graph.add("Equal", codes, zero), graph.add("Greater", before, zero))
    end = graph.add(
        "Mul", graph.add("Cast", graph.add("And", is_end, is_after), to=TensorProto.INT64), _int64(graph, END)
    )
    codes = graph.add("Add", graph.add("Add", codes, graph.constant(first)), end)
    table = graph.constant(np.asarray(layer.piece_codes)), graph.constant(np.asarray(layer.piece_scale))
    sums, counts = [], []
    for order in CHARACTER_ORDERS:
        width = SPELLING_BYTES + 3 - order
        parts = [_slice(graph, codes, 1, offset, offset + width, 1) for offset in range(order)]
        exist = graph.add("Cast", graph.add("Greater", parts[-1], zero), to=TensorProto.FLOAT)
        pieces = _rows(graph, *table, _bucket(graph, parts, CHARACTER_BUCKETS))
        pieces = graph.add("Mul", pieces, graph.add("Unsqueeze", exist, _int64(graph, 2)))
        sums.append(graph.add("ReduceSum", pieces, _int64(graph, 1), keepdims=0))
        counts.append(graph.add("ReduceSum", exist, _int64(graph, 1), keepdims=1))
    return graph.add("Div", graph.add("Sum", *sums), graph.add("Max", graph.add("Sum", *counts), number(graph, 1.0)))


def _bucket(graph: Graph, parts: Sequence[str], buckets: int) -> str:
    """See `ngram_hash.buckets_of`."""
    total = _int64(graph, len(parts))
    for part, multiplier in zip(parts, MULTIPLIERS, strict=False):
        total = graph.add("Add", total, graph.add("Mul", part, _int64(graph, multiplier)))
    return graph.add("Mod", total, _int64(graph, buckets))


def _maximum(graph: Graph, reader: keras.Model, states: str, count: str) -> tuple[Steps, str]:
    """What the maximum over the steps is made of, and the logits (batch, classes): see `attribution.Attribution`."""
    layer = reader.get_layer("evidence")
    kernel, baseline_state, length_slope = (
        np.asarray(weights) for weights in (layer.kernel, layer.baseline_state, layer.length_slope)
    )
    tokens = _slice(graph, "tokens", 1, 0, LAST, STRIDE)
    present = graph.add("Greater", graph.add("Transpose", tokens, perm=(1, 0)), _int32(graph, 0))
    states = graph.add("Where", graph.add("Unsqueeze", present, _int64(graph, 2)), states, number(graph, BELOW))
    largest = graph.add("ReduceMax", states, axes=[0], keepdims=1)
    has_words = graph.add("Cast", graph.add("Greater", "lengths", _int32(graph, 0)), to=TensorProto.FLOAT)
    count = graph.add("Max", graph.add("Cast", count, to=TensorProto.FLOAT), number(graph, 1.0))
    log_length = graph.add("Mul", graph.add("Log", graph.add("Div", count, number(graph, BASELINE_STEPS))), has_words)
    of_rows, of_features = _int64(graph, 1), _int64(graph, 0, 2)
    rows_log = graph.add("Unsqueeze", log_length, of_rows)
    expected = graph.add(
        "Add",
        graph.constant(baseline_state),
        graph.add("Mul", graph.add("Unsqueeze", log_length, of_features), graph.constant(length_slope)),
    )
    excess = graph.add("Mul", graph.add("Sub", largest, expected), graph.add("Unsqueeze", has_words, of_features))
    is_largest = graph.add("Cast", graph.add("Equal", states, largest), to=TensorProto.FLOAT)
    shares = graph.add("Div", is_largest, graph.add("ReduceSum", is_largest, _int64(graph, 0), keepdims=1))
    total = graph.add("Squeeze", graph.add("MatMul", excess, graph.constant(kernel)), _int64(graph, 0))
    effect = graph.add("Mul", rows_log, graph.constant((length_slope @ kernel)[None]))
    logits = graph.add("Sum", total, effect, graph.constant(np.asarray(layer.baseline(), np.float32)[None]))
    even = graph.add("Div", rows_log, graph.add("Unsqueeze", count, of_rows))
    return Steps(shares, excess, graph.add("Cast", present, to=TensorProto.FLOAT), even), logits


def _step_weights(graph: Graph, steps: Steps, kernel: Any, slopes: Any) -> str:
    """What each step adds (batch, steps, columns), for the columns of a kernel (features, columns)."""
    added = graph.add("MatMul", graph.add("Mul", steps.shares, steps.excess), graph.constant(kernel))
    even = graph.add("Mul", steps.even, graph.constant(slopes[None]))
    present = graph.add("Unsqueeze", steps.present, _int64(graph, 2))
    added = graph.add("Add", added, graph.add("Mul", graph.add("Unsqueeze", even, _int64(graph, 0)), present))
    return graph.add("Transpose", added, perm=(1, 0, 2))


def _ngram_weights(graph: Graph, layer: Any) -> list[str]:
    """The weights of the n-grams that start at each position: (batch, time, classes) for each order."""
    codes, scale = graph.constant(np.asarray(layer.codes)), number(graph, float(layer.scale))
    tokens = graph.add("Cast", "tokens", to=TensorProto.INT64)
    words = [_shift(graph, tokens, -offset, 2, TensorProto.INT64) for offset in range(len(ORDERS))]
    weights = []
    for order in ORDERS:
        bucket = _bucket(graph, words[:order], layer.buckets)
        code = graph.add("Cast", graph.add("Gather", codes, bucket), to=TensorProto.FLOAT)
        is_complete = graph.add("Cast", graph.add("Greater", words[order - 1], _int64(graph, 0)), to=TensorProto.FLOAT)
        weight = graph.add("Mul", graph.add("Mul", code, graph.add("Abs", code)), scale)
        weight = graph.add("Mul", weight, graph.add("Unsqueeze", is_complete, _int64(graph, 2)))
        weights.append(graph.add("Pad", weight, _int64(graph, 0, 0, 1, 0, 0, 0), number(graph, 0.0)))
    return weights


def _evidence(
    graph: Graph, poles: tuple[int, int] | None, steps: Steps, kernel: Any, slopes: Any, ngrams: Sequence[str]
) -> None:
    """Add the output `evidence`: see `attribution.SentenceEvidence`."""
    batch = graph.add("Shape", "tokens", start=0, end=1)
    if poles is None:
        shape = graph.add("Concat", batch, _int64(graph, 2), axis=0)
        graph.add("Expand", number(graph, 0.0), shape, output="evidence")
        return
    negative, positive = poles
    contrast = np.zeros((kernel.shape[1], 1), np.float32)
    contrast[positive], contrast[negative] = 1.0, -1.0
    at_words = graph.add("MatMul", graph.add("Sum", *ngrams), graph.constant(contrast))
    at_steps = _step_weights(graph, steps, kernel @ contrast, slopes @ contrast)
    time = graph.add("Shape", "tokens", start=1, end=2)
    at_steps = graph.add("Pad", at_steps, _int64(graph, 0, 0, 0, 0, 0, STRIDE - 1), number(graph, 0.0))
    at_steps = graph.add("Reshape", at_steps, _int64(graph, 0, -1))
    at_steps = graph.add("Slice", at_steps, _int64(graph, 0), time, _int64(graph, 1))
    evidence = graph.add("Add", graph.add("Squeeze", at_words, _int64(graph, 2)), at_steps)
    is_end = graph.add(
        "And",
        graph.add("Greater", "tokens", _int32(graph, UNKNOWN)),
        graph.add("Less", "tokens", _int32(graph, LAST_END + 1)),
    )
    ends = graph.add("Cast", is_end, to=TensorProto.INT64)
    sentence = graph.add("CumSum", ends, _int64(graph, 1, shape=()), exclusive=1)
    zeros = graph.add("Mul", evidence, number(graph, 0.0))
    sums = graph.add("ScatterElements", zeros, sentence, evidence, axis=1, reduction="add")
    largest = graph.add("Max", graph.add("ReduceMax", sums, axes=[1], keepdims=1), number(graph, 0.0))
    least = graph.add("Min", graph.add("ReduceMin", sums, axes=[1], keepdims=1), number(graph, 0.0))
    graph.add("Concat", largest, least, output="evidence", axis=1)


def _explained(graph: Graph, steps: Steps, kernel: Any, slopes: Any, ngrams: Sequence[str]) -> None:
    """Add the output `weights`: that of words, if `explain` is true, else an array without words."""
    words, nothing = Graph("words_"), Graph("nothing_")
    _word_weights(words, _step_weights(words, steps, kernel, slopes), ngrams)
    zeros = nothing.constant(np.zeros((1, 0, kernel.shape[1]), np.float32))
    batch = nothing.add("Shape", "tokens", start=0, end=1)
    shape = nothing.add("Concat", batch, _int64(nothing, 0, kernel.shape[1]), axis=0)
    nothing.add("Expand", zeros, shape, output="nothing")
    _branch(graph, "explain", (words, "explained_words"), (nothing, "nothing"), "weights")


def _word_weights(graph: Graph, steps: str, ngrams: Sequence[str]) -> None:
    """What each word adds (batch, time, classes): see `attribution.WordWeights`."""
    from_ngrams = []
    for order, weights in zip(ORDERS, ngrams, strict=True):
        share = graph.add("Div", weights, number(graph, order))
        from_ngrams += [_shift(graph, share, offset, 3, TensorProto.FLOAT) for offset in range(order)]
    is_word = graph.add("Cast", graph.add("Greater", "tokens", _int32(graph, 0)), to=TensorProto.FLOAT)
    size = graph.add("ReduceSum", graph.add("Abs", ngrams[0]), _int64(graph, 2), keepdims=0)
    own = graph.add("Mul", graph.add("Add", size, number(graph, SMOOTHING)), is_word)
    own = graph.add("Pad", own, _int64(graph, 0, 0, 0, STRIDE - 1), number(graph, 0.0))
    length = graph.add("Shape", "tokens", start=1, end=2)
    steps_count = graph.add("Div", graph.add("Add", length, _int64(graph, STRIDE - 1)), _int64(graph, STRIDE))
    own = graph.add(
        "Slice", own, _int64(graph, 0), graph.add("Mul", steps_count, _int64(graph, STRIDE)), _int64(graph, 1)
    )
    pairs = graph.add("Reshape", own, _int64(graph, 0, -1, STRIDE, 1))
    sums = graph.add("Max", graph.add("ReduceSum", pairs, _int64(graph, 2), keepdims=1), number(graph, 1e-12))
    from_steps = graph.add("Mul", graph.add("Div", pairs, sums), graph.add("Unsqueeze", steps, _int64(graph, 2)))
    classes = graph.add("Shape", steps, start=2, end=3)
    batch = graph.add("Shape", "tokens", start=0, end=1)
    shape = graph.add("Concat", batch, _int64(graph, -1), classes, axis=0)
    from_steps = graph.add("Slice", graph.add("Reshape", from_steps, shape), _int64(graph, 0), length, _int64(graph, 1))
    graph.add("Sum", from_steps, *from_ngrams, output="explained_words")


def _shift(graph: Graph, values: str, offset: int, rank: int, kind: int) -> str:
    """Values (batch, time, …) of a rank moved later by `offset` positions, as `word_vectors.shift` does."""
    if offset == 0:
        return values
    zero = _int64(graph, 0, shape=()) if kind == TensorProto.INT64 else number(graph, 0.0)
    before, after = (offset, 0) if offset > 0 else (0, -offset)
    rest = (0,) * (rank - 2)
    padded = graph.add("Pad", values, _int64(graph, 0, before, *rest, 0, after, *rest), zero)
    return _slice(graph, padded, 1, 0, -offset, 1) if offset > 0 else _slice(graph, padded, 1, -offset, LAST, 1)


def _slice(graph: Graph, values: str, axis: int, first: int, end: int, stride: int) -> str:
    return graph.add("Slice", values, *(_int64(graph, bound) for bound in (first, end, axis, stride)))


def _int64(graph: Graph, *values: int, shape: tuple[int, ...] | None = None) -> str:
    return graph.constant(np.array(values, np.int64).reshape(shape if shape is not None else (-1,)))


def _int32(graph: Graph, value: int, shape: tuple[int, ...] = (1,)) -> str:
    return graph.constant(np.array([value], np.int32).reshape(shape))
