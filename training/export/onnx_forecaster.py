"""A trained Keras forecaster → the same network as ONNX, with the fused GRU, LSTM and RNN operators.

This is no general converter: it knows the layers of the forecasters in training/, and raises CannotCompile with the name
of any other layer. A general converter makes a masked recurrent layer into a loop over time steps, which is 16 times
slower. Inside a `Sequential` everything is time-major; between the layers of a functional model the batch comes first.
Nothing is written to disk here: `compile_verified` in versions.py does that. onnx_review.py has the sentiment network.

The order of the gates is documented in the ONNX operators RNN-14, LSTM-14 and GRU-14, and in keras.layers.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from onnx import TensorProto, helper

from service.forecast.features.context_features import SIMPLE_FORECASTS
from training.export.onnx_graph import (
    CannotCompile,
    Graph,
    add_layers,
    converter_of,
    dense,
    finish,
    number,
    recurrent,
    recurrent_weights,
    weights_of,
)
from training.networks import decomposition, universal


def compile_forecaster(model: keras.Model) -> bytes:
    """Convert a forecaster of one series to ONNX.

    float32 `window` (batch, window, 1) → `output` (batch, steps), or (batch, window, steps) at every position.
    Raises CannotCompile.
    """
    graph = Graph()
    if isinstance(model, keras.Sequential):
        _sequential(graph, model, "window", output="output")
    else:
        graph.add("Identity", _functional(graph, model, "window"), output="output")
    shape = ["batch", *(int(n) for n in model.output_shape[1:])]
    return finish(
        graph,
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", int(model.input_shape[1]), 1])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
    )


def _sequential(graph: Graph, model: keras.Sequential, values: str, output: str | None = None) -> str:
    """(batch, time, features) → (batch, features), or at every position; time-major inside."""
    hidden = graph.add("Transpose", values, perm=(1, 0, 2))
    hidden = add_layers(graph, model.layers, hidden)
    if len(model.output_shape) == 3:
        return graph.add("Transpose", hidden, perm=(1, 0, 2), output=output)
    return graph.add("Identity", hidden, output=output)


def _functional(graph: Graph, model: keras.Model, values: str) -> str:
    """Add every layer of a model with one input and one output, in the order of the data; the batch comes first."""
    names = {id(model.inputs[0]): values}
    for _, nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            if not isinstance(node.operation, layers.InputLayer):
                inputs = [names[id(tensor)] for tensor in node.input_tensors]
                names[id(node.outputs[0])] = _functional_layer(graph, node.operation, inputs)
    return names[id(model.outputs[0])]


def _functional_layer(graph: Graph, layer: Any, inputs: list[str]) -> str:
    if isinstance(layer, keras.Sequential):
        return _sequential(graph, layer, *inputs)
    if isinstance(layer, keras.Model):
        return _functional(graph, layer, *inputs)
    return converter_of(layer, FUNCTIONAL_CONVERTERS)(graph, layer, *inputs)


def _log(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Log", graph.add("Max", values, number(graph, decomposition.FLOOR)))


def _exp(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Exp", graph.add("Min", values, number(graph, decomposition.CEILING)))


def _fixed_projection(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("MatMul", values, graph.constant(weights_of(layer)[0]))


def _rescaling(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Add", graph.add("Mul", values, number(graph, layer.scale)), number(graph, layer.offset))


def _reshape(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Reshape", values, graph.constant(np.array([0, *layer.target_shape], np.int64)))


def _cropping(graph: Graph, layer: Any, values: str) -> str:
    start, end = layer.cropping
    if end:
        raise CannotCompile(f"the layer {layer.name} crops the end")
    bounds = ([start], [np.iinfo(np.int64).max], [1])
    return graph.add("Slice", values, *(graph.constant(np.array(bound, np.int64)) for bound in bounds))


FUNCTIONAL_CONVERTERS: dict[Any, Callable[..., str]] = {
    decomposition.Log: _log,
    decomposition.Exp: _exp,
    decomposition.FixedProjection: _fixed_projection,
    layers.Rescaling: _rescaling,
    layers.Reshape: _reshape,
    layers.Cropping1D: _cropping,
    layers.Add: lambda graph, _, *inputs: graph.add("Add", *inputs),
    layers.Average: lambda graph, _, *inputs: graph.add("Mean", *inputs),
}


def compile_universal(model: keras.Model) -> bytes:
    """Convert the universal network to ONNX.

    float32 `readings` (batch, blocks, 10) and `steps` (batch, steps, 41) → `output` (batch, steps, 9).
    Raises CannotCompile.
    """
    graph = Graph()
    by_name = {layer.name: layer for layer in model.layers}
    hidden = graph.add("Transpose", "readings", perm=(1, 0, 2))
    hidden = recurrent(graph, by_name["encoder_1"], hidden)
    state = recurrent(graph, by_name["encoder_2"], hidden)
    state = graph.add("Unsqueeze", state, graph.constant(np.array([0], np.int64)))
    steps = graph.add("Transpose", "steps", perm=(1, 0, 2))
    weights = [graph.constant(weight[np.newaxis]) for weight in recurrent_weights(by_name["decoder"])]
    units = by_name["decoder"].units
    graph.nodes.append(  # not `Graph.recurrent`: the decoder starts from the encoder's last state
        helper.make_node(
            "GRU", [steps, *weights, "", state], ["ahead_states"], hidden_size=units, linear_before_reset=1
        )
    )
    decoded = graph.add("Squeeze", "ahead_states", graph.constant(np.array([1], np.int64)))
    decoded = dense(graph, by_name["mixing"], graph.add("Concat", decoded, steps, axis=2))
    gates, width, own = (dense(graph, by_name[name], decoded) for name in ("gates", "width", "quantiles"))
    graph.add("Transpose", _combination(graph, steps, gates, width, own), perm=(1, 0, 2), output="output")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", axis, int(shape[2])])
        for name, axis, shape in zip(("readings", "steps"), ("blocks", "ahead"), model.input_shape, strict=True)
    ]
    quantiles = int(model.output_shape[2])
    return finish(
        graph, inputs, [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", "ahead", quantiles])]
    )


def _combination(graph: Graph, steps: str, gates: str, width: str, own: str) -> str:
    """The layer `universal.Combination`."""
    bounds = [graph.constant(np.array([bound], np.int64)) for bound in (0, SIMPLE_FORECASTS, 2)]
    simple = _clipped(graph, graph.add("Slice", steps, *bounds), universal.MAX_ARCSINH)
    weighted = graph.add("Mul", gates, graph.add("Sinh", simple))
    point = graph.add("ReduceSum", weighted, graph.constant(np.array([2], np.int64)), keepdims=1)
    factor = graph.add("Exp", _clipped(graph, width, universal.MAX_LOG_WIDTH))
    return graph.add("Add", point, graph.add("Mul", factor, own))


def _clipped(graph: Graph, values: str, limit: float) -> str:
    return graph.add("Clip", values, number(graph, -limit), number(graph, limit))
