"""The served sentiment network as ONNX: weights stay bytes until a text needs them, and the LSTM is one node."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from onnx import TensorProto, helper

from training.export.onnx_graph import Graph, bidirectional, finish, number, weights_of
from training.networks.ngram_hash import MULTIPLIERS, ORDERS
from training.networks.review import BASELINE_STEPS, SMOOTHING, STRIDE, WIDTH

BELOW = -2.0  # below every output of an LSTM
END = np.iinfo(np.int64).max


def compile_classifier(network: keras.Model) -> bytes:
    """Return a served network (`review.quantize`) as the bytes of an ONNX model.

    Inputs are int32: `tokens` (batch, time), right-padded, and `lengths` (batch,). Outputs are `probability` (batch, 1) and
    `weights` (batch, time).
    """
    graph = Graph()
    reader = network.get_layer("reader")
    count = graph.add("Div", graph.add("Add", "lengths", _int32(graph, STRIDE - 1)), _int32(graph, STRIDE))
    steps, logit = _attribution(graph, reader, _states(graph, network, reader, count), count)
    ngrams = _ngram_weights(graph, network.get_layer("ngrams"))
    graph.add("Identity", _word_weights(graph, steps, ngrams), output="weights")
    sums = [graph.add("ReduceSum", weights, _int64(graph, 1), keepdims=1) for weights in ngrams]
    graph.add("Sigmoid", graph.add("Sum", logit, *sums), output="probability")
    return finish(
        graph,
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT32, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
        ],
        [
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["batch", 1]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["batch", "time"]),
        ],
    )


def _states(graph: Graph, network: keras.Model, reader: keras.Model, count: str) -> str:
    """States (steps, batch, features). The vector of padding is zero, so the vectors need no mask."""
    layer = network.get_layer("vectors")
    codes, scale = (graph.constant(np.asarray(value)) for value in (layer.codes, layer.scale))
    vectors = graph.add("Cast", graph.add("Gather", codes, "tokens"), to=TensorProto.FLOAT)
    vectors = graph.add("Mul", vectors, graph.add("Gather", scale, "tokens"))
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


def _attribution(graph: Graph, reader: keras.Model, states: str, count: str) -> tuple[str, str]:
    """What each step adds (batch, steps), and the logit (batch, 1): see `review.Attribution`."""
    layer = reader.get_layer("evidence")
    kernel, baseline_state, length_slope = (
        np.asarray(weights) for weights in (layer.kernel, layer.baseline_state, layer.length_slope)
    )
    tokens = _slice(graph, "tokens", 1, 0, END, STRIDE)
    present = graph.add("Greater", graph.add("Transpose", tokens, perm=(1, 0)), _int32(graph, 0))
    states = graph.add("Where", graph.add("Unsqueeze", present, _int64(graph, 2)), states, number(graph, BELOW))
    largest = graph.add("ReduceMax", states, axes=[0], keepdims=1)
    has_words = graph.add("Cast", graph.add("Greater", "lengths", _int32(graph, 0)), to=TensorProto.FLOAT)
    count = graph.add("Max", graph.add("Cast", count, to=TensorProto.FLOAT), number(graph, 1.0))
    log_length = graph.add("Mul", graph.add("Log", graph.add("Div", count, number(graph, BASELINE_STEPS))), has_words)
    length_effect = graph.add("Mul", log_length, number(graph, float(kernel @ length_slope)))
    has_words, log_length = (graph.add("Unsqueeze", values, _int64(graph, 0, 2)) for values in (has_words, log_length))
    expected = graph.add(
        "Add", graph.constant(baseline_state), graph.add("Mul", log_length, graph.constant(length_slope))
    )
    excess = graph.add("Mul", graph.add("Mul", graph.add("Sub", largest, expected), graph.constant(kernel)), has_words)
    is_largest = graph.add("Cast", graph.add("Equal", states, largest), to=TensorProto.FLOAT)
    shares = graph.add("Div", is_largest, graph.add("ReduceSum", is_largest, _int64(graph, 0), keepdims=1))
    steps = graph.add("ReduceSum", graph.add("Mul", shares, excess), _int64(graph, 2), keepdims=0)
    even_shares = graph.add(
        "Mul", graph.add("Div", length_effect, count), graph.add("Cast", present, to=TensorProto.FLOAT)
    )
    steps = graph.add("Add", steps, even_shares)
    total = graph.add("Transpose", graph.add("ReduceSum", excess, _int64(graph, 2), keepdims=0), perm=(1, 0))
    logit = graph.add(
        "Sum", total, graph.add("Unsqueeze", length_effect, _int64(graph, 1)), number(graph, float(layer.baseline()))
    )
    return graph.add("Transpose", steps, perm=(1, 0)), logit


def _ngram_weights(graph: Graph, layer: Any) -> list[str]:
    """The weights of the n-grams that start at each position: (batch, time) for each order."""
    codes, scale = graph.constant(np.asarray(layer.codes)), number(graph, float(layer.scale))
    tokens = graph.add("Cast", "tokens", to=TensorProto.INT64)
    words = [_shift(graph, tokens, -offset, TensorProto.INT64) for offset in range(len(ORDERS))]
    weights = []
    total = ""
    for order, word, multiplier in zip(ORDERS, words, MULTIPLIERS, strict=True):
        part = graph.add("Mul", word, _int64(graph, multiplier))
        total = graph.add("Add", total or _int64(graph, 0), part)
        bucket = graph.add("Mod", graph.add("Add", total, _int64(graph, order)), _int64(graph, layer.buckets))
        code = graph.add("Cast", graph.add("Gather", codes, bucket), to=TensorProto.FLOAT)
        is_complete = graph.add("Cast", graph.add("Greater", word, _int64(graph, 0)), to=TensorProto.FLOAT)
        weight = graph.add("Mul", graph.add("Mul", code, graph.add("Abs", code)), scale)
        weights.append(graph.add("Mul", weight, is_complete))
    return weights


def _word_weights(graph: Graph, steps: str, ngrams: Sequence[str]) -> str:
    """What each word adds (batch, time): see `review.WordWeights`."""
    from_ngrams = []
    for order, weights in zip(ORDERS, ngrams, strict=True):
        share = graph.add("Div", weights, number(graph, order))
        from_ngrams += [_shift(graph, share, offset, TensorProto.FLOAT) for offset in range(order)]
    is_word = graph.add("Cast", graph.add("Greater", "tokens", _int32(graph, 0)), to=TensorProto.FLOAT)
    own = graph.add("Mul", graph.add("Add", graph.add("Abs", ngrams[0]), number(graph, SMOOTHING)), is_word)
    own = graph.add("Pad", own, _int64(graph, 0, 0, 0, STRIDE - 1), number(graph, 0.0))
    length = graph.add("Shape", "tokens", start=1, end=2)
    steps_count = graph.add("Div", graph.add("Add", length, _int64(graph, STRIDE - 1)), _int64(graph, STRIDE))
    own = graph.add(
        "Slice", own, _int64(graph, 0), graph.add("Mul", steps_count, _int64(graph, STRIDE)), _int64(graph, 1)
    )
    pairs = graph.add("Reshape", own, _int64(graph, 0, -1, STRIDE))
    sums = graph.add("Max", graph.add("ReduceSum", pairs, _int64(graph, 2), keepdims=1), number(graph, 1e-12))
    from_steps = graph.add("Mul", graph.add("Div", pairs, sums), graph.add("Unsqueeze", steps, _int64(graph, 2)))
    from_steps = graph.add(
        "Slice", graph.add("Reshape", from_steps, _int64(graph, 0, -1)), _int64(graph, 0), length, _int64(graph, 1)
    )
    return graph.add("Sum", from_steps, *from_ngrams)


def _shift(graph: Graph, values: str, offset: int, kind: int) -> str:
    """Values (batch, time) moved later by `offset` positions, as `review.shift` does."""
    if offset == 0:
        return values
    zero = _int64(graph, 0, shape=()) if kind == TensorProto.INT64 else number(graph, 0.0)
    before, after = (offset, 0) if offset > 0 else (0, -offset)
    padded = graph.add("Pad", values, _int64(graph, 0, before, 0, after), zero)
    return _slice(graph, padded, 1, 0, -offset, 1) if offset > 0 else _slice(graph, padded, 1, -offset, END, 1)


def _slice(graph: Graph, values: str, axis: int, first: int, end: int, stride: int) -> str:
    return graph.add("Slice", values, *(_int64(graph, bound) for bound in (first, end, axis, stride)))


def _int64(graph: Graph, *values: int, shape: tuple[int, ...] | None = None) -> str:
    return graph.constant(np.array(values, np.int64).reshape(shape if shape is not None else (-1,)))


def _int32(graph: Graph, value: int) -> str:
    return graph.constant(np.array([value], np.int32))
