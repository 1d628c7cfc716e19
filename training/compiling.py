"""A trained Keras network → the same network as ONNX, its weights placed into the fused GRU, LSTM and RNN operators.

Not a general converter: it knows the layers that `networks.py` builds with, and refuses any other by name. A general
one turns a masked recurrent layer into a loop over time steps, which is 16 times slower. Within a `Sequential` everything
is time-major, (time, batch, features), as the operators want it; between the layers of a functional model, batch first.
Nothing is written here: `compile_proven` is in `exporting.py`. The sentiment network is in `compiling_review.py`.

The formulas behind the reordering of gates: ONNX operators RNN-14, LSTM-14 and GRU-14, and keras.layers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import onnx
from keras import layers
from onnx import TensorProto, helper, numpy_helper

from training import views

OPSET = 17
IR_VERSION = 8
Weights = npt.NDArray[np.float32]
LSTM_GATES = (0, 3, 1, 2)  # Keras has input, forget, cell, output; ONNX input, output, forget, cell


class CannotCompile(Exception):
    """A network with a layer or a setting that has no place here; the message names it."""


class Graph:
    """Nodes and weights as they are added; every output gets a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: npt.NDArray[Any]) -> str:
        name = f"weights_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def recurrent(self, operator: str, hidden: str, lengths: str, parts: Sequence[Weights], sequences: bool) -> str:
        """One fused recurrent node: (time, batch, features) → all states, or the last of each direction."""
        names = [self.constant(part) for part in parts]
        units = parts[1].shape[-1]
        directions = len(parts[0])
        states, last = f"states_{len(self.nodes)}", f"last_{len(self.nodes)}"
        attributes: dict[str, Any] = {"hidden_size": units}
        if directions == 2:
            attributes["direction"] = "bidirectional"
        if operator == "GRU":
            attributes["linear_before_reset"] = 1
        outputs = [states, ""] if sequences else ["", last]
        self.nodes.append(helper.make_node(operator, [hidden, *names, lengths], outputs, **attributes))
        return self._merged(states, (0, 2, 1, 3), directions * units) if sequences else self._last(last, directions)

    def _merged(self, states: str, order: tuple[int, ...], width: int) -> str:
        """(time, directions, batch, units) → (time, batch, directions × units)."""
        turned = self.add("Transpose", states, perm=order)
        return self.add("Reshape", turned, self.constant(np.array([0, 0, width], np.int64)))

    def _last(self, last: str, directions: int) -> str:
        """(directions, batch, units) → (batch, directions × units)."""
        if directions == 1:
            return self.add("Squeeze", last, self.constant(np.array([0], np.int64)))
        turned = self.add("Transpose", last, perm=(1, 0, 2))
        return self.add("Flatten", turned, axis=1)


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


def finish(graph: Graph, inputs: list[Any], outputs: list[Any]) -> bytes:
    model = helper.make_model(
        helper.make_graph(graph.nodes, "network", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="gatecast",
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


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


def number(graph: Graph, value: float) -> str:
    return graph.constant(np.array(value, np.float32))


def _log(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Log", graph.add("Max", values, number(graph, views.FLOOR)))


def _exp(graph: Graph, _: Any, values: str) -> str:
    return graph.add("Exp", graph.add("Min", values, number(graph, views.CEILING)))


def _fixed(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("MatMul", values, graph.constant(weights_of(layer)[0]))


def _rescaling(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Add", graph.add("Mul", values, number(graph, layer.scale)), number(graph, layer.offset))


def _spread(graph: Graph, layer: Any, values: str) -> str:
    mean = graph.add("ReduceMean", graph.add("Mul", values, values), axes=[-1], keepdims=1)
    found = graph.add("Sqrt", graph.add("Add", mean, number(graph, views.SMALLEST)))
    return graph.add("Reciprocal", found) if layer.inverse else found


def _reshape(graph: Graph, layer: Any, values: str) -> str:
    return graph.add("Reshape", values, graph.constant(np.array([0, *layer.target_shape], np.int64)))


def _cropping(graph: Graph, layer: Any, values: str) -> str:
    first, last = layer.cropping
    if last:
        raise CannotCompile(f"the layer {layer.name} crops the end")
    bounds = ([first], [np.iinfo(np.int64).max], [1])
    return graph.add("Slice", values, *(graph.constant(np.array(bound, np.int64)) for bound in bounds))


def _walk(graph: Graph, stack: Sequence[Any], hidden: str, lengths: str) -> str:
    for layer in stack:
        if isinstance(layer, layers.InputLayer | layers.Dropout | layers.SpatialDropout1D):
            continue  # what a network does only in training
        place = next((place for kind, place in PLACES.items() if isinstance(layer, kind)), None)
        if place is None:
            raise CannotCompile(f"the layer {layer.name} ({type(layer).__name__}) has no ONNX form here")
        hidden = place(graph, layer, hidden, lengths)
    return hidden


def _embedding(graph: Graph, layer: Any, hidden: str, _: str) -> str:
    return graph.add("Gather", graph.constant(weights_of(layer)[0]), hidden)


def _dense(graph: Graph, layer: Any, hidden: str, _: str) -> str:
    kernel, bias = weights_of(layer)
    hidden = graph.add("MatMul", hidden, graph.constant(kernel))
    hidden = graph.add("Add", hidden, graph.constant(bias))
    activation = layer.activation.__name__
    if activation not in ACTIVATIONS:
        raise CannotCompile(f"the layer {layer.name} has the activation {activation}")
    return graph.add(ACTIVATIONS[activation], hidden) if ACTIVATIONS[activation] else hidden


def _one_way(graph: Graph, layer: Any, hidden: str, lengths: str) -> str:
    operator, parts = _operator(layer), _recurrent_weights(layer)
    return graph.recurrent(operator, hidden, lengths, [part[np.newaxis] for part in parts], layer.return_sequences)


def both_ways(graph: Graph, layer: Any, hidden: str, lengths: str) -> str:
    if layer.merge_mode != "concat":
        raise CannotCompile(f"the layer {layer.name} merges its directions by {layer.merge_mode}")
    ways = (_recurrent_weights(layer.forward_layer), _recurrent_weights(layer.backward_layer))
    parts = [np.stack(pair) for pair in zip(*ways, strict=True)]
    return graph.recurrent(_operator(layer.forward_layer), hidden, lengths, parts, layer.return_sequences)


def _operator(layer: Any) -> str:
    if layer.activation.__name__ != "tanh" or (getattr(layer, "go_backwards", False) and layer.return_sequences):
        raise CannotCompile(f"the layer {layer.name} is not one that the fused operators compute")
    return next(name for kind, name in OPERATORS.items() if isinstance(layer, kind))


def _recurrent_weights(layer: Any) -> tuple[Weights, Weights, Weights]:
    """W (gates × units, features), R (gates × units, units) and B (2 × gates × units), in ONNX's order of gates."""
    kernel, recurrent, bias = weights_of(layer)
    if isinstance(layer, layers.GRU):  # update, reset, candidate in both; with a bias for each half
        if not layer.reset_after:
            raise CannotCompile(f"the layer {layer.name} resets before its matrix product")
        return kernel.T, recurrent.T, bias.reshape(-1)
    gates = LSTM_GATES if isinstance(layer, layers.LSTM) else (0,)
    kernel, recurrent, bias = (
        np.concatenate([np.split(part, len(gates), axis=-1)[gate] for gate in gates], axis=-1)
        for part in (kernel, recurrent, bias)
    )
    return kernel.T, recurrent.T, np.concatenate([bias, np.zeros_like(bias)])


def weights_of(layer: Any) -> list[Weights]:
    return [np.asarray(weight.value, np.float32) for weight in layer.weights]


OPERATORS = {layers.SimpleRNN: "RNN", layers.LSTM: "LSTM", layers.GRU: "GRU"}
ACTIVATIONS = {"linear": "", "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}
PLACES: dict[Any, Callable[[Graph, Any, str, str], str]] = {
    layers.Embedding: _embedding,
    layers.Dense: _dense,
    layers.TimeDistributed: lambda graph, layer, hidden, lengths: _dense(graph, layer.layer, hidden, lengths),
    layers.Bidirectional: both_ways,
    layers.SimpleRNN: _one_way,
    layers.LSTM: _one_way,
    layers.GRU: _one_way,
}
JOINTS: dict[Any, Callable[..., str]] = {  # between the layers of a functional model
    views.Log: _log,
    views.Exp: _exp,
    views.Fixed: _fixed,
    views.Spread: _spread,
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
