"""The served sentiment network → the same as ONNX: bytes stay bytes until they are looked up, the LSTM is one node."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from onnx import TensorProto, helper

from training.export.onnx_graph import Graph, bidirectional, finish, number, weights_of
from training.networks.ngram_hash import MULTIPLIERS, ORDERS
from training.networks.review import LENGTH, SHARE, STRIDE, WIDTH

BELOW = -2.0  # whatever an LSTM gives
END = np.iinfo(np.int64).max


def compile_classifier(network: keras.Model) -> bytes:
    """int32 `tokens` (batch, time), right-padded, and `lengths` (batch,) → `probability` (batch, 1), `weights` (batch, time)."""
    graph = Graph()
    reader = network.get_layer("reader")
    count = graph.add("Div", graph.add("Add", "lengths", _int32(graph, STRIDE - 1)), _int32(graph, STRIDE))
    steps, logit = _evidence(graph, reader, _states(graph, network, reader, count), count)
    ngrams = _ngrams(graph, network.get_layer("ngrams"))
    graph.add("Identity", _words(graph, steps, ngrams), output="weights")
    wide = [graph.add("ReduceSum", found, _int64(graph, 1), keepdims=1) for found in ngrams]
    graph.add("Sigmoid", graph.add("Sum", logit, *wide), output="probability")
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
    """States (steps, batch, features). The vector of padding is zero, so nothing has to be masked before."""
    layer = network.get_layer("vectors")
    codes, worth = (graph.constant(np.asarray(value)) for value in (layer.codes, layer.worth))
    vectors = graph.add("Cast", graph.add("Gather", codes, "tokens"), to=TensorProto.FLOAT)
    vectors = graph.add("Mul", vectors, graph.add("Gather", worth, "tokens"))
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


def _evidence(graph: Graph, reader: keras.Model, states: str, count: str) -> tuple[str, str]:
    """What each step adds (batch, steps), and the logit (batch, 1): see `review_network.Evidence`."""
    layer = reader.get_layer("evidence")
    kernel, usual, growth = (np.asarray(weights) for weights in (layer.kernel, layer.usual, layer.growth))
    tokens = _sliced(graph, "tokens", 1, 0, END, STRIDE)
    present = graph.add("Greater", graph.add("Transpose", tokens, perm=(1, 0)), _int32(graph, 0))
    states = graph.add("Where", graph.add("Unsqueeze", present, _int64(graph, 2)), states, number(graph, BELOW))
    largest = graph.add("ReduceMax", states, axes=[0], keepdims=1)
    worded = graph.add("Cast", graph.add("Greater", "lengths", _int32(graph, 0)), to=TensorProto.FLOAT)
    count = graph.add("Max", graph.add("Cast", count, to=TensorProto.FLOAT), number(graph, 1.0))
    longer = graph.add("Mul", graph.add("Log", graph.add("Div", count, number(graph, LENGTH))), worded)
    even = graph.add("Mul", longer, number(graph, float(kernel @ growth)))
    worded, longer = (graph.add("Unsqueeze", each, _int64(graph, 0, 2)) for each in (worded, longer))
    expected = graph.add("Add", graph.constant(usual), graph.add("Mul", longer, graph.constant(growth)))
    apart = graph.add("Mul", graph.add("Mul", graph.add("Sub", largest, expected), graph.constant(kernel)), worded)
    there = graph.add("Cast", graph.add("Equal", states, largest), to=TensorProto.FLOAT)
    there = graph.add("Div", there, graph.add("ReduceSum", there, _int64(graph, 0), keepdims=1))
    steps = graph.add("ReduceSum", graph.add("Mul", there, apart), _int64(graph, 2), keepdims=0)
    shares = graph.add("Mul", graph.add("Div", even, count), graph.add("Cast", present, to=TensorProto.FLOAT))
    steps = graph.add("Add", steps, shares)
    total = graph.add("Transpose", graph.add("ReduceSum", apart, _int64(graph, 2), keepdims=0), perm=(1, 0))
    logit = graph.add(
        "Sum", total, graph.add("Unsqueeze", even, _int64(graph, 1)), number(graph, float(layer.baseline()))
    )
    return graph.add("Transpose", steps, perm=(1, 0)), logit


def _ngrams(graph: Graph, layer: Any) -> list[str]:
    """What the n-grams of each place weigh, (batch, time) for each order."""
    codes, worth = graph.constant(np.asarray(layer.codes)), number(graph, float(layer.worth))
    wide = graph.add("Cast", "tokens", to=TensorProto.INT64)
    words = [_moved(graph, wide, -place, TensorProto.INT64) for place in range(len(ORDERS))]
    found = []
    total = ""
    for order, word, multiplier in zip(ORDERS, words, MULTIPLIERS, strict=True):
        part = graph.add("Mul", word, _int64(graph, multiplier))
        total = graph.add("Add", total or _int64(graph, 0), part)
        bucket = graph.add("Mod", graph.add("Add", total, _int64(graph, order)), _int64(graph, layer.buckets))
        code = graph.add("Cast", graph.add("Gather", codes, bucket), to=TensorProto.FLOAT)
        whole = graph.add("Cast", graph.add("Greater", word, _int64(graph, 0)), to=TensorProto.FLOAT)
        weight = graph.add("Mul", graph.add("Mul", code, graph.add("Abs", code)), worth)
        found.append(graph.add("Mul", weight, whole))
    return found


def _words(graph: Graph, steps: str, ngrams: Sequence[str]) -> str:
    """See `review_network.WordWeights`."""
    shares = []
    for order, found in zip(ORDERS, ngrams, strict=True):
        share = graph.add("Div", found, number(graph, order))
        shares += [_moved(graph, share, place, TensorProto.FLOAT) for place in range(order)]
    known = graph.add("Cast", graph.add("Greater", "tokens", _int32(graph, 0)), to=TensorProto.FLOAT)
    own = graph.add("Mul", graph.add("Add", graph.add("Abs", ngrams[0]), number(graph, SHARE)), known)
    own = graph.add("Pad", own, _int64(graph, 0, 0, 0, STRIDE - 1), number(graph, 0.0))
    length = graph.add("Shape", "tokens", start=1, end=2)
    even = graph.add("Div", graph.add("Add", length, _int64(graph, STRIDE - 1)), _int64(graph, STRIDE))
    own = graph.add("Slice", own, _int64(graph, 0), graph.add("Mul", even, _int64(graph, STRIDE)), _int64(graph, 1))
    pairs = graph.add("Reshape", own, _int64(graph, 0, -1, STRIDE))
    sums = graph.add("Max", graph.add("ReduceSum", pairs, _int64(graph, 2), keepdims=1), number(graph, 1e-12))
    parts = graph.add("Mul", graph.add("Div", pairs, sums), graph.add("Unsqueeze", steps, _int64(graph, 2)))
    parts = graph.add(
        "Slice", graph.add("Reshape", parts, _int64(graph, 0, -1)), _int64(graph, 0), length, _int64(graph, 1)
    )
    return graph.add("Sum", parts, *shares)


def _moved(graph: Graph, values: str, places: int, kind: int) -> str:
    """As `review_network.moved`."""
    if places == 0:
        return values
    zero = _int64(graph, 0, shape=()) if kind == TensorProto.INT64 else number(graph, 0.0)
    before, after = (places, 0) if places > 0 else (0, -places)
    padded = graph.add("Pad", values, _int64(graph, 0, before, 0, after), zero)
    return _sliced(graph, padded, 1, 0, -places, 1) if places > 0 else _sliced(graph, padded, 1, -places, END, 1)


def _sliced(graph: Graph, values: str, axis: int, first: int, end: int, stride: int) -> str:
    return graph.add("Slice", values, *(_int64(graph, bound) for bound in (first, end, axis, stride)))


def _int64(graph: Graph, *values: int, shape: tuple[int, ...] | None = None) -> str:
    return graph.constant(np.array(values, np.int64).reshape(shape if shape is not None else (-1,)))


def _int32(graph: Graph, value: int) -> str:
    return graph.constant(np.array([value], np.int32))
