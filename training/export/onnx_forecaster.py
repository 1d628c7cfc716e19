"""A trained Keras network → the same network as ONNX, its weights placed into the fused GRU, LSTM and RNN operators.

Not a general converter: it knows the layers that `networks.py` builds with, and refuses any other by name. A general
one turns a masked recurrent layer into a loop over time steps, which is 16 times slower. Within a `Sequential` everything
is time-major, (time, batch, features), as the operators want it; between the layers of a functional model, batch first.
Nothing is written here: `compile_proven` is in `exporting.py`. The sentiment network is in `compiling_review.py`.

The formulas behind the reordering of gates: ONNX operators RNN-14, LSTM-14 and GRU-14, and keras.layers.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from onnx import TensorProto, helper

from training.export.onnx_graph import (
    CannotCompile,
    Graph,
    _dense,
    _one_way,
    _recurrent_weights,
    _walk,
    finish,
    number,
    weights_of,
)
from training.networks import decomposition


def compile_forecaster(model: keras.Model) -> bytes:
    """float32 `window` (batch, window, 1) → `output` (batch, steps), or (batch, window, 1) at every position."""
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
    """(batch, time, features) → (batch, features), or at every position; through the time-major operators."""
    hidden = graph.add("Transpose", values, perm=(1, 0, 2))
    hidden = _walk(graph, model.layers, hidden, "")
    if len(model.output_shape) == 3:
        return graph.add("Transpose", hidden, perm=(1, 0, 2), output=output)
    return graph.add("Identity", hidden, output=output)


def _functional(graph: Graph, model: keras.Model, values: str) -> str:
    """Every layer of a model of one input and one output, in the order of the data; everything batch first."""
    names = {id(model.inputs[0]): values}
    for _, nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            if not isinstance(node.operation, layers.InputLayer):
                inputs = [names[id(tensor)] for tensor in node.input_tensors]
                names[id(node.outputs[0])] = _between(graph, node.operation, inputs)
    return names[id(model.outputs[0])]


def _between(graph: Graph, layer: Any, inputs: list[str]) -> str:
    """One layer of a functional model."""
    if isinstance(layer, keras.Sequential):
        return _sequential(graph, layer, *inputs)
    if isinstance(layer, keras.Model):
        return _functional(graph, layer, *inputs)
    place = next((place for kind, place in JOINTS.items() if isinstance(layer, kind)), None)
    if place is None:
        raise CannotCompile(f"the layer {layer.name} ({type(layer).__name__}) has no ONNX form here")
    return place(graph, layer, *inputs)


def _log(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Log", graph.add("Max", values, number(graph, decomposition.FLOOR)))


def _exp(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Exp", graph.add("Min", values, number(graph, decomposition.CEILING)))


def _fixed(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("MatMul", values, graph.constant(weights_of(layer)[0]))


def _rescaling(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Add", graph.add("Mul", values, number(graph, layer.scale)), number(graph, layer.offset))


def _spread(graph: Graph, layer: Any, values: str) -> str:
    mean = graph.add("ReduceMean", graph.add("Mul", values, values), axes=[-1], keepdims=1)
    found = graph.add("Sqrt", graph.add("Add", mean, number(graph, decomposition.SMALLEST)))
    return graph.add("Reciprocal", found) if layer.inverse else found


def _reshape(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Reshape", values, graph.constant(np.array([0, *layer.target_shape], np.int64)))


def _cropping(graph: Graph, layer: Any, values: str) -> str:
    first, last = layer.cropping
    if last:
        raise CannotCompile(f"the layer {layer.name} crops the end")
    bounds = ([first], [np.iinfo(np.int64).max], [1])
    return graph.add("Slice", values, *(graph.constant(np.array(bound, np.int64)) for bound in bounds))


JOINTS: dict[Any, Callable[..., str]] = {  # between the layers of a functional model
    decomposition.Log: _log,
    decomposition.Exp: _exp,
    decomposition.FixedProjection: _fixed,
    decomposition.Spread: _spread,
    layers.Rescaling: _rescaling,
    layers.Reshape: _reshape,
    layers.Cropping1D: _cropping,
    layers.Add: lambda graph, _, *inputs: graph.add("Add", *inputs),
    layers.Multiply: lambda graph, _, *inputs: graph.add("Mul", *inputs),
    layers.Average: lambda graph, _, *inputs: graph.add("Mean", *inputs),
}


def compile_universal(model: keras.Model) -> bytes:
    """float32 `readings` (batch, time, 7) and `steps` (batch, steps, 18) → `output` (batch, steps, 9)."""
    graph = Graph()
    layer = {found.name: found for found in model.layers}
    hidden = graph.add("Transpose", "readings", perm=(1, 0, 2))
    hidden = _one_way(graph, layer["encoder_1"], hidden, "")
    state = _one_way(graph, layer["encoder_2"], hidden, "")
    state = graph.add("Unsqueeze", state, graph.constant(np.array([0], np.int64)))
    ahead = graph.add("Transpose", "steps", perm=(1, 0, 2))
    parts = [graph.constant(part[np.newaxis]) for part in _recurrent_weights(layer["decoder"])]
    units = layer["decoder"].units
    graph.nodes.append(
        helper.make_node("GRU", [ahead, *parts, "", state], ["ahead_states"], hidden_size=units, linear_before_reset=1)
    )
    found = graph.add("Squeeze", "ahead_states", graph.constant(np.array([1], np.int64)))
    found = graph.add("Concat", found, ahead, axis=2)
    for name in ("mixing", "quantiles"):
        found = _dense(graph, layer[name], found, "")
    graph.add("Transpose", found, perm=(1, 0, 2), output="output")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", axis, int(shape[2])])
        for name, axis, shape in zip(("readings", "steps"), ("time", "ahead"), model.input_shape, strict=True)
    ]
    width = int(model.output_shape[2])
    return finish(
        graph, inputs, [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", "ahead", width])]
    )
