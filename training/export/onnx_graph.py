"""An ONNX graph as it is built, and Keras layers as its nodes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from keras import layers
from onnx import helper, numpy_helper

from service.interfaces import Inputs

OPSET = 17
IR_VERSION = 8
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

    def recurrent(self, operator: str, hidden: str, lengths: str, parts: Sequence[Inputs], sequences: bool) -> str:
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


def finish(graph: Graph, inputs: list[Any], outputs: list[Any]) -> bytes:
    model = helper.make_model(
        helper.make_graph(graph.nodes, "network", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="gatecast",
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def number(graph: Graph, value: float) -> str:
    return graph.constant(np.array(value, np.float32))


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


def _recurrent_weights(layer: Any) -> tuple[Inputs, Inputs, Inputs]:
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


def weights_of(layer: Any) -> list[Inputs]:
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
