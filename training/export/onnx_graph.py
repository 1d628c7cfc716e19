"""An ONNX graph under construction, and the conversion of Keras layers to its nodes.

The layers here are time-major, (time, batch, features), as the recurrent operators need it.
"""

from collections.abc import Callable, Mapping, Sequence
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
    """The network has a layer or a setting that cannot be converted; the message names it."""


class Graph:
    """Nodes and weights in the order in which they were added; every output gets a name of its own.

    A graph that is a branch of another one needs a `prefix` for its names; it may use the names of the other one.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        name = output or f"{self.prefix}{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: npt.NDArray[Any]) -> str:
        """Add an array as a weight and return its name."""
        name = f"{self.prefix}weights_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def recurrent(self, operator: str, hidden: str, lengths: str, weights: Sequence[Inputs], sequences: bool) -> str:
        """Add one fused recurrent node, and return the name of its states.

        `weights` are W, R and B of the ONNX operator, each with a first axis of 1 or 2 directions. `lengths` names the
        lengths (batch,) of the rows; "" where all are equal. From (time, batch, features) the node gives
        (time, batch, directions × units) with `sequences`, else the last states (batch, directions × units).
        """
        names = [self.constant(weight) for weight in weights]
        units = weights[1].shape[-1]
        directions = len(weights[0])
        states, last = f"states_{len(self.nodes)}", f"last_{len(self.nodes)}"
        attributes: dict[str, Any] = {"hidden_size": units}
        if directions == 2:
            attributes["direction"] = "bidirectional"
        if operator == "GRU":
            attributes["linear_before_reset"] = 1
        outputs = [states, ""] if sequences else ["", last]
        self.nodes.append(helper.make_node(operator, [hidden, *names, lengths], outputs, **attributes))
        return self._merge(states, directions * units) if sequences else self._last_states(last, directions)

    def _merge(self, states: str, width: int) -> str:
        """(time, directions, batch, units) → (time, batch, directions × units)."""
        transposed = self.add("Transpose", states, perm=(0, 2, 1, 3))
        return self.add("Reshape", transposed, self.constant(np.array([0, 0, width], np.int64)))

    def _last_states(self, last: str, directions: int) -> str:
        """(directions, batch, units) → (batch, directions × units)."""
        if directions == 1:
            return self.add("Squeeze", last, self.constant(np.array([0], np.int64)))
        transposed = self.add("Transpose", last, perm=(1, 0, 2))
        return self.add("Flatten", transposed, axis=1)


def finish(graph: Graph, inputs: list[Any], outputs: list[Any]) -> bytes:
    """Return the graph as a checked ONNX model. `inputs` and `outputs` are value infos of ONNX."""
    model = helper.make_model(
        helper.make_graph(graph.nodes, "network", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="gatecast",
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def number(graph: Graph, value: float) -> str:
    """Add a float32 scalar and return its name."""
    return graph.constant(np.array(value, np.float32))


def add_layers(graph: Graph, stack: Sequence[Any], hidden: str) -> str:
    """Add the layers of `stack` one after the other, and return the name of the last output.

    Raises CannotCompile for a layer without a converter.
    """
    for layer in stack:
        if isinstance(layer, layers.InputLayer | layers.Dropout):
            continue  # dropout acts in training only
        hidden = converter_of(layer, CONVERTERS)(graph, layer, hidden)
    return hidden


def converter_of(layer: Any, converters: Mapping[Any, Callable[..., str]]) -> Callable[..., str]:
    """Return the converter of a layer, by its class. Raises CannotCompile where there is none."""
    for layer_class, converter in converters.items():
        if isinstance(layer, layer_class):
            return converter
    raise CannotCompile(f"the layer {layer.name} ({type(layer).__name__}) has no ONNX form here")


def dense(graph: Graph, layer: Any, hidden: str) -> str:
    """Add a `Dense` layer. Raises CannotCompile for an activation that is not in `ACTIVATIONS`."""
    kernel, bias = weights_of(layer)
    hidden = graph.add("MatMul", hidden, graph.constant(kernel))
    hidden = graph.add("Add", hidden, graph.constant(bias))
    activation = layer.activation.__name__
    if activation not in ACTIVATIONS:
        raise CannotCompile(f"the layer {layer.name} has the activation {activation}")
    return graph.add(ACTIVATIONS[activation], hidden) if ACTIVATIONS[activation] else hidden


def recurrent(graph: Graph, layer: Any, hidden: str) -> str:
    """Add a `SimpleRNN`, `LSTM` or `GRU` layer. Raises CannotCompile for settings that the operators do not have."""
    weights = [weight[np.newaxis] for weight in recurrent_weights(layer)]
    return graph.recurrent(_operator(layer), hidden, "", weights, layer.return_sequences)


def bidirectional(graph: Graph, layer: Any, hidden: str, lengths: str) -> str:
    """Add a `Bidirectional` layer over rows of `lengths` (batch,). Raises CannotCompile for settings that do not fit."""
    if layer.merge_mode != "concat":
        raise CannotCompile(f"the layer {layer.name} merges its directions by {layer.merge_mode}")
    directions = (recurrent_weights(layer.forward_layer), recurrent_weights(layer.backward_layer))
    weights = [np.stack(pair) for pair in zip(*directions, strict=True)]
    return graph.recurrent(_operator(layer.forward_layer), hidden, lengths, weights, layer.return_sequences)


def _operator(layer: Any) -> str:
    if layer.activation.__name__ != "tanh" or (getattr(layer, "go_backwards", False) and layer.return_sequences):
        raise CannotCompile(f"the layer {layer.name} is not one that the fused operators compute")
    return next(name for layer_class, name in OPERATORS.items() if isinstance(layer, layer_class))


def recurrent_weights(layer: Any) -> tuple[Inputs, Inputs, Inputs]:
    """Return W (gates × units, features), R (gates × units, units) and B (2 × gates × units), gates in ONNX's order.

    Raises CannotCompile for a GRU that applies its reset gate before the matrix product.
    """
    kernel, recurrent_kernel, bias = weights_of(layer)
    if isinstance(layer, layers.GRU):  # Keras and ONNX both have update, reset, candidate, and two biases
        if not layer.reset_after:
            raise CannotCompile(f"the layer {layer.name} resets before its matrix product")
        return kernel.T, recurrent_kernel.T, bias.reshape(-1)
    gates = LSTM_GATES if isinstance(layer, layers.LSTM) else (0,)
    kernel, recurrent_kernel, bias = (
        np.concatenate([np.split(weight, len(gates), axis=-1)[gate] for gate in gates], axis=-1)
        for weight in (kernel, recurrent_kernel, bias)
    )
    return kernel.T, recurrent_kernel.T, np.concatenate([bias, np.zeros_like(bias)])


def weights_of(layer: Any) -> list[Inputs]:
    """Return a layer's weights as float32 arrays, in Keras' order."""
    return [np.asarray(weight.value, np.float32) for weight in layer.weights]


OPERATORS = {layers.SimpleRNN: "RNN", layers.LSTM: "LSTM", layers.GRU: "GRU"}
ACTIVATIONS = {"linear": "", "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}
CONVERTERS: dict[Any, Callable[[Graph, Any, str], str]] = {
    layers.Dense: dense,
    layers.TimeDistributed: lambda graph, layer, hidden: dense(graph, layer.layer, hidden),
    layers.SimpleRNN: recurrent,
    layers.LSTM: recurrent,
    layers.GRU: recurrent,
}
